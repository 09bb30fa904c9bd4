using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IkeCluster.Control;

namespace IkeCluster.Ctl;

/// <summary>
/// A value, or why there is none. <paramref name="IsNode"/>: a node answered. <paramref name="More"/>: entries that a list's limit
/// left out. <paramref name="IsUsage"/>: what was asked cannot be meant.
/// </summary>
internal readonly record struct ControlAnswer<T>(T? Value, IReadOnlyList<string> Errors, bool IsNode, long More = 0, bool IsUsage = false)
    where T : class;

/// <summary>One question at a time over the control socket.</summary>
internal sealed class ControlClient(HttpMessageHandler carrier) : IDisposable
{
    // The host name is never resolved: the carrier leads to a socket.
    private readonly HttpClient _http = new(carrier) { BaseAddress = new Uri("http://ikenode"), Timeout = TimeSpan.FromSeconds(30) };

    public async Task<ControlAnswer<T>> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken stop)
        where T : class
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            using HttpResponseMessage response = await _http.SendAsync(request, stop);
            return response.IsSuccessStatusCode
                ? new(await response.Content.ReadFromJsonAsync(type, stop), [], IsNode: true, MoreOf(response))
                : new(null, await ErrorsAsync(response, stop), IsNode: true, IsUsage: response.StatusCode == HttpStatusCode.BadRequest);
        }
        catch (Exception fault) when (fault is HttpRequestException or SocketException or OperationCanceledException or IOException)
        {
            return new(null, fault.InnerException is SocketException inner ? [inner.Message] : [], IsNode: false);
        }
        catch (JsonException fault)
        {
            return new(null, [$"the node's answer cannot be read: {fault.Message}"], IsNode: true);
        }
    }

    public void Dispose() => _http.Dispose();

    private static long MoreOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(ControlPaths.MoreHeader, out IEnumerable<string>? values)
        && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out long more)
            ? more
            : 0;

    private static async Task<IReadOnlyList<string>> ErrorsAsync(HttpResponseMessage response, CancellationToken stop)
    {
        bool isJson = response.Content.Headers.ContentType?.MediaType == "application/json";
        ErrorReply? reply = isJson ? await response.Content.ReadFromJsonAsync(ControlJson.Default.ErrorReply, stop) : null;
        return reply?.Errors ?? [$"the node refuses with HTTP status {(int)response.StatusCode}"];
    }
}
