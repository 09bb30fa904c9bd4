using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine;

/// <summary>
/// What holds for every wish and every policy: narrowing gives what both sides hold and no more (RFC 7296 §2.9), and
/// negotiation gives one transform of each needed type, or nothing (RFC 7296 §2.7). Judged by models that know no code of ours.
/// </summary>
public sealed class PolicyProperties
{
    private const int Hosts = 16;
    private const int Ports = 6;

    private static readonly byte[] Protocols = [0, 6, 17];
    private static readonly TransformType[] Types =
        [TransformType.Encr, TransformType.Prf, TransformType.Integ, TransformType.KeyExchange, TransformType.SequenceNumbers];

    [Fact]
    public void Narrowing_gives_exactly_the_packets_that_both_sides_hold() =>
        Holds(2000, from policy in SelectorLists() from offered in SelectorLists() select (policy, offered), wish =>
        {
            ImmutableArray<TrafficSelector> narrowed = Narrow(wish.policy, wish.offered);
            Assert.All(narrowed, one => Assert.Contains(wish.policy, held => held.Contains(one)));
            Assert.All(narrowed, one => Assert.Contains(wish.offered, held => held.Contains(one)));
            foreach ((uint host, byte protocol, ushort port) in Packets())
            {
                bool isWanted = wish.policy.Any(one => Covers(one, host, protocol, port)) && wish.offered.Any(one => Covers(one, host, protocol, port));
                Assert.Equal(isWanted, narrowed.Any(one => Covers(one, host, protocol, port)));
            }
        });

    [Fact]
    public void A_first_selector_that_policy_allows_is_in_what_is_narrowed() =>
        Holds(2000, from policy in SelectorLists() from offered in SelectorLists() select (policy, offered), wish =>
        {
            if (wish.offered.Length > 0 && wish.policy.Any(held => held.Contains(wish.offered[0])))
            {
                Assert.Contains(Narrow(wish.policy, wish.offered), one => one.Contains(wish.offered[0]));
            }
        });

    [Fact]
    public void Narrowing_twice_changes_nothing_more() =>
        Holds(1000, from policy in SelectorLists() from offered in SelectorLists() select (policy, offered), wish =>
        {
            ImmutableArray<TrafficSelector> once = Narrow(wish.policy, wish.offered);
            Assert.Equal(once.ToHashSet(), Narrow(wish.policy, once).ToHashSet());
        });

    [Fact]
    public void Negotiation_picks_one_transform_of_each_needed_type_from_both_offers_or_none() =>
        Holds(4000, from ours in ProposalLists() from theirs in ProposalLists() select (ours, theirs), wish =>
        {
            Proposal? chosen = Choose(wish.ours, wish.theirs);
            Assert.Equal(wish.ours.Any(ours => wish.theirs.Any(theirs => Fit(ours, theirs))), chosen is not null);
            if (chosen is null)
            {
                return;
            }

            Assert.Equal(chosen.Transforms.Length, chosen.Transforms.Select(one => one.Type).Distinct().Count());
            Proposal offered = wish.theirs[chosen.Number - 1];
            Assert.All(chosen.Transforms, one => Assert.Contains(one, offered.Transforms));
            Assert.Contains(wish.ours, ours => Fit(ours, offered) && chosen.Transforms.All(one => ours.Transforms.Contains(one)));
            Assert.All(Types.Where(type => IsNeeded(offered, type)), type => Assert.Contains(chosen.Transforms, one => one.Type == type));
        });

    [Fact]
    public void What_was_chosen_is_accepted_by_the_side_that_offered_it() =>
        Holds(2000, from ours in ProposalLists() from theirs in ProposalLists() select (ours, theirs), wish =>
        {
            if (Choose(wish.ours, wish.theirs) is not { } chosen)
            {
                return;
            }

            ImmutableArray<Proposal> numbered = [.. wish.theirs.Select((one, i) => one with { Number = (byte)(i + 1) })];
            var writer = new PayloadWriter(new byte[1024]);
            writer.Sa(chosen, SpiOf(chosen.Protocol));
            Assert.True(SaPayload.TryRead(writer.Chain[PayloadView.HeaderOctets..], out SaPayload answer, out _));
            Assert.Equal(chosen, ProposalChoice.Accept(numbered, answer, out _));
        });

    // A type is agreed on where both list one and the same, or where each side lists none or lists NONE.
    private static bool Fit(Proposal ours, Proposal theirs) =>
        ours.Protocol == theirs.Protocol && Types.All(type =>
            Of(ours, type).Intersect(Of(theirs, type)).Any() || (!IsNeeded(ours, type) && !IsNeeded(theirs, type)));

    private static bool IsNeeded(Proposal proposal, TransformType type) => Of(proposal, type).Any() && !Of(proposal, type).Contains(new Transform(type, 0));

    private static IEnumerable<Transform> Of(Proposal proposal, TransformType type) => proposal.Transforms.Where(one => one.Type == type);

    private static Proposal? Choose(ImmutableArray<Proposal> ours, ImmutableArray<Proposal> theirs)
    {
        var writer = new PayloadWriter(new byte[4096]);
        writer.Sa(theirs, SpiOf(theirs[0].Protocol));
        Assert.True(SaPayload.TryRead(writer.Chain[PayloadView.HeaderOctets..], out SaPayload offer, out _));
        return ProposalChoice.Choose(ours, offer, ignoreKeyExchange: false, out _);
    }

    private static byte[] SpiOf(SecurityProtocol protocol) => protocol == SecurityProtocol.Esp ? [0, 0, 4, 1] : [];

    private static ImmutableArray<TrafficSelector> Narrow(ImmutableArray<TrafficSelector> policy, ImmutableArray<TrafficSelector> offered)
    {
        var writer = new PayloadWriter(new byte[4096]);
        writer.Ts(PayloadType.TsInitiator, offered.AsSpan());
        Assert.True(TsPayload.TryRead(writer.Chain[PayloadView.HeaderOctets..], out TsPayload ts, out _));
        return Narrowing.Narrow([.. policy.Select(one => new SelectorPolicy(IsDynamic: false, one))], [], ts);
    }

    private static IEnumerable<(uint Host, byte Protocol, ushort Port)> Packets() =>
        from host in Enumerable.Range(0, Hosts)
        from protocol in (byte[])[1, 6, 17]
        from port in Enumerable.Range(0, Ports)
        select ((uint)host, protocol, (ushort)port);

    private static bool Covers(TrafficSelector selector, uint host, byte protocol, ushort port) =>
        selector.Start.Value <= IpAddress.V4(host).Value && IpAddress.V4(host).Value <= selector.End.Value
        && (selector.IpProtocol == 0 || selector.IpProtocol == protocol) && selector.StartPort <= port && port <= selector.EndPort;

    private static Gen<ImmutableArray<TrafficSelector>> SelectorLists() =>
        from count in Gen.Choose(0, 5)
        from list in Selectors().ArrayOf(count)
        select list.ToImmutableArray();

    private static Gen<TrafficSelector> Selectors() =>
        from hosts in Gen.Choose(0, Hosts - 1).Two()
        from protocol in Gen.Elements(Protocols)
        from ports in Gen.Choose(0, Ports - 1).Two()
        from isAll in Gen.Elements(true, false)
        select new TrafficSelector(
            IpAddress.V4((uint)Math.Min(hosts.Item1, hosts.Item2)), IpAddress.V4((uint)Math.Max(hosts.Item1, hosts.Item2)), protocol,
            isAll ? (ushort)0 : (ushort)Math.Min(ports.Item1, ports.Item2), isAll ? ushort.MaxValue : (ushort)Math.Max(ports.Item1, ports.Item2));

    private static Gen<ImmutableArray<Proposal>> ProposalLists() =>
        from count in Gen.Choose(1, 3)
        from protocol in Gen.Elements(SecurityProtocol.Ike, SecurityProtocol.Esp)
        from lists in Transforms().ListOf(5).ArrayOf(count)
        select lists.Select(list => new Proposal(protocol, [.. list.Distinct()])).ToImmutableArray();

    // Few numbers, so that the two sides meet now and then; 0 is NONE.
    private static Gen<Transform> Transforms() =>
        from type in Gen.Elements(Types)
        from id in Gen.Choose(0, 2)
        from bits in Gen.Elements<ushort>(0, 128)
        select new Transform(type, (ushort)id, type == TransformType.Encr && id > 0 ? bits : (ushort)0);

    private static void Holds<T>(int tests, Gen<T> inputs, Action<T> claim) =>
        Prop.ForAll(inputs.ToArbitrary(), claim).Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithQuietOnSuccess(true));
}
