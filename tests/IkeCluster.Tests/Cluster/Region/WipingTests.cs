using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>Plain snapshots hold keys: none outlives its use.</summary>
public sealed class WipingTests : IDisposable
{
    private readonly LoopWorld _world = new(
        options: new LoopOptions { PassivateAfter = TimeSpan.FromSeconds(2) }, machine: new EngineMachine(),
        policy: Policies.Of(Policies.RoadWarrior), work: new InlineWork());

    private readonly RealPeer _peer;

    public WipingTests() => _peer = new RealPeer(_world, seed: 1);

    [Fact]
    public void A_snapshot_is_kept_for_the_next_try_and_wiped_when_it_is_written()
    {
        _world.Store.IsHolding = true;
        _peer.Login();
        Memory<byte> snapshot = _world.Store.Batches[0].Commits[0].Rows[0].Snapshot;
        Assert.Contains(snapshot.ToArray(), octet => octet != 0);

        _world.Store.Release();
        _world.Run();
        Assert.Equal(1, _world.Established);
        Assert.DoesNotContain(snapshot.ToArray(), octet => octet != 0);
    }

    [Fact]
    public async Task An_SA_that_is_read_to_be_shown_has_no_keys_left_and_still_lives()
    {
        _peer.Login();
        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(0, _world.InMemory);

        Task<SaView?> asked = _world.Directory.FindAsync(_peer.OurSpi, CancellationToken.None).AsTask();
        _world.Run();
        IkeSaState shown = (await asked)!.State;
        Assert.Throws<ObjectDisposedException>(() => shown.Keys!.SkD.Reveal().Length);
        Assert.All(shown.Children, child => Assert.Throws<ObjectDisposedException>(() => child.Keys.EncryptionInitiator.Reveal().Length));
        Assert.NotEmpty(_peer.CheckLiveness());
    }

    public void Dispose()
    {
        _peer.Dispose();
        _world.Dispose();
    }
}
