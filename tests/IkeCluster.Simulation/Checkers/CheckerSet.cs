using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;
using IkeCluster.Simulation.Peers;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Checkers;

/// <summary>All checkers, and the wiretap that lets them read what is sealed.</summary>
internal sealed class CheckerSet : IDisposable
{
    private readonly World _world;
    private readonly Wiretap _tap = new();
    private readonly ImmutableArray<Checker> _all;

    public CheckerSet(World world)
    {
        _world = world;
        var requests = new Requests(world, _tap);
        _all =
        [
            requests, new NoFaults(world), new KeysAgree(world, _tap), new OnlyPeersAreAnswered(world, requests),
            new DurableBeforeVisible(world, requests), new OnceOnly(world, requests), new NonceOnce(world), new RowRules(world),
            new PathIsPeers(world), new LeaseOnce(world), new ChildrenOnce(world), new LifeEnds(world), new NoLeak(world),
        ];
    }

    public void Stepped(IkeSaState before, IkeInput input, in Step step)
    {
        _tap.Learn(before);
        if (step.State is { } after)
        {
            _tap.Learn(after);
        }

        foreach (IkeEffect effect in step.Effects)
        {
            if (effect is IkeEffect.Spawn spawn)
            {
                _tap.Learn(spawn.State);
            }
        }

        foreach (Checker checker in _all)
        {
            checker.Stepped(before, input, step);
        }
    }

    public void Sent(DatagramPath path, byte[] octets)
    {
        if (SentMessage.TryRead(path, octets, _tap) is not { } message)
        {
            _world.Break(nameof(Wiretap), "the gateway sent what is no IKE message");
            return;
        }

        foreach (Checker checker in _all)
        {
            checker.Sent(message);
        }

        if (message.IsResponse)
        {
            _world.Wire.Eavesdropper.HearResponse(message.Key);
        }
    }

    public void Delivered(DatagramPath path, byte[] octets)
    {
        if (ArrivedMessage.TryRead(octets, _world.Wire.IsGenuine(octets)) is not { } message)
        {
            return;
        }

        foreach (Checker checker in _all)
        {
            checker.Delivered(path, message);
        }

        if (message is { IsGenuine: true, IsResponse: false })
        {
            _world.Wire.Eavesdropper.HearRequest(message.Key, octets);
        }
    }

    public void Applying(SentCommit sent, SaOutcome outcome) => Each(checker => checker.Applying(sent, outcome));

    public void Applied(SentCommit sent, SaOutcome outcome) => Each(checker => checker.Applied(sent, outcome));

    public void Claimed(ImmutableArray<ShardClaim> claims) => Each(checker => checker.Claimed(claims));

    public void RowSealed(ReadOnlySpan<byte> salt)
    {
        foreach (Checker checker in _all)
        {
            checker.RowSealed(salt);
        }
    }

    public void Learned(SimPeer peer, InitiatorEvent learned) => Each(checker => checker.Learned(peer, learned));

    public void Happened(SaEvent happened) => Each(checker => checker.Happened(happened));

    public void Installed(ChildSa child) => Each(checker => checker.Installed(child));

    public void Removed(ChildSa child) => Each(checker => checker.Removed(child));

    public void Faulted(IkeSpi spi, Exception fault, string what) => Each(checker => checker.Faulted(spi, fault, what));

    public void Crashed() => Each(checker => checker.Crashed());

    /// <summary>What is under way between anybody; null: nothing.</summary>
    public string? Unrest()
    {
        if (_world.Wire.InFlight != 0)
        {
            return "a datagram is under way";
        }

        if (_world.Peers.FirstOrDefault(peer => !IsQuiet(peer)) is { } busy)
        {
            return busy.Initiator is { Sa: not null } one
                ? $"{busy} {(one.IsBusy ? "waits for an answer" : $"holds {one.AllSas.Count} IKE SAs")}"
                : $"{busy} is not logged in";
        }

        if (_world.Store.LiveRows.Select(row => row.State!).FirstOrDefault(state => !IsQuiet(state)) is { } acting)
        {
            return $"{acting.LocalSpi} is {acting.Phase} and asks {acting.Own.Pending?.Kind.ToString() ?? "nothing"}";
        }

        return _world.Gateway.Process?.Loops.Sum(loop => loop.Loop.Counters.CommitsWaiting) == 0 ? null : "the gateway is down, or commits wait";
    }

    public void AtRest() => Each(checker => checker.AtRest());

    public void AtEnd() => Each(checker => checker.AtEnd());

    public void AtStop() => Each(checker => checker.AtStop());

    public void Dispose() => _tap.Dispose();

    private static bool IsQuiet(SimPeer peer) => peer is { IsOnline: true, Initiator: { IsBusy: false, AllSas.Count: 1 } };

    private static bool IsQuiet(IkeSaState state) => state is { Phase: SaPhase.Established, Own.Pending: null }
        && !state.Children.Any(child => child.IsRekeyed || child.IsToBeDeleted);

    private void Each(Action<Checker> look)
    {
        foreach (Checker checker in _all)
        {
            look(checker);
        }
    }
}
