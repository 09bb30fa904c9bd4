using IkeCluster.Cluster.Region;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>Rekeys on the loop: by time, by what the data plane counts, by an operator's word, asleep or awake.</summary>
public sealed class LoopRekeyTests : IDisposable
{
    private readonly LoopWorld _world;
    private readonly RealPeer _peer;

    public LoopRekeyTests()
    {
        ChildPolicy net = Policies.RoadWarrior.Children[0] with
        {
            Octets = new VolumePolicy(10_000, 20_000, 1_000),
            Packets = new VolumePolicy(100, 200, 10),
        };
        _world = LoopWorld.WithRealEngine(Policies.RoadWarrior with { Children = [net] });
        _peer = new RealPeer(_world, seed: 1);
        _peer.Login();
    }

    private ChildReports Reports => new(_world.Map, _world.Seal);

    private EspSpi Child => Assert.Single(_world.DataPlane.Installed);

    public void Dispose()
    {
        _peer.Dispose();
        _world.Dispose();
    }

    [Fact]
    public void A_sleeping_sa_wakes_in_time_for_its_rekeys_and_the_peer_follows()
    {
        EspSpi old = Child;
        IkeSpi ike = _peer.OurSpi;
        List<InitiatorEvent> learned = [];
        for (int minute = 0; minute < 300; minute++)
        {
            _world.Pass(TimeSpan.FromMinutes(1));
            learned.AddRange(_peer.Listen());
        }

        Assert.Contains(learned, one => one is InitiatorEvent.ChildRekeyed);
        Assert.Contains(learned, one => one is InitiatorEvent.IkeRekeyed);
        Assert.NotEqual(old, Child);
        Assert.NotEqual(ike, _peer.OurSpi);
        Assert.Contains(_peer.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
        Assert.Single(_world.Store.LiveRows);
        Assert.Empty(_world.Events.Faults);
    }

    [Theory]
    [InlineData(50, 10, false)]
    [InlineData(11, 1000, false)]
    [InlineData(100, 1, false)]
    [InlineData(11, 1000, true)]
    public void What_the_data_plane_counts_brings_a_rekey_on(int packets, int octets, bool isOutbound)
    {
        EspSpi old = Child;
        _world.DataPlane.Carry(old, packets, octets, isOutbound, Reports);
        _world.Run();
        _peer.Listen();
        _world.Run();

        bool isDue = packets * octets >= 10_000 || packets >= 100;
        Assert.Equal(isDue, Child != old);
        Assert.Empty(_world.Events.Faults);
    }

    [Fact]
    public void A_child_ends_at_its_hard_limit_and_the_ike_sa_goes_on()
    {
        ChildPolicy net = Policies.RoadWarrior.Children[0] with { Octets = new VolumePolicy(0, 20_000, 0) };
        using LoopWorld world = LoopWorld.WithRealEngine(Policies.RoadWarrior with { Children = [net] });
        using var peer = new RealPeer(world, seed: 1);
        peer.Login();
        EspSpi child = Assert.Single(world.DataPlane.Installed);

        world.DataPlane.Carry(child, 25, 1000, isOutbound: false, new ChildReports(world.Map, world.Seal));
        world.Run();
        peer.Listen();
        world.Run();

        Assert.Empty(world.DataPlane.Installed);
        Assert.Contains(peer.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
    }

    [Fact]
    public void A_report_wakes_an_sa_that_sleeps()
    {
        EspSpi old = Child;
        _world.Pass(TimeSpan.FromMinutes(30));
        Assert.Equal(0, _world.InMemory);

        _world.DataPlane.Carry(old, 11, 1000, isOutbound: true, Reports);
        _world.Run();
        _peer.Listen();
        _world.Run();

        Assert.NotEqual(old, Child);
    }

    [Fact]
    public void A_report_of_nobodys_child_changes_nothing()
    {
        EspSpi old = Child;
        Reports.TryTell(new EspSpi(old.Value ^ 0x40), isHard: true);
        _world.Run();
        Assert.Equal(old, Child);
        Assert.Empty(_world.Events.Faults);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("net")]
    public async Task An_operator_has_an_sa_rekeyed(string? child)
    {
        (EspSpi esp, IkeSpi ike) = (Child, _peer.OurSpi);
        Task<bool> ordered = _world.Directory.RekeyAsync(ike, child, default).AsTask();
        _world.Run();
        Assert.True(await ordered);
        _peer.Listen();
        _world.Run();

        Assert.Equal(child is null, Child == esp);
        Assert.Equal(child is null, _peer.OurSpi != ike);
        Assert.Contains(_peer.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
    }

    [Fact]
    public async Task An_order_for_what_is_not_there_is_refused()
    {
        Task<bool> noChild = _world.Directory.RekeyAsync(_peer.OurSpi, "none", default).AsTask();
        Task<bool> noSa = _world.Directory.RekeyAsync(new IkeSpi(_peer.OurSpi.Value ^ 1), null, default).AsTask();
        _world.Run();
        Assert.Equal((false, false), (await noChild, await noSa));
    }

    [Fact]
    public void After_a_crash_in_the_middle_of_its_rekey_the_sa_goes_on()
    {
        EspSpi old = Child;
        _world.DataPlane.Carry(old, 11, 1000, isOutbound: true, Reports);
        _world.Run();
        byte[] asked = _world.Sender.Sent[^1].Datagram;
        _peer.LoseAnswers();

        _world.Start();
        _world.Run();

        Assert.Equal(asked, _world.Sender.Sent[^1].Datagram);
        Assert.Contains(_peer.Listen(), one => one is InitiatorEvent.ChildRekeyed);
        _world.Run();
        Assert.NotEqual(old, Child);
    }
}
