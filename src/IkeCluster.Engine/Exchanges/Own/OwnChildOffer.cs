using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>What a CREATE_CHILD_SA of ours asks for. <paramref name="Old"/>: the child that it replaces, or null.</summary>
internal sealed record ChildWish(
    ChildSa? Old, ImmutableArray<Proposal> Proposals, ChildMode Mode, ImmutableArray<TrafficSelector> LocalTs,
    ImmutableArray<TrafficSelector> RemoteTs);

/// <summary>Writes the request of a CREATE_CHILD_SA that this side begins (RFC 7296 §1.3.1, 1.3.3).</summary>
internal static class OwnChildOffer
{
    private const int RequestOctetsMax = 8 * 1024;

    /// <summary>Null where there is nothing to ask for any more.</summary>
    internal static ChildWish? For(IkeSaState state, OwnRequestKind kind, ChildSa? old, string name, in StepContext context)
    {
        if (kind == OwnRequestKind.RekeyChild)
        {
            // RFC 7296 §2.9.2: no narrower than what is in use.
            return old is { IsRekeyed: false, IsToBeDeleted: false }
                ? new ChildWish(old, ProposalsFor(state, old, name, context), old.Mode, old.LocalTs, old.RemoteTs)
                : null;
        }

        if (context.Policy.FindConnection(state.Facts!.Connection) is not { } connection
            || context.Policy.FindChild(connection.Name, name) is not { } policy
            || (!connection.Pools.IsEmpty && state.Facts.VirtualIps.IsEmpty))
        {
            return null;
        }

        var addresses = ChildAddresses.Of(state, connection, context.Policy);
        return new ChildWish(
            null, policy.EspProposals, policy.Mode,
            [.. Narrowing.Resolve(policy.LocalTs, addresses.Local)], [.. Narrowing.Resolve(Narrowing.CutToLease(policy.RemoteTs, addresses), addresses.Remote)]);
    }

    /// <summary>What the section says now; where a reload took it away, what is in use.</summary>
    internal static ImmutableArray<Proposal> ProposalsFor(IkeSaState state, ChildSa old, string name, in StepContext context) =>
        context.Policy.FindChild(state.Facts!.Connection, name)?.EspProposals ?? [old.Proposal with { Number = 0 }];

    internal static InnerMessage Write(ChildWish wish, KeyExchange? pair, in StepContext context)
    {
        Span<byte> spi = stackalloc byte[sizeof(uint)];
        byte[] buffer = new byte[RequestOctetsMax];
        var writer = new PayloadWriter(buffer);
        if (wish.Old is { } old)
        {
            BinaryPrimitives.WriteUInt32BigEndian(spi, old.InboundSpi.Value);
            writer.Notify(NotifyType.RekeySa, [], SecurityProtocol.Esp, spi);
        }

        if (wish.Mode == ChildMode.Transport)
        {
            writer.Notify(NotifyType.UseTransportMode);
        }

        BinaryPrimitives.WriteUInt32BigEndian(spi, context.Numbers.NewEspSpi().Value);
        writer.Sa(wish.Proposals, spi);
        writer.Nonce(CreateChildSa.MakeNonce(context));
        if (pair is not null)
        {
            writer.Ke(pair.Method, pair.PublicValue);
        }

        writer.Ts(PayloadType.TsInitiator, wish.LocalTs.AsSpan());
        writer.Ts(PayloadType.TsResponder, wish.RemoteTs.AsSpan());
        Invariant.That(!writer.Overflowed);
        return new InnerMessage(writer.First, buffer[..writer.Written]);
    }
}
