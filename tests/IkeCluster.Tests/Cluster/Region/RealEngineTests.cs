using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Region;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>The loops with the real engine inside and a real initiator outside; only the network and the disk are not.</summary>
public sealed class RealEngineTests : IDisposable
{
    private readonly LoopWorld _world = LoopWorld.WithRealEngine();
    private readonly RealPeer _peer;

    public RealEngineTests() => _peer = new RealPeer(_world, seed: 1);

    [Fact]
    public void A_peer_logs_in_and_has_its_addresses_for_itself()
    {
        List<InitiatorEvent> learned = _peer.Login();

        Assert.Contains(learned, one => one is InitiatorEvent.ChildEstablished);
        Assert.Equal(["10.64.0.0", "fd00:64::"], _peer.Initiator.Sa!.VirtualIps.Select(address => $"{address}"));
        Assert.Equal(_peer.OurSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.64.0.0")));
        Assert.Equal([_peer.OurSpi], _world.Store.LiveRows);
        Assert.Equal(1, _world.Loop.Counters.ChildSas);
        Assert.Empty(_world.Events.Faults);
    }

    [Fact]
    public void After_kill_minus_9_the_peer_goes_on_under_the_same_SPIs_and_never_logs_in_again()
    {
        _peer.Login();
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
        IkeSpi before = _peer.OurSpi;

        _world.Start();
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
        Heard<InitiatorEvent.ChildRekeyed>(_peer.Run((one, now) => one.RekeyChild(one.Children[0], now)));
        Assert.Equal(before, _peer.OurSpi);

        _world.Start();
        Heard<InitiatorEvent.IkeRekeyed>(_peer.Run((one, now) => one.RekeyIke(now)));
        Assert.NotEqual(before, _peer.OurSpi);
        Assert.Equal(_world.Seal.TryOpen(before, out var old), _world.Seal.TryOpen(_peer.OurSpi, out var same));
        Assert.Equal(old, same);

        _world.Start();
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
        Heard<InitiatorEvent.ChildRekeyed>(_peer.Run((one, now) => one.RekeyChild(one.Children[0], now, KeyExchangeMethod.Curve25519)));
        Assert.Equal(_peer.OurSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.64.0.0")));
        Assert.Empty(_world.Events.Faults);
    }

    [Fact]
    public void A_crash_between_commit_and_answer_gives_the_repeat_the_committed_answer()
    {
        _peer.Login();
        InitiatorChild child = _peer.Initiator.Children[0];

        // The row is written, the answer to the connection is lost, and the process dies before it asks again.
        _world.Store.Spoil = _ => SaOutcomeKind.Unknown;
        Assert.Empty(_peer.Run((one, now) => one.RekeyChild(child, now)));
        _world.Store.Spoil = _ => null;
        int writes = _world.Store.Row(_peer.OurSpi)!.Writes;
        _world.Start();

        _world.Pass(TimeSpan.FromSeconds(5));
        Heard<InitiatorEvent.ChildRekeyed>(_peer.Tick());
        Assert.Equal(writes, _world.Store.Row(_peer.OurSpi)!.Writes - 1);
        Assert.Single(_peer.Initiator.Children);
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
    }

    [Fact]
    public void A_successor_that_is_back_from_its_row_before_its_commit_is_known_is_not_made_twice()
    {
        _peer.Login();
        _world.Store.IsBroken = true;
        _world.Start();
        _world.Run();
        _world.Store.IsBroken = false;

        // The rows are listed a second later, and only then the outcome of the rekey becomes known.
        _world.Store.Spoil = _ => SaOutcomeKind.Unknown;
        Assert.Empty(_peer.Run((one, now) => one.RekeyIke(now)));
        _world.Pass(TimeSpan.FromSeconds(2));
        _world.Store.Spoil = _ => null;
        _world.Pass(TimeSpan.FromSeconds(3));

        Heard<InitiatorEvent.IkeRekeyed>(_peer.Listen());
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
        Assert.Equal([_peer.OurSpi], _world.Store.LiveRows);
        Assert.Empty(_world.Events.Faults);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_peer_that_knows_our_successor_before_we_do_finds_one_SA(bool isWrittenFirst)
    {
        using LoopWorld world = LoopWorld.WithRealEngine(Policies.RoadWarrior with { RekeyTime = TimeSpan.FromSeconds(10), RandTime = TimeSpan.Zero });
        using var peer = new RealPeer(world, seed: 2);
        peer.Login();

        // Another process, which cannot learn which SPIs are live, and rekeys the SA that the peer has woken.
        world.Store.IsListBroken = true;
        world.Start();
        Heard<InitiatorEvent.LivenessAnswered>(peer.CheckLiveness());
        world.Pass(TimeSpan.FromSeconds(11));

        // The peer has answered and uses the new SA; its answer is being written while the row of the new SA is being read.
        world.Store.IsHolding = isWrittenFirst;
        world.Store.Refuse = commit => isWrittenFirst ? null : SaOutcomeKind.Unknown;
        Heard<InitiatorEvent.IkeRekeyed>(peer.Listen());
        world.Store.IsHolding = true;
        peer.CheckLiveness();
        world.Store.Refuse = _ => null;
        world.Pass(TimeSpan.FromMilliseconds(200));
        world.Store.IsHolding = false;
        world.Store.Release();
        world.Run();
        world.Pass(TimeSpan.FromSeconds(5));

        Heard<InitiatorEvent.LivenessAnswered>([.. peer.Tick(), .. peer.Listen()]);
        Assert.Contains(peer.Initiator.Sa!.PeerSpi, world.Store.LiveRows);
        Assert.Contains(world.Map.Loops, loop => loop.Counters.Established > 0);
        Assert.Empty(world.Events.Faults);
    }

    [Fact]
    public void An_SA_whose_row_could_not_be_read_when_it_was_asked_for_is_not_forgotten()
    {
        using LoopWorld world = LoopWorld.WithRealEngine(Policies.RoadWarrior with { DpdDelay = TimeSpan.FromSeconds(30), DpdTimeout = TimeSpan.FromSeconds(60) });
        using var peer = new RealPeer(world, seed: 3);
        peer.Login();

        // The background load finds the row being read already, and leaves it; then that reading fails.
        world.Store.IsLoadHeld = true;
        world.Start();
        peer.CheckLiveness();
        world.Store.FailLoads();
        world.Run();

        // The peer is gone for good, and that is found out.
        world.Pass(TimeSpan.FromMinutes(15));
        Assert.Empty(world.Store.LiveRows);
        Assert.Equal(0, world.Established);
    }

    [Fact]
    public void A_store_that_is_away_delays_a_login_and_the_repeat_succeeds()
    {
        _world.Store.IsBroken = true;
        Assert.DoesNotContain(_peer.Login(), one => one is InitiatorEvent.Established);

        _world.Store.IsBroken = false;
        _world.Pass(TimeSpan.FromSeconds(5));
        List<InitiatorEvent> learned = _peer.Listen();
        Heard<InitiatorEvent.Established>(learned);
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
    }

    [Fact]
    public void An_idle_SA_sleeps_in_its_row_and_answers_from_it()
    {
        _peer.Login();
        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
        _world.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(0, _world.InMemory);

        Heard<InitiatorEvent.LivenessAnswered>(_peer.CheckLiveness());
        Heard<InitiatorEvent.ChildRekeyed>(_peer.Run((one, now) => one.RekeyChild(one.Children[0], now)));
        Assert.Equal(1, _world.Loop.Counters.ChildSas);
    }

    [Fact]
    public void A_peer_that_says_goodbye_leaves_nothing_but_a_tombstone()
    {
        _peer.Login();
        IkeSpi spi = _peer.OurSpi;
        Heard<InitiatorEvent.Closed>(_peer.Run((one, now) => one.DeleteIke(now)));

        Assert.Empty(_world.Store.LiveRows);
        Assert.Null(_world.Store.HolderOf("rw4", LoopWorld.Address("10.64.0.0")));
        Assert.True(_world.Store.Row(spi)!.IsTombstone);
        Assert.Equal(0, _world.Pools.Stats()[0].Held);

        using var again = new RealPeer(_world, seed: 2);
        again.Login();
        Assert.Equal("10.64.0.0", $"{again.Initiator.Sa!.VirtualIps[0]}");
    }

    [Fact]
    public void A_repeated_Delete_gets_the_same_answer_for_a_while()
    {
        _peer.Login();
        int sent = _world.Sender.Sent.Count;
        OutgoingMessage delete = Assert.Single(_peer.Initiator.DeleteIke(_world.Now).Send);
        _world.Receive(RealPeer.Reverse(delete.Path), delete.Message);
        _world.Receive(RealPeer.Reverse(delete.Path), delete.Message);
        Assert.Equal(_world.Sender.Sent[sent].Datagram, _world.Sender.Sent[sent + 1].Datagram);

        // A forgery of it gets none, and neither does the same one much later.
        byte[] forged = [.. delete.Message[..^1], (byte)(delete.Message[^1] ^ 1)];
        _world.Receive(RealPeer.Reverse(delete.Path), forged);
        _world.Pass(Farewells.KeptFor);
        _world.Receive(RealPeer.Reverse(delete.Path), delete.Message);
        Assert.Equal(sent + 2, _world.Sender.Sent.Count);
        Assert.Equal([DropReason.DeadSpi, DropReason.DeadSpi], _world.Events.Drops);
    }

    [Fact]
    public void A_login_that_fails_leaves_nothing_and_its_repeat_gets_the_same_refusal()
    {
        using var stranger = new RealPeer(_world, seed: 3, identity: "mallory@example.org");
        InitiatorEvent.Failed failed = Assert.Single(stranger.Login().OfType<InitiatorEvent.Failed>());
        Assert.Equal(NotifyType.AuthenticationFailed, failed.Refusal);
        Assert.Equal(0, _world.InMemory);
        Assert.Equal(0, _world.HalfOpen.Count);
        Assert.Empty(_world.Store.Batches);

        (DatagramPath path, byte[] refusal) = _world.Sender.Sent[^1];
        _world.Receive(path, stranger.LastSent);
        Assert.Equal(refusal, _world.Sender.Sent[^1].Datagram);
        Assert.Empty(_world.Events.Drops);
    }

    [Fact]
    public async Task An_operator_ends_an_SA_and_the_peer_hears_of_it()
    {
        _peer.Login();
        Task<bool> ended = _world.Directory.TerminateAsync(_peer.OurSpi, null, default).AsTask();
        _world.Run();
        Assert.True(await ended);
        Assert.Contains(_peer.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
        _world.Run();
        Assert.Empty(_world.Store.LiveRows);
    }

    [Fact]
    public void Fifty_peers_go_through_a_crash_together()
    {
        RealPeer[] peers = [.. Enumerable.Range(10, 50).Select(i => new RealPeer(_world, (ulong)i))];
        Assert.All(peers, peer => Heard<InitiatorEvent.Established>(peer.Login()));
        Assert.Equal(50, peers.Select(peer => peer.Initiator.Sa!.VirtualIps[0]).Distinct().Count());
        _world.Start();

        Assert.All(peers, peer => Heard<InitiatorEvent.LivenessAnswered>(peer.CheckLiveness()));
        Assert.All(peers, peer => Heard<InitiatorEvent.ChildRekeyed>(peer.Run((one, now) => one.RekeyChild(one.Children[0], now))));
        Assert.Empty(_world.Events.Faults);
        Array.ForEach(peers, peer => peer.Dispose());
    }

    private static void Heard<T>(List<InitiatorEvent> learned)
        where T : InitiatorEvent => Assert.True(learned.OfType<T>().Any(), string.Join('\n', learned));

    public void Dispose()
    {
        _peer.Dispose();
        _world.Dispose();
    }
}
