using IkeCluster.Crypto;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Engine.Authentication.Eap;

/// <summary>
/// EAP inside IKE_AUTH, between two messages of the peer (RFC 7296 §2.16): the method, what was asked last, and how often.
/// Once it has succeeded only the peer's AUTH is awaited, made with the MSK.
/// </summary>
public sealed record EapConversation
{
    public required IEapMethod Method { get; init; }

    /// <summary>Identifier of the last packet that we sent.</summary>
    public required byte Identifier { get; init; }

    /// <summary>Requests sent so far.</summary>
    public required int Rounds { get; init; }

    /// <summary>The method is done and the peer has proved itself to it: EAP-Success is out.</summary>
    public bool HasSucceeded { get; init; }

    /// <summary>The method's key; null before success, and where the method makes none.</summary>
    public SecretBytes? Msk { get; init; }

    /// <summary>Why a packet is not the response that is awaited; null: it is.</summary>
    internal string? Judge(in EapPayload packet) => packet switch
    {
        _ when packet.Code != EapPacket.ResponseCode => $"the peer sends an EAP packet of code {packet.Code}, which is for an authenticator",
        _ when packet.Identifier != Identifier => "the identifier of the EAP response is not that of the request",
        _ when packet.Packet.Length > Limits.EapPacketOctetsMax => $"the EAP packet is longer than {Limits.EapPacketOctetsMax} octets",
        _ when Rounds >= Limits.EapRoundsMax => $"EAP takes more than {Limits.EapRoundsMax} rounds",
        _ => null,
    };

    internal void Forget()
    {
        Method.Forget();
        Msk?.Dispose();
    }
}
