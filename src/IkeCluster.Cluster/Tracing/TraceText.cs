using System.Text;
using System.Text.Json;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Tracing;

/// <summary>The words of a trace: names and sizes, never contents.</summary>
internal static class TraceText
{
    /// <summary><c>IKE_AUTH request 1</c>.</summary>
    public static string Message(ExchangeType exchange, bool isResponse, MessageId id) =>
        $"{Name(exchange)} {(isResponse ? "response" : "request")} {id.Value}";

    /// <summary><c>IDi(21) N(INITIAL_CONTACT)(8) AUTH(40)</c>: sizes in octets, headers included.</summary>
    public static string Payloads(PayloadType first, ReadOnlySpan<byte> chain)
    {
        var text = new StringBuilder();
        var reader = new PayloadReader(first, chain);
        while (reader.TryNext(out PayloadView payload))
        {
            text.Append(text.Length == 0 ? "" : " ").Append(Name(payload)).Append('(').Append(PayloadView.HeaderOctets + payload.Body.Length).Append(')');
        }

        return reader.Fault.IsFault ? $"{text} (then {reader.Fault})" : text.Length == 0 ? "no payload" : text.ToString();
    }

    /// <summary><c>established, expects 5</c>.</summary>
    public static string State(IkeSaState? state) =>
        state is null ? "over" : $"{JsonNamingPolicy.SnakeCaseLower.ConvertName($"{state.Phase}")}, expects {state.Window.Expected.Value}";

    public static string Reason(DropReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{reason}");

    public static string Name(ExchangeType exchange) => JsonNamingPolicy.SnakeCaseUpper.ConvertName($"{exchange}");

    public static string Name(NotifyType type) => JsonNamingPolicy.SnakeCaseUpper.ConvertName($"{type}");

    /// <summary><c>timer fired</c>, <c>work done</c>.</summary>
    public static string Name(IkeInput input) => JsonNamingPolicy.SnakeCaseLower.ConvertName(input.GetType().Name).Replace('_', ' ');

    private static string Name(in PayloadView payload) => payload.Type switch
    {
        PayloadType.Notify => NotifyPayload.TryRead(payload.Body, out NotifyPayload notify, out _) ? $"N({Name(notify.Type)})" : "N",
        PayloadType.IdInitiator => "IDi",
        PayloadType.IdResponder => "IDr",
        PayloadType.TsInitiator => "TSi",
        PayloadType.TsResponder => "TSr",
        PayloadType.Encrypted => "SK",
        PayloadType.EncryptedFragment => "SKF",
        _ => $"{payload.Type}".ToUpperInvariant(),
    };
}
