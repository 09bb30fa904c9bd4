using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Children;

/// <summary>
/// What stands for <c>dynamic</c> in traffic selectors: virtual addresses, or the outer ones. <paramref name="Pooled"/>: what
/// the connection's pools may lease, to this peer or to another.
/// </summary>
internal readonly record struct ChildAddresses(
    ImmutableArray<IpAddress> Local, ImmutableArray<IpAddress> Remote, ImmutableArray<AddressRange> Pooled)
{
    internal static ChildAddresses Of(
        DatagramPath path, ImmutableArray<LeasedAddress> virtualIps, ConnectionPolicy connection, PolicySet policy) => new(
        [path.Local.Address],
        virtualIps.IsEmpty ? [path.Remote.Address] : [.. virtualIps.Select(leased => leased.Address)],
        [.. connection.Pools.SelectMany(name => policy.FindPool(name)?.Addrs ?? [])]);

    /// <summary>
    /// Of an SA that is up: where it has no lease the peer speaks for the address at which it logged in, wherever it is by now.
    /// From an address that it only claims it would draw the traffic of whoever lives there.
    /// </summary>
    internal static ChildAddresses Of(IkeSaState state, ConnectionPolicy connection, PolicySet policy)
    {
        DatagramPath path = state.Path;
        return Of(path with { Remote = path.Remote with { Address = state.Facts!.LoginAddress } }, state.Facts.VirtualIps, connection, policy);
    }
}

/// <summary>
/// What both sides agreed on for a Child SA, all but its keys. On refusal <see cref="Refusal"/> says why (and
/// <see cref="RefusalData"/> the group of INVALID_KE_PAYLOAD).
/// </summary>
internal sealed record ChildPlan(
    NotifyType Refusal, byte[] RefusalData, ChildPolicy? Policy, Proposal? Chosen, EspSpi OutboundSpi, ChildMode Mode,
    ImmutableArray<TrafficSelector> LocalTs, ImmutableArray<TrafficSelector> RemoteTs)
{
    internal static ChildPlan Refused(NotifyType why, byte[]? data = null, string detail = "") =>
        new(why, data ?? [], null, null, default, default, [], []) { Detail = detail };

    /// <summary>Of a refusal, for the operator: what was asked for, or what there was none of. Never on the wire.</summary>
    internal string Detail { get; init; } = "";

    /// <summary>Another section would carry more of what the peer asks, in a Child SA of its own.</summary>
    internal bool HasMore { get; init; }

    internal bool IsRefused => Refusal != NotifyType.None;
}

/// <summary>Settles a Child SA as its responder: policy, proposal, selectors (RFC 7296 §1.2, 1.3.1, 2.9, 2.17).</summary>
internal static class ChildMaker
{
    /// <summary>
    /// Plans from the SA, TSi, TSr and KE payloads of a request. <paramref name="replaced"/> limits the choice to the section
    /// of the child that is rekeyed; <paramref name="isFirst"/>: in IKE_AUTH a group in the offer is tolerated and not used.
    /// </summary>
    internal static ChildPlan Plan(
        in PayloadIndex payloads, ConnectionPolicy connection, ChildAddresses addresses, ChildSa? replaced, bool isFirst)
    {
        if (!payloads.TryFind(PayloadType.Sa, out PayloadView saBody) || !SaPayload.TryRead(saBody.Body, out SaPayload sa, out _)
            || !payloads.TryFind(PayloadType.TsInitiator, out PayloadView tsi) || !TsPayload.TryRead(tsi.Body, out TsPayload remote, out _)
            || !payloads.TryFind(PayloadType.TsResponder, out PayloadView tsr) || !TsPayload.TryRead(tsr.Body, out TsPayload local, out _))
        {
            // Beside a good AUTH a client reads INVALID_SYNTAX as the end of the IKE SA, which RFC 7296 §2.21.2 does not want.
            return ChildPlan.Refused(isFirst ? NotifyType.NoProposalChosen : NotifyType.InvalidSyntax);
        }

        NotifyType why = NotifyType.TsUnacceptable;
        ImmutableArray<ChildFit> fits = ChildFit.Find(
            connection.Children.Where(child => replaced is null || string.Equals(child.Name, replaced.Name, StringComparison.Ordinal)),
            addresses, replaced, local, remote);
        foreach (ChildFit fit in fits)
        {
            Proposal? chosen = ProposalChoice.Choose(fit.Policy.EspProposals, sa, isFirst, out ReadOnlySpan<byte> spi);
            if (chosen is null || spi.Length != 4)
            {
                why = NotifyType.NoProposalChosen;
                continue;
            }

            var outbound = new EspSpi(BinaryPrimitives.ReadUInt32BigEndian(spi));
            if (outbound.Value < ChildSa.ReservedSpis)
            {
                return ChildPlan.Refused(isFirst ? NotifyType.NoProposalChosen : NotifyType.InvalidSyntax);
            }

            // RFC 7296 §1.3.1: transport mode is a wish; without the notify in the answer it is tunnel mode.
            bool transport = fit.Policy.Mode == ChildMode.Transport && payloads.HasNotify(NotifyType.UseTransportMode);
            var plan = new ChildPlan(
                NotifyType.None, [], fit.Policy, chosen, outbound, transport ? ChildMode.Transport : ChildMode.Tunnel, fit.LocalTs, fit.RemoteTs)
            {
                HasMore = fits.Any(other => !fit.Covers(other)),
            };
            return isFirst ? plan : CheckKeyExchange(plan, payloads);
        }

        return ChildPlan.Refused(why, detail: why == NotifyType.TsUnacceptable ? ChildAsk.OfSelectors(local, remote) : ChildAsk.OfProposals(sa));
    }

    /// <summary>Keys and SPI for a plan (RFC 7296 §2.17). <paramref name="sharedSecret"/> is empty without PFS.</summary>
    internal static ChildSa Make(
        ChildPlan plan, IkeSaState state, ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> nonceInitiator,
        ReadOnlySpan<byte> nonceResponder, in StepContext context)
    {
        ChildKeys keys = KeySchedule.DeriveChild(
            state.Proposal.Prf, state.Keys!.SkD.Reveal(), plan.Chosen!, sharedSecret, nonceInitiator, nonceResponder);
        var lifetimes = Lifetimes.Of(plan.Policy!, context);
        return new ChildSa
        {
            Name = plan.Policy!.Name,
            InboundSpi = context.Numbers.NewEspSpi(),
            OutboundSpi = plan.OutboundSpi,
            Mode = plan.Mode,
            Proposal = plan.Chosen!,
            LocalTs = plan.LocalTs,
            RemoteTs = plan.RemoteTs,
            Keys = keys,
            IsInitiator = false,
            InstalledAt = context.Now,
            RekeyAt = lifetimes.RekeyAt,
            ExpireAt = lifetimes.ExpireAt,
            Limits = lifetimes.Limits,
        };
    }

    /// <summary>SA, TSi and TSr of the answer, and the notifies that go with them.</summary>
    internal static void Write(ref PayloadWriter writer, ChildSa child, bool hasMore)
    {
        Span<byte> spi = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(spi, child.InboundSpi.Value);
        writer.Sa(child.Proposal, spi);
        writer.Ts(PayloadType.TsInitiator, child.RemoteTs.AsSpan());
        writer.Ts(PayloadType.TsResponder, child.LocalTs.AsSpan());
        if (child.Mode == ChildMode.Transport)
        {
            writer.Notify(NotifyType.UseTransportMode);
        }

        // RFC 7296 §2.9: what was cut away can be had too, by asking for it alone.
        if (hasMore)
        {
            writer.Notify(NotifyType.AdditionalTsPossible);
        }
    }

    private static ChildPlan CheckKeyExchange(ChildPlan plan, in PayloadIndex payloads)
    {
        KeyExchangeMethod wanted = plan.Chosen!.KeyExchange;
        if (wanted == KeyExchangeMethod.None)
        {
            return plan;
        }

        bool fits = payloads.TryFind(PayloadType.Ke, out PayloadView body) && KePayload.TryRead(body.Body, out KePayload ke, out _)
            && ke.Method == wanted;
        if (fits)
        {
            return plan;
        }

        byte[] group = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(group, (ushort)wanted);
        return ChildPlan.Refused(NotifyType.InvalidKePayload, group);
    }
}
