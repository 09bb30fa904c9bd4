using System.Globalization;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Checkers;
using IkeCluster.Simulation.Network;
using IkeCluster.Simulation.Node;
using IkeCluster.Simulation.Peers;

namespace IkeCluster.Simulation.Core;

/// <summary>
/// A gateway, its store, a network and its clients, all from one seed: a storm in which everything may go wrong, a calm in
/// which everything must come right, and a farewell after which nothing may be left.
/// </summary>
internal sealed class World : IDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(260);
    private static readonly TimeSpan QuietWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan QuietStep = TimeSpan.FromMilliseconds(50);

    /// <summary>A world of this size is far from it; only one that turns in a circle gets there.</summary>
    private const int StepsMax = 3_000_000;

    private readonly Scheduler _scheduler = new();
    private readonly List<string>? _story;
    private int _steps;

    public World(ulong seed, bool isTold = false)
    {
        _story = isTold ? [] : null;
        Chance = new SimRandom(seed);
        Plan = Plan.Of(Chance.Fork());
        Policy = SimPolicies.Of(Plan);
        Start = Now;
        Checks = new CheckerSet(this);
        Store = new SimStore(this);
        Wire = new SimNetwork(this);
        Gateway = new SimNode(this);
        Peers = [.. Enumerable.Range(1, Plan.Peers).Select(number => new SimPeer(this, number))];
    }

    public SimRandom Chance { get; }

    public Plan Plan { get; private set; }

    public PolicySet Policy { get; }

    public Instant Start { get; }

    public Instant Now => _scheduler.Now;

    public Tally Tally { get; } = new();

    public Digest Digest { get; } = new();

    public CheckerSet Checks { get; }

    public SimStore Store { get; }

    public SimNetwork Wire { get; }

    public SimNode Gateway { get; }

    public IReadOnlyList<SimPeer> Peers { get; }

    /// <summary>Draws of the size of an SPI, for <see cref="SimEntropy"/> to repeat.</summary>
    public Queue<byte[]> SpiDraws { get; } = [];

    /// <summary>Nothing goes wrong any more, and whoever is well must be served.</summary>
    public bool IsCalm { get; private set; }

    /// <summary>When the calm began.</summary>
    public Instant CalmSince { get; private set; } = Instant.Never;

    /// <summary>Everybody goes home.</summary>
    public bool IsFarewell { get; private set; }

    /// <summary>The first guarantee that did not hold; the world stands still from then on.</summary>
    public Violation? Violation { get; private set; }

    public IEnumerable<string> Story => _story ?? [];

    public void Run()
    {
        Gateway.Start();
        foreach (SimPeer peer in Peers)
        {
            peer.Begin();
        }

        Wire.CookieThief.Begin();
        RunFor(Plan.Storm);
        (Plan, IsCalm, CalmSince) = (Plan.Calmed(), true, Now);
        Gateway.Calm();
        RunFor(SimPolicies.Settling);
        RunUntilQuiet();
        Check(checks => checks.AtRest());
        IsFarewell = true;
        RunFor(Farewell);
        Check(checks => checks.AtEnd());
        Gateway.Stop();
        Check(checks => checks.AtStop());
    }

    public void After(TimeSpan delay, Action happens) => _scheduler.After(delay, happens);

    public void At(Instant at, Action happens) => _scheduler.At(at, happens);

    public void Break(string checker, string how)
    {
        Violation ??= new Violation(checker, Now - Start, how);
        Tell($"VIOLATION {checker}: {how}");
    }

    /// <summary>For whoever replays a seed.</summary>
    public void Tell(FormattableString what) =>
        _story?.Add(string.Create(CultureInfo.InvariantCulture, $"{(Now - Start).TotalSeconds,9:F4} {FormattableString.Invariant(what)}"));

    public void Dispose()
    {
        Gateway.Dispose();
        foreach (SimPeer peer in Peers)
        {
            peer.Dispose();
        }

        Checks.Dispose();
        Digest.Dispose();
    }

    private void RunFor(TimeSpan span)
    {
        Instant end = Now + span;
        while (Violation is null && _scheduler.TryStep(end))
        {
            if (++_steps > StepsMax)
            {
                Break("NoCircle", "the world does not come to rest");
            }
        }
    }

    /// <summary>Where SAs are rekeyed all the time there is always something under way: a moment is awaited in which nothing is.</summary>
    private void RunUntilQuiet()
    {
        Instant end = Now + QuietWithin;
        while (Violation is null && Now < end && Checks.Unrest() is { } reason)
        {
            Tell($"no rest yet: {reason}");
            RunFor(QuietStep);
        }

        if (Violation is null && Checks.Unrest() is { } unrest)
        {
            Break("Quiet", $"the calm lasts, and still {unrest}");
        }
    }

    private void Check(Action<CheckerSet> check)
    {
        if (Violation is null)
        {
            check(Checks);
        }
    }
}
