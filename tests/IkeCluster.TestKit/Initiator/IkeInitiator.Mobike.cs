using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>What an address update says beside that the addresses changed (RFC 4555 §3.5).</summary>
public sealed record AddressUpdate
{
    /// <summary>Without it the message only asks or tells: a probe of the path, or another list of addresses.</summary>
    public bool Moves { get; init; } = true;

    /// <summary>NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP of the path as the initiator sees it.</summary>
    public bool DetectsNat { get; init; } = true;

    /// <summary>COOKIE2; empty: none.</summary>
    public ImmutableArray<byte> Cookie { get; init; } = [];

    /// <summary>NO_NATS_ALLOWED with the path as the initiator sees it.</summary>
    public bool ForbidsNat { get; init; }

    /// <summary>The whole list of further addresses; empty: NO_ADDITIONAL_ADDRESSES; default: nothing is said of them.</summary>
    public ImmutableArray<IpAddress> Addresses { get; init; }
}

/// <content>The initiator's side of MOBIKE (RFC 4555): it decides, the responder follows.</content>
public sealed partial class IkeInitiator
{
    /// <summary>Both sides said MOBIKE_SUPPORTED.</summary>
    public bool SpeaksMobike =>
        settings.AuthNotifies.Contains(NotifyType.MobikeSupported) && Sa?.PeerNotifies.Contains(NotifyType.MobikeSupported) == true;

    /// <summary>Tells the responder where it is now, after <see cref="MoveTo"/>.</summary>
    public InitiatorStep UpdateAddresses(Instant now, AddressUpdate update) =>
        SendInformational(
            now, (ref PayloadWriter writer) => Write(ref writer, update),
            (in PayloadIndex answer, Instant _) => ReadUpdated(answer));

    private void Write(ref PayloadWriter writer, AddressUpdate update)
    {
        if (update.Moves)
        {
            writer.Notify(NotifyType.UpdateSaAddresses);
        }

        if (update.DetectsNat)
        {
            NegotiatedSa sa = RequireSa().Negotiated;
            writer.Notify(NotifyType.NatDetectionSourceIp, InitExchange.NatHash(sa.InitiatorSpi, sa.ResponderSpi, Path.Local));
            writer.Notify(NotifyType.NatDetectionDestinationIp, InitExchange.NatHash(sa.InitiatorSpi, sa.ResponderSpi, Path.Remote));
        }

        if (!update.Cookie.IsDefaultOrEmpty)
        {
            writer.Notify(NotifyType.Cookie2, update.Cookie.AsSpan());
        }

        if (update.ForbidsNat)
        {
            writer.Notify(NotifyType.NoNatsAllowed, Seen(Path));
        }

        if (!update.Addresses.IsDefault)
        {
            WriteList(ref writer, update.Addresses);
        }
    }

    private static void WriteList(ref PayloadWriter writer, ImmutableArray<IpAddress> addresses)
    {
        if (addresses.IsEmpty)
        {
            writer.Notify(NotifyType.NoAdditionalAddresses);
        }

        foreach (IpAddress address in addresses)
        {
            writer.Notify(address.IsV4 ? NotifyType.AdditionalIp4Address : NotifyType.AdditionalIp6Address, Octets(address));
        }
    }

    /// <summary>RFC 4555 §4.2.6: source and destination address, source and destination port.</summary>
    private static byte[] Seen(DatagramPath path) =>
    [
        .. Octets(path.Local.Address), .. Octets(path.Remote.Address),
        (byte)(path.Local.Port >> 8), (byte)path.Local.Port, (byte)(path.Remote.Port >> 8), (byte)path.Remote.Port,
    ];

    private static byte[] Octets(IpAddress address)
    {
        byte[] octets = new byte[address.Length];
        address.Write(octets);
        return octets;
    }

    private void ReadUpdated(in PayloadIndex answer)
    {
        byte[]? seen = answer.TryFindNotify(NotifyType.NatDetectionDestinationIp, out NotifyPayload hash) ? hash.Data.ToArray() : null;
        NegotiatedSa sa = RequireSa().Negotiated;
        bool isTranslated = seen is not null && !seen.AsSpan().SequenceEqual(InitExchange.NatHash(sa.InitiatorSpi, sa.ResponderSpi, Path.Local));
        byte[] cookie = answer.TryFindNotify(NotifyType.Cookie2, out NotifyPayload echo) ? echo.Data.ToArray() : [];
        _events.Add(new InitiatorEvent.AddressesUpdated(ChildOffer.FirstError(answer), seen is null ? null : isTranslated, [.. cookie]));
    }
}
