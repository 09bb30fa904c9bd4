using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;
using IkeCluster.Control;
using IkeCluster.Node.Configuration;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Control;

/// <summary>HTTP over the control socket, a file that only its owner may open.</summary>
internal static class ControlServer
{
    private const int ListMax = 1_000_000;

    /// <summary>Listens; whoever disposes the answer closes the socket.</summary>
    /// <exception cref="NodeFaultException">The socket cannot be had.</exception>
    public static async Task<WebApplication> StartAsync(string path, NodeDesk desk, LogDesk logDesk, Reload reload, ILoggerFactory logs)
    {
        RemoveLeftover(path);
        WebApplication server = HttpServer.Build(logs, kestrel => kestrel.ListenUnixSocket(path));
        Map(server, desk, reload);
        Map(server, logDesk);
        await HttpServer.StartAsync(server, $"the control socket {path}");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return server;
    }

    internal static void Map(IEndpointRouteBuilder routes, NodeDesk desk, Reload reload)
    {
        routes.MapGet(ControlPaths.Status, () => Answer(desk.Status(), ControlJson.Default.StatusReply));
        routes.MapGet(ControlPaths.Sas, async (HttpRequest request, CancellationToken stop) =>
        {
            (List<SaInfo> found, long more) = await desk.ListAsync(FilterOf(request), Query(request, "node"), LimitOf(request), stop);
            request.HttpContext.Response.Headers[ControlPaths.MoreHeader] = more.ToString(CultureInfo.InvariantCulture);
            return Answer(found, ControlJson.Default.IReadOnlyListSaInfo);
        });
        routes.MapGet($"{ControlPaths.Sas}/{{spi}}", async (string spi, CancellationToken stop) =>
            !TryParse(spi, out IkeSpi parsed) ? Refuse(StatusCodes.Status400BadRequest, NoSpi(spi))
            : await desk.FindAsync(parsed, stop) is { } found ? Answer(found, ControlJson.Default.SaInfo)
            : Refuse(StatusCodes.Status404NotFound, $"there is no IKE SA {spi} here"));
        routes.MapPost(ControlPaths.Terminate, (HttpRequest request, CancellationToken stop) => TerminateAsync(desk, request, stop));
        routes.MapPost(ControlPaths.Rekey, (HttpRequest request, CancellationToken stop) => RekeyAsync(desk, request, stop));
        routes.MapGet(ControlPaths.Pools, () => Answer(desk.Pools(), ControlJson.Default.IReadOnlyListPoolInfo));
        routes.MapPost(ControlPaths.Reload, () => Reloaded(reload.Run()));
    }

    private static void Map(IEndpointRouteBuilder routes, LogDesk desk)
    {
        routes.MapPost(ControlPaths.LogLevel, (HttpRequest request) =>
            Logged(desk.SetLevel(Query(request, "category"), Query(request, "level"), out string fault), fault));
        routes.MapPost(ControlPaths.LogTrace, (HttpRequest request) =>
            Logged(desk.Trace(FilterOf(request), Query(request, "for"), out string fault), fault));
    }

    private static IResult Logged(LogReply? reply, string fault) =>
        reply is null ? Refuse(StatusCodes.Status400BadRequest, fault) : Answer(reply, ControlJson.Default.LogReply);

    private static IResult Reloaded(ReloadOutcome outcome) => outcome.Faults.Count > 0
        ? Refuse(StatusCodes.Status422UnprocessableEntity, [.. outcome.Faults])
        : Answer(new ReloadReply(outcome.Connections, outcome.Notes), ControlJson.Default.ReloadReply);

    private static async Task<IResult> RekeyAsync(NodeDesk desk, HttpRequest request, CancellationToken stop)
    {
        string spi = Query(request, "spi") ?? "";
        string? child = Query(request, "child");
        return !TryParse(spi, out IkeSpi parsed) ? Refuse(StatusCodes.Status400BadRequest, NoSpi(spi))
            : await desk.RekeyAsync(parsed, child, stop) ? Answer(new RekeyReply(1), ControlJson.Default.RekeyReply)
            : Refuse(StatusCodes.Status404NotFound, NoSa(spi, child));
    }

    private static string NoSa(string spi, string? child) =>
        child is null ? $"there is no IKE SA {spi} here" : $"there is no IKE SA {spi} with a Child SA {child} here";

    private static async Task<IResult> TerminateAsync(NodeDesk desk, HttpRequest request, CancellationToken stop)
    {
        if (Query(request, "spi") is { } spi)
        {
            string? child = Query(request, "child");
            return !TryParse(spi, out IkeSpi parsed) ? Refuse(StatusCodes.Status400BadRequest, NoSpi(spi))
                : await desk.TerminateAsync(parsed, child, stop) ? Answer(new TerminateReply(1), ControlJson.Default.TerminateReply)
                : Refuse(StatusCodes.Status404NotFound, NoSa(spi, child));
        }

        SaFilter filter = FilterOf(request);
        if (filter.Identity is null && Query(request, "all") != "true")
        {
            return Refuse(StatusCodes.Status400BadRequest, "say what to end: spi, identity or all=true");
        }

        int matched = await desk.TerminateAsync(filter, stop);
        return matched > 0 || filter.Identity is null
            ? Answer(new TerminateReply(matched), ControlJson.Default.TerminateReply)
            : Refuse(StatusCodes.Status404NotFound, $"there is no IKE SA of {filter.Identity} here");
    }

    private static SaFilter FilterOf(HttpRequest request)
    {
        string? address = Query(request, "address");

        // However it was spelled, it is compared as we print it.
        return new(Query(request, "identity"), address is not null && ConfigText.TryAddress(address, out IpAddress parsed) ? parsed.ToString() : address);
    }

    private static int LimitOf(HttpRequest request) =>
        int.TryParse(Query(request, "limit"), NumberStyles.None, CultureInfo.InvariantCulture, out int limit) ? Math.Clamp(limit, 1, ListMax) : ListMax;

    private static string? Query(HttpRequest request, string key) =>
        request.Query.TryGetValue(key, out Microsoft.Extensions.Primitives.StringValues value) && value.Count > 0 ? value[0] : null;

    private static bool TryParse(string text, out IkeSpi spi)
    {
        bool parsed = ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) && text.Length == 16;
        spi = new IkeSpi(value);
        return parsed;
    }

    private static string NoSpi(string text) => $"\"{text}\" is not an SPI, write 16 hexadecimal digits";

    private static IResult Answer<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);

    private static IResult Refuse(int status, params string[] errors) =>
        Results.Json(new ErrorReply(errors), ControlJson.Default.ErrorReply, statusCode: status);

    /// <summary>A killed node leaves its socket's name behind; the lock of node.data says that nobody uses it.</summary>
    private static void RemoveLeftover(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SocketException)
        {
            throw new NodeFaultException($"the control socket {path} is in the way and cannot be removed: {FileTrouble.Cause(fault)}", fault);
        }
    }
}
