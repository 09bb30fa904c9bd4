using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Tracing;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Tracing;

/// <summary><c>ikectl log trace</c>: every message of the SAs that an operator named, and nothing that stands in them.</summary>
public sealed class TracerTests : IDisposable
{
    private readonly LoopWorld _world = LoopWorld.WithRealEngine();
    private readonly Wish _alice = new(subject => subject.RemoteId?.ToString() == "alice@example.org");

    [Fact]
    public void A_login_is_told_from_its_first_message_though_only_the_second_says_whose_it_is()
    {
        Ask(_alice);
        using RealPeer peer = Login("alice@example.org");
        peer.CheckLiveness();

        Assert.Collection(
            _alice.Lines,
            line => Assert.Matches(@"^in IKE_SA_INIT request 0, \d+ octets from 203\.0\.113\.1:500: SA\(\d+\) KE\(40\) NONCE\(36\) .*; new -> half_open, expects 0$", line),
            line => Assert.Matches(@"^work done; half_open, expects 0 -> half_open, expects 1$", line),
            line => Assert.Matches(@"^made IKE_SA_INIT response 0: SA\(\d+\) KE\(40\) NONCE\(36\) N\(NAT_DETECTION_SOURCE_IP\)\(28\) .*$", line),
            line => Assert.Matches(@"^out IKE_SA_INIT response 0, \d+ octets to 203\.0\.113\.1:500$", line),
            line => Assert.Matches(@"^in IKE_AUTH request 1, \d+ octets from 203\.0\.113\.1:\d+: kept$", line),
            line => Assert.Matches(@"^opened IKE_AUTH request 1: IDi\(\d+\) .*AUTH\(\d+\) CP\(\d+\) SA\(\d+\) TSi\(\d+\) .*$", line),
            line => Assert.Matches(@"^addresses leased; half_open, expects 1 -> established, expects 2$", line),
            line => Assert.Matches(@"^made IKE_AUTH response 1: IDr\(\d+\) AUTH\(\d+\) CP\(\d+\) SA\(\d+\) TSi\(\d+\) TSr\(\d+\).*$", line),
            line => Assert.Matches(@"^out IKE_AUTH response 1, \d+ octets to 203\.0\.113\.1:\d+$", line),
            line => Assert.Matches(@"^in INFORMATIONAL request 2, \d+ octets from 203\.0\.113\.1:\d+: no payload; established, expects 2 -> established, expects 3$", line),
            line => Assert.Matches(@"^made INFORMATIONAL response 2: no payload$", line),
            line => Assert.Matches(@"^out INFORMATIONAL response 2, \d+ octets to 203\.0\.113\.1:\d+$", line));
    }

    [Fact]
    public void A_login_that_fails_is_told_too()
    {
        Ask(_alice);
        using var peer = new RealPeer(_world, seed: 1, change: settings => settings with { Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf("wrong"u8)) });
        peer.Login();

        Assert.Contains(_alice.Lines, line => line.StartsWith("made IKE_AUTH response 1: N(AUTHENTICATION_FAILED)(8)", StringComparison.Ordinal));
        Assert.Contains(_alice.Lines, line => line.EndsWith("-> over", StringComparison.Ordinal));
        Assert.StartsWith("out IKE_AUTH response 1, ", _alice.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_dropped_is_told_with_its_reason()
    {
        Ask(_alice);
        using RealPeer peer = Login("alice@example.org");
        peer.CheckLiveness();
        (DatagramPath path, byte[] last) = peer.TakeSent()[^1];
        byte[] forged = [.. last];
        forged[^1] ^= 1;
        _world.Receive(path, forged);
        _world.Receive(path, last);

        Assert.EndsWith(": dropped, bad_integrity", _alice.Lines[^3], StringComparison.Ordinal);
        Assert.EndsWith(": answered before, and again", _alice.Lines[^2], StringComparison.Ordinal);
        Assert.StartsWith("out INFORMATIONAL response 2, ", _alice.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_goes_out_in_the_trace_when_it_does_on_the_wire()
    {
        Ask(_alice);
        using RealPeer peer = Login("alice@example.org");
        _world.Store.IsHolding = true;
        peer.Run((initiator, now) => initiator.RekeyChild(initiator.Children[0], now));
        Assert.StartsWith("made CREATE_CHILD_SA response 2: ", _alice.Lines[^1], StringComparison.Ordinal);

        _world.Store.IsHolding = false;
        _world.Store.Release();
        _world.Run();

        Assert.StartsWith("out CREATE_CHILD_SA response 2, ", _alice.Lines.Last(line => line.Contains("response 2", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_of_ours_is_told_each_time_that_it_goes_out()
    {
        using LoopWorld world = LoopWorld.WithRealEngine(Policies.RoadWarrior with { DpdDelay = TimeSpan.FromSeconds(30) });
        using var peer = new RealPeer(world, seed: 1);
        peer.Login();
        world.Loop.TryPost(new LoopMessage.Trace(_alice, world.Now + TimeSpan.FromMinutes(10)));
        world.Pass(TimeSpan.FromSeconds(45));

        Assert.Equal(
            ["made INFORMATIONAL request 0: no payload", "out INFORMATIONAL request 0", "out INFORMATIONAL request 0", "out INFORMATIONAL request 0"],
            _alice.Lines.Where(line => line.Contains("request 0", StringComparison.Ordinal)).Select(line => line.Split(", ")[0]));
    }

    [Fact]
    public void An_SA_that_nobody_named_is_not_told()
    {
        Ask(_alice);
        using RealPeer peer = Login("bob@example.org");
        peer.CheckLiveness();

        Assert.Empty(_alice.Lines);
    }

    [Fact]
    public void A_stranger_of_a_named_address_is_told_when_it_is_refused()
    {
        var there = new Wish(subject => subject.Path.Remote.Address == LoopWorld.Address("203.0.113.1"));
        Ask(there);
        using var peer = new RealPeer(
            _world, seed: 1, change: settings => settings with { IkeProposals = [Policies.Ike("aes128-sha256-modp4096")] });
        peer.Login();

        Assert.EndsWith("; refused, NO_PROPOSAL_CHOSEN", Assert.Single(there.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_ends_by_itself()
    {
        Ask(_alice);
        using RealPeer peer = Login("alice@example.org");
        int told = _alice.Lines.Count;
        _world.Pass(TimeSpan.FromMinutes(11));
        peer.CheckLiveness();

        Assert.Equal(told, _alice.Lines.Count);
    }

    public void Dispose() => _world.Dispose();

    private void Ask(Wish wish)
    {
        _world.Loop.TryPost(new LoopMessage.Trace(wish, _world.Now + TimeSpan.FromMinutes(10)));
        _world.Run();
    }

    private RealPeer Login(string identity)
    {
        var peer = new RealPeer(_world, seed: 1, identity);
        Assert.Contains(peer.Login(), one => one is InitiatorEvent.Established);
        return peer;
    }

    private sealed class Wish(Predicate<TraceSubject> wants) : ISaTrace
    {
        public List<string> Lines { get; } = [];

        public bool Wants(in TraceSubject subject) => wants(subject);

        public void Tell(in TraceSubject subject, string line) => Lines.Add(line);
    }
}
