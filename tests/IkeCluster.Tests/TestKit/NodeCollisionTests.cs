using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.TestKit;

/// <summary>
/// The initiator and the real engine act at once. They share no code above Protocol and Crypto, so a misreading of
/// RFC 7296 §2.25 that one of them has is seen as a disagreement.
/// </summary>
public sealed class NodeCollisionTests
{
    /// <summary>What the dialer begins.</summary>
    public enum DialerAct
    {
        RekeyChild, CreateChild, DeleteChild, RekeyIke, DeleteIke,
    }

    /// <summary>What the node begins.</summary>
    public enum NodeAct
    {
        RekeyChild, DeleteChild, RekeyIke, DeleteIke,
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_interleaving_ends_in_agreement(DialerAct dialers, NodeAct nodes)
    {
        int runs = 0;
        foreach (bool dialersIsRedundant in $"{dialers}" == $"{nodes}" ? (bool[])[true, false] : [true])
        {
            runs += RunAll(dialers, nodes, CollisionManners.Compliant, dialersIsRedundant);
        }

        Assert.InRange(runs, 20, 4_000);
    }

    [Theory]
    [InlineData(CollisionManners.Refuses, true)]
    [InlineData(CollisionManners.Refuses, false)]
    [InlineData(CollisionManners.Blind, true)]
    [InlineData(CollisionManners.Blind, false)]
    public void A_peer_that_breaks_the_rules_of_child_rekeys_is_outlived(CollisionManners manners, bool dialersIsRedundant) =>
        RunAll(DialerAct.RekeyChild, NodeAct.RekeyChild, manners, dialersIsRedundant);

    [Theory]
    [InlineData(CollisionManners.Refuses, true)]
    [InlineData(CollisionManners.Refuses, false)]
    [InlineData(CollisionManners.Blind, false)]
    public void A_peer_that_breaks_the_rules_of_ike_rekeys_is_outlived(CollisionManners manners, bool dialersIsRedundant) =>
        RunAll(DialerAct.RekeyIke, NodeAct.RekeyIke, manners, dialersIsRedundant);

    /// <summary>There is no agreement to be had with it, so all that counts is that the node stays with one SA.</summary>
    [Fact]
    public void A_peer_that_keeps_the_ike_sa_that_lost_leaves_the_node_with_the_other() => Interleavings.RunAll(
        () => Begun(DialerAct.RekeyIke, CollisionManners.Blind, isRedundant: true), world => Do(world, NodeAct.RekeyIke),
        world =>
        {
            world.Settle();
            IkeSaState left = Assert.Single(world.Node.Sas.Values, state => state.Phase == SaPhase.Established);
            Assert.Single(left.Children);
            Assert.Single(world.Node.Installed);
        });

    private static int RunAll(DialerAct dialers, NodeAct nodes, CollisionManners manners, bool dialersIsRedundant) => Interleavings.RunAll(
        () => Begun(dialers, manners, dialersIsRedundant), world => Do(world, nodes),
        world =>
        {
            world.Settle();
            world.AssertAgreed();
            if ((dialers, nodes, manners) == (DialerAct.RekeyChild, NodeAct.RekeyChild, CollisionManners.Compliant))
            {
                Assert.True(world.Dialer.Children is [var left] && left != world.First, world.Transcript);
            }
        });

    public static TheoryData<DialerAct, NodeAct> Pairs()
    {
        TheoryData<DialerAct, NodeAct> pairs = [];
        foreach (DialerAct one in Enum.GetValues<DialerAct>())
        {
            foreach (NodeAct other in Enum.GetValues<NodeAct>())
            {
                pairs.Add(one, other);
            }
        }

        return pairs;
    }

    private static NodeWorld Begun(DialerAct act, CollisionManners manners, bool isRedundant)
    {
        var world = new NodeWorld();
        world.Dialer.Hooks.Collisions = manners;

        // The dialer's own exchange has its first nonce, the node's the second: the lowest of four marks what is redundant.
        int made = 0;
        world.Dialer.Hooks.Nonce = () => made++ == 0 == isRedundant ? new byte[32] : [.. Enumerable.Repeat((byte)0xff, 32)];
        world.ByDialer((dialer, now) => Do(dialer, act, now));
        return world;
    }

    private static InitiatorStep Do(IkeInitiator dialer, DialerAct act, Instant now) => act switch
    {
        DialerAct.RekeyChild => dialer.RekeyChild(dialer.Children[0], now),
        DialerAct.CreateChild => dialer.CreateChild(now),
        DialerAct.DeleteChild => dialer.DeleteChild(dialer.Children[0], now),
        DialerAct.RekeyIke => dialer.RekeyIke(now),
        _ => dialer.DeleteIke(now),
    };

    /// <summary>Begins, where that can be begun at all.</summary>
    private static void Do(NodeWorld world, NodeAct act)
    {
        IkeSaState? sa = world.Node.Sas.Values.SingleOrDefault(state => state.Phase == SaPhase.Established);
        if (sa is null || sa.Own.Pending is not null || (act == NodeAct.RekeyChild && sa.Children.Count(child => !child.IsRekeyed) != 1))
        {
            return;
        }

        switch (act)
        {
            case NodeAct.RekeyChild:
                world.NodeRekeysChild();
                break;
            case NodeAct.DeleteChild:
                world.NodeDeletes("net");
                break;
            case NodeAct.RekeyIke:
                world.NodeRekeysIke();
                break;
            default:
                world.NodeDeletes(null);
                break;
        }
    }
}
