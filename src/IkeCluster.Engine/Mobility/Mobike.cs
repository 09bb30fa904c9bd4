using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Mobility;

/// <summary>
/// MOBIKE (RFC 4555) as the responder of the first IKE SA: the peer decides which addresses are used, here they are
/// checked and followed. The window of one makes the newest UPDATE_SA_ADDRESSES the last one taken.
/// </summary>
internal static class Mobike
{
    /// <summary>Both addresses and both ports, of IPv4 and of IPv6 (RFC 4555 §4.2.6).</summary>
    private const int NoNatsOctetsV4 = 12;
    private const int NoNatsOctetsV6 = 36;

    /// <summary>RFC 4555 §4.2.5.</summary>
    private const int Cookie2OctetsMin = 8;
    private const int Cookie2OctetsMax = 64;

    /// <summary>
    /// RFC 4555 §3.1: MOBIKE is on where both say so, the peer in the IKE_AUTH request that carries its SA payload.
    /// </summary>
    internal static PeerFeatures Negotiate(in PayloadIndex login, ConnectionPolicy connection) =>
        connection.Mobike && login.HasNotify(NotifyType.MobikeSupported) ? PeerFeatures.Mobike : PeerFeatures.None;

    /// <summary>
    /// The peer's further addresses after this message: each list replaces the one before (RFC 4555 §3.6). A peer that
    /// names more than are kept loses the last ones.
    /// </summary>
    internal static ImmutableArray<IpAddress> ReadAddresses(in PayloadIndex payloads, ImmutableArray<IpAddress> known)
    {
        bool isList = payloads.HasNotify(NotifyType.NoAdditionalAddresses);
        var named = ImmutableArray.CreateBuilder<IpAddress>();
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type != PayloadType.Notify || !NotifyPayload.TryRead(payloads[i].Body, out NotifyPayload notify, out _))
            {
                continue;
            }

            bool isAddress = (notify.Type, notify.Data.Length) is (NotifyType.AdditionalIp4Address, 4) or (NotifyType.AdditionalIp6Address, 16);
            isList |= isAddress;
            if (isAddress && named.Count < Limits.PeerAddressesMax)
            {
                named.Add(IpAddress.Read(notify.Data));
            }
        }

        return isList ? named.ToImmutable() : known;
    }

    /// <summary>
    /// What an INFORMATIONAL request changes: the state that follows, or the notify that refuses the move
    /// (RFC 4555 §3.5). Without MOBIKE nothing.
    /// </summary>
    internal static (IkeSaState Next, NotifyType Refusal) Take(IkeSaState state, DatagramPath path, in PayloadIndex payloads, PolicySet policy)
    {
        SaFacts facts = state.Facts!;
        if (!facts.Features.HasFlag(PeerFeatures.Mobike))
        {
            return (state, NotifyType.None);
        }

        // RFC 4555 §3.9: whoever forbids NATs is told of one, whatever else its message asks, and nothing changes.
        if (IsTranslated(payloads, path))
        {
            return (state, NotifyType.UnexpectedNatDetected);
        }

        IkeSaState next = state with { PeerAddresses = ReadAddresses(payloads, state.PeerAddresses) };
        if (!payloads.HasNotify(NotifyType.UpdateSaAddresses))
        {
            return (next, NotifyType.None);
        }

        // A reload may have taken the connection away; the SA goes on under what it was made by.
        if (policy.FindConnection(facts.Connection) is { } connection && !PolicyMatch.Serves(connection, path))
        {
            return (state, NotifyType.UnacceptableAddresses);
        }

        // RFC 4555 §3.7 would have us probe the new address before ESP goes there. Left out: the peer is authenticated, the
        // answer to this request is the only thing sent unasked, and no data plane is here yet whose traffic could be held.
        PeerFeatures features = NatDetection.IsAsked(payloads)
            ? PathChange.WithNatState(facts.Features, NatDetection.Detect(payloads, InitiatorSpi(state), ResponderSpi(state), path))
            : facts.Features;
        return (next with { Path = path, Facts = features == facts.Features ? facts : facts with { Features = features } }, NotifyType.None);
    }

    /// <summary>
    /// What the answer says beside that: the refusal, COOKIE2 as it came (RFC 4555 §3.7), and what we see of the path where
    /// the peer asks, so that it can tell a new NAT mapping (RFC 4555 §3.8).
    /// </summary>
    internal static void WriteAnswer(
        ref PayloadWriter writer, IkeSaState state, DatagramPath path, in PayloadIndex payloads, NotifyType refusal, PolicySet policy)
    {
        if (!state.Facts!.Features.HasFlag(PeerFeatures.Mobike))
        {
            return;
        }

        if (refusal != NotifyType.None)
        {
            writer.Notify(refusal);
        }

        if (payloads.TryFindNotify(NotifyType.Cookie2, out NotifyPayload cookie)
            && cookie.Data.Length is >= Cookie2OctetsMin and <= Cookie2OctetsMax)
        {
            writer.Notify(NotifyType.Cookie2, cookie.Data);
        }

        if (refusal == NotifyType.None && NatDetection.IsAsked(payloads))
        {
            bool isForced = policy.FindConnection(state.Facts.Connection)?.ForceEncapsulation ?? false;
            NatDetection.Write(ref writer, InitiatorSpi(state), ResponderSpi(state), path, isForced);
        }
    }

    //   source address | destination address | source port | destination port, as the peer sent them
    private static bool IsTranslated(in PayloadIndex payloads, DatagramPath path)
    {
        if (!payloads.TryFindNotify(NotifyType.NoNatsAllowed, out NotifyPayload notify))
        {
            return false;
        }

        ReadOnlySpan<byte> said = notify.Data;
        int address = path.Remote.Address.Length;
        if (said.Length is not (NoNatsOctetsV4 or NoNatsOctetsV6) || said.Length != (2 * address) + 4)
        {
            return true;
        }

        return IpAddress.Read(said[..address]) != path.Remote.Address
            || IpAddress.Read(said.Slice(address, address)) != path.Local.Address
            || BinaryPrimitives.ReadUInt16BigEndian(said[(2 * address)..]) != path.Remote.Port
            || BinaryPrimitives.ReadUInt16BigEndian(said[((2 * address) + 2)..]) != path.Local.Port;
    }

    private static IkeSpi InitiatorSpi(IkeSaState state) => state.IsInitiator ? state.LocalSpi : state.PeerSpi;

    private static IkeSpi ResponderSpi(IkeSaState state) => state.IsInitiator ? state.PeerSpi : state.LocalSpi;
}
