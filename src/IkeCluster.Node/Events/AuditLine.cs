using System.Text.Json;
using System.Text.Json.Serialization;

namespace IkeCluster.Node.Events;

/// <summary>
/// One line of the audit file: who, when, what. <paramref name="Event"/> is login, login_failed, lease, move, rekey, rekey_refused, redirect or end;
/// keys that do not apply are left out. Names are stable, new ones may come.
/// </summary>
internal sealed record AuditLine(DateTime Time, string Event, string Node, string LocalSpi)
{
    public string? PeerSpi { get; init; }

    public string? Connection { get; init; }

    /// <summary>Who it is: the EAP identity, or where there is none, IDi.</summary>
    public string? Identity { get; init; }

    /// <summary>What an EAP method proved, where there is one.</summary>
    public string? EapIdentity { get; init; }

    /// <summary>IDi beside an EAP identity: nobody proves it.</summary>
    public string? ClaimedIdentity { get; init; }

    public string? LocalIdentity { get; init; }

    public string? Method { get; init; }

    public string? LocalAddress { get; init; }

    public string? RemoteAddress { get; init; }

    public string? FromAddress { get; init; }

    public string? Pool { get; init; }

    public string? VirtualIp { get; init; }

    public string? Proposal { get; init; }

    /// <summary>Of a rekey that the peer refused: the Child SA's section; absent: the IKE SA itself.</summary>
    public string? Child { get; init; }

    /// <summary>Of a rekey: the SPI that takes the place.</summary>
    public string? NewSpi { get; init; }

    /// <summary>Of a redirect: the gateway that the client was sent to.</summary>
    public string? Gateway { get; init; }

    /// <summary>Of a failure: its kind, as in <c>ike_auth_total</c>.</summary>
    public string? Failure { get; init; }

    public string? Cause { get; init; }

    /// <summary>Of a failed login: how many before it have no line, because there were too many.</summary>
    public long? LeftOut { get; init; }

    /// <summary>Of an end: how long the IKE SA stood.</summary>
    public long? DurationS { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, AuditJson.Default.AuditLine);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditLine))]
internal sealed partial class AuditJson : JsonSerializerContext;
