using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.TestKit;

/// <summary>Both sides act at once (RFC 7296 §2.8.1, §2.8.2, §2.25), with two peers that both keep the rules, or one that does not.</summary>
public sealed class CollisionTests : IDisposable
{
    private readonly PeersWorld _world = new();

    /// <summary>What either side may begin.</summary>
    public enum Act
    {
        RekeyChild, CreateChild, DeleteChild, RekeyIke, DeleteIke,
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_child_of_the_lowest_nonce_is_deleted_by_the_side_that_asked_for_it(bool dialerIsLowest)
    {
        ForceNonces(_world, dialerIsLowest);
        Begin(_world, Act.RekeyChild, Act.RekeyChild);
        _world.Settle();
        AssertDecided(isIke: false, dialerIsLowest);
        InitiatorChild left = Assert.Single(_world.Dialer.Children);
        Assert.Equal(!dialerIsLowest, left.IsInitiator);
        _world.AssertAgreed();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_ike_sa_of_the_lowest_nonce_is_deleted_by_the_side_that_asked_for_it(bool dialerIsLowest)
    {
        ForceNonces(_world, dialerIsLowest);
        Begin(_world, Act.RekeyIke, Act.RekeyIke);
        _world.Settle();
        AssertDecided(isIke: true, dialerIsLowest);
        Assert.Equal(!dialerIsLowest, _world.Dialer.Sa!.IsInitiator);
        Assert.Single(_world.Dialer.AllSas);
        Assert.Single(_world.Other.AllSas);
        _world.AssertAgreed();
    }

    [Theory]
    [InlineData(Act.RekeyChild)]
    [InlineData(Act.RekeyIke)]
    public void One_that_refuses_the_other_keeps_its_own(Act act)
    {
        _world.Dialer.Hooks.Collisions = CollisionManners.Refuses;
        Begin(_world, act, act);
        _world.Settle();
        Assert.Equal(NotifyType.TemporaryFailure, Assert.Single(_world.DialerLearned.OfType<InitiatorEvent.PeerRefused>()).Refusal);
        Assert.False(Assert.Single(_world.OtherLearned.OfType<InitiatorEvent.Collided>()).OursStays);
        _world.AssertAgreed();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_is_blind_leaves_its_loser_standing(bool blindIsLowest)
    {
        _world.Dialer.Hooks.Collisions = CollisionManners.Blind;
        ForceNonces(_world, blindIsLowest);
        Begin(_world, Act.RekeyChild, Act.RekeyChild);
        _world.Settle();
        Assert.Empty(_world.DialerLearned.OfType<InitiatorEvent.Collided>());
        Assert.Equal(blindIsLowest ? 2 : 1, _world.Dialer.Children.Count);
        Assert.DoesNotContain(_world.First, _world.Dialer.Children);
        _world.AssertAgreed();
    }

    /// <summary>Every order in which the datagrams of both can arrive, one of them not at all, and the second side can begin.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_interleaving_ends_in_agreement(Act dialers, Act others)
    {
        int runs = 0;
        foreach (bool dialerIsLowest in dialers == others ? (bool[])[true, false] : [true])
        {
            runs += Interleavings.RunAll(
                () => Begun(dialers, dialerIsLowest), world => Do(world, others, byDialer: false),
                world =>
                {
                    world.Settle();
                    world.AssertAgreed();
                    Assert.True((dialers, others) != (Act.RekeyChild, Act.RekeyChild) || OneNewChild(world), world.Transcript);
                });
        }

        Assert.InRange(runs, 25, 1_000);
    }

    public static TheoryData<Act, Act> Pairs()
    {
        TheoryData<Act, Act> pairs = [];
        foreach (Act one in Enum.GetValues<Act>())
        {
            foreach (Act other in Enum.GetValues<Act>())
            {
                pairs.Add(one, other);
            }
        }

        return pairs;
    }

    private static bool OneNewChild(PeersWorld world) => world.Dialer.Children is [var left] && left != world.First;

    private static PeersWorld Begun(Act dialers, bool dialerIsLowest)
    {
        var world = new PeersWorld();
        ForceNonces(world, dialerIsLowest);
        Do(world, dialers, byDialer: true);
        return world;
    }

    /// <summary>Begins, where that can be begun at all.</summary>
    private static void Do(PeersWorld world, Act act, bool byDialer)
    {
        IkeInitiator one = byDialer ? world.Dialer : world.Other;
        if (one.Sa is null || one.IsBusy || (act is Act.RekeyChild or Act.DeleteChild && one.Children.Count == 0))
        {
            return;
        }

        Action<Func<IkeInitiator, InitiatorStep>> by = byDialer ? world.ByDialer : world.ByOther;
        Instant now = world.Clock.Now;
        by(peer => act switch
        {
            Act.RekeyChild => peer.RekeyChild(peer.Children[0], now),
            Act.CreateChild => peer.CreateChild(now),
            Act.DeleteChild => peer.DeleteChild(peer.Children[0], now),
            Act.RekeyIke => peer.RekeyIke(now),
            _ => peer.DeleteIke(now),
        });
    }

    private static void Begin(PeersWorld world, Act dialers, Act others)
    {
        Do(world, dialers, byDialer: true);
        Do(world, others, byDialer: false);
    }

    /// <summary>The lowest of the four is an Ni; the nonces of the answers are both high.</summary>
    private static void ForceNonces(PeersWorld world, bool dialerIsLowest)
    {
        world.Dialer.Hooks.Nonce = Nonces(dialerIsLowest ? (byte)1 : (byte)2);
        world.Other.Hooks.Nonce = Nonces(dialerIsLowest ? (byte)2 : (byte)1);
    }

    private static Func<byte[]> Nonces(byte first)
    {
        int made = 0;
        return () => [made++ == 0 ? first : (byte)0xf0, .. new byte[31]];
    }

    private void AssertDecided(bool isIke, bool dialerIsLowest)
    {
        Assert.Equal(new InitiatorEvent.Collided(isIke, !dialerIsLowest), Assert.Single(_world.DialerLearned.OfType<InitiatorEvent.Collided>()));
        Assert.Equal(new InitiatorEvent.Collided(isIke, dialerIsLowest), Assert.Single(_world.OtherLearned.OfType<InitiatorEvent.Collided>()));
    }
}
