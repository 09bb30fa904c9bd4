using IkeCluster.Fuzz.Mutation;
using IkeCluster.Fuzz.World;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Cluster;

namespace IkeCluster.Fuzz.Campaigns;

/// <summary>
/// A node, a bystander who is logged in, and some thousands of wrong messages, all from one seed. After each message the
/// node must be sound; in between the bystander must be served; and in the end nothing may be left of it all.
/// </summary>
internal abstract class Campaign : IDisposable
{
    private const int MessagesBetweenBystanders = 500;
    private const ulong BystanderSeed = 250;

    private static readonly TimeSpan MessageCpuMax = TimeSpan.FromMilliseconds(500);

    // Dead peer detection takes 30 s of silence and 165 s of repeats; an SA that was rekeyed waits 180 s for its Delete. The
    // bystander stays long enough for rekeys of its own.
    private static readonly TimeSpan Aftermath = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan WaitingStep = TimeSpan.FromSeconds(3);

    private readonly Talker _bystander;
    private readonly ulong _seed;

    protected Campaign(ulong seed, FuzzWorld world)
    {
        _seed = seed;
        World = world;
        Chance = new TestRandom(seed);
        Mutator = new Mutator(Chance, Donors.All);
        _bystander = new Talker(world, BystanderSeed, Gateway.Carol);
        _bystander.Login();
        Assert.True(_bystander.IsAnswered(out _));
    }

    public FuzzWorld World { get; }

    public long Messages { get; private set; }

    protected TestRandom Chance { get; }

    protected Mutator Mutator { get; }

    protected IkeSpi BystanderSpi => _bystander.Initiator.Sa!.ResponderSpi;

    /// <summary>What stood inside the message under test, for the report of a failure.</summary>
    protected string Inside { get; set; } = "";

    /// <summary>The command that runs a campaign again.</summary>
    public static string Replay(ulong seed) => $"replay: tests/run.sh fuzz --seed {seed}";

    /// <summary>
    /// Whatever goes wrong in the campaign of a seed, with the campaign's own people too, is told with the command that
    /// replays it.
    /// </summary>
    public static void Tell(ulong seed, Action run)
    {
        try
        {
            run();
        }
        catch (Exception fault) when (!fault.Message.Contains(Replay(seed), StringComparison.Ordinal))
        {
            throw Xunit.Sdk.FailException.ForFailure($"{Replay(seed)}\n{fault}");
        }
    }

    public void Run(int messages)
    {
        while (Messages < messages)
        {
            Step();
            if (Chance.Below(MessagesBetweenBystanders) == 0)
            {
                CheckBystander();
            }
        }

        End();
        CleanUp();
    }

    /// <summary>One or a few messages.</summary>
    protected abstract void Step();

    /// <summary>Nothing more is sent: what the campaign itself holds is given up.</summary>
    protected virtual void End()
    {
    }

    /// <summary>One datagram, and all that must be true after it.</summary>
    protected void Send(DatagramPath path, byte[] datagram)
    {
        Messages++;
        Hang.Watch(Describe, datagram);
        TimeSpan before = CpuClock.Thread();
        World.Receive(path, datagram);
        TimeSpan took = CpuClock.Thread() - before;
        Require(World.Watch.Objection is null, World.Watch.Objection ?? "", datagram);
        Require(took < MessageCpuMax, $"it took {took.TotalMilliseconds:F0} ms", datagram);
        Require(World.Watch.Replies <= 1, $"{World.Watch.Replies} replies to one datagram", datagram);
    }

    /// <summary>One message, behind a marker where its path wants one.</summary>
    protected void SendMessage(DatagramPath path, byte[] message) => Send(path, FuzzWorld.Datagram(path, message));

    protected void Require(bool holds, string objection, byte[] datagram)
    {
        if (!holds)
        {
            Assert.Fail($"{Describe()}\ndatagram: {Convert.ToHexString(datagram)}\n{Inside}\n{objection}");
        }
    }

    /// <summary>A millisecond or so; now and then so long that deadlines are met.</summary>
    protected void LetTimePass()
    {
        bool isLong = Chance.Below(1_000) == 0;
        World.Pass(isLong ? TimeSpan.FromSeconds(Chance.Below(40)) : TimeSpan.FromMicroseconds(Chance.Below(2_000)));
        if (isLong)
        {
            _bystander.Listen();
        }
    }

    /// <summary>Lets time pass; the bystander answers what he is asked.</summary>
    protected void Wait(TimeSpan span)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < span; passed += WaitingStep)
        {
            World.Pass(WaitingStep);
            _bystander.Listen();
        }
    }

    public void Dispose()
    {
        _bystander.Dispose();
        World.Dispose();
    }

    private string Left() => string.Join("; ", World.InMemory.Select(one => $"{one.LocalSpi} {one.Phase}, own {one.Own}, to end at {one.EndAt}"));

    private string Describe() => $"{Replay(_seed)}   ({GetType().Name}, message {Messages})";

    private void CheckBystander()
    {
        long[] drops = [.. World.Watch.Drops];
        bool isAnswered = _bystander.IsAnswered(out string heard);
        string dropped = string.Join(", ", drops.Index().Where(one => World.Watch.Drops[one.Index] != one.Item).Select(one => (DropReason)one.Index));
        Require(isAnswered, $"the bystander is not served: it learned {heard}; dropped: {dropped}; {Left()}", []);
    }

    private void CleanUp()
    {
        Inside = "";
        Wait(Aftermath);
        CheckBystander();
        _bystander.Run((one, now) => one.DeleteIke(now));
        Wait(Farewell);
        Require(World.Watch.Objection is null, World.Watch.Objection ?? "", []);
        Require(World.Live == 0, $"{World.Live} rows are left: {Left()}", []);
        Require(!World.InMemory.Any(), $"{World.InMemory.Count()} SAs are left in memory: {Left()}", []);
        Require(World.Loop.Counters.HalfOpen == 0 && World.HalfOpen.Count == 0, $"{World.HalfOpen.Count} are half-open", []);
        Require(World.Packets.Outstanding == 0, $"{World.Packets.Outstanding} packets were never given back", []);
        Require(World.Pools.Stats().All(pool => pool.Held == 0), "addresses were never given back", []);
        Require(World.Loop.Counters.CommitsWaiting == 0, "commits wait for ever", []);
    }
}
