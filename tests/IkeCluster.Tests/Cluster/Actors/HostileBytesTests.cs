using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>STYLE rule 9: no exception ever starts from a peer's bytes; and dropping costs nothing (rule 13).</summary>
public sealed class HostileBytesTests : IDisposable
{
    private readonly LoopWorld _world = LoopWorld.WithRealEngine();
    private readonly RealPeer _peer;
    private readonly List<(DatagramPath Path, byte[] Datagram)> _recorded = [];

    public HostileBytesTests()
    {
        _peer = new RealPeer(_world, seed: 1);
        Record(_peer.Login);
        Record(_peer.CheckLiveness);
        Record(() => _peer.Run((one, now) => one.RekeyChild(one.Children[0], now)));
    }

    [Theory]
    [Trait("row", "76")]
    [Trait("row", "77")]
    [Trait("row", "78")]
    [Trait("row", "80")]
    [InlineData(0x0BADUL)]
    [InlineData(0xBAD2UL)]
    public void Spoiled_copies_of_real_datagrams_find_no_fault_and_the_peer_goes_on(ulong seed)
    {
        var random = new TestRandom(seed);
        for (int i = 0; i < 4_000; i++)
        {
            (DatagramPath path, byte[] datagram) = _recorded[random.Below(_recorded.Count)];
            _world.Receive(path, Spoil(datagram, random));
        }

        Assert.Empty(_world.Events.Exceptions);
        Assert.Contains(_peer.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
        Assert.Contains(
            _peer.Run((one, now) => one.RekeyChild(one.Children[0], now)), one => one is InitiatorEvent.ChildRekeyed);
    }

    [Fact]
    public void A_datagram_for_a_dead_SPI_allocates_nothing()
    {
        (DatagramPath path, byte[] request) = _recorded[^1];
        Assert.NotEmpty(_peer.Run((one, now) => one.DeleteIke(now)));
        _world.Events.Drops.EnsureCapacity(100_000);
        Drop(1_000, path, request);
        _world.Events.Drops.Clear();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Drop(10_000, path, request);

        // A recompilation of the runtime's may fall into the measure; anything for each datagram would be far more.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.Equal(10_000, _world.Events.Drops.Count(drop => drop == DropReason.DeadSpi));
    }

    private void Drop(int times, DatagramPath path, byte[] request)
    {
        for (int i = 0; i < times; i++)
        {
            _world.Loop.Receive(path, request);
        }
    }

    private void Record(Func<List<InitiatorEvent>> act)
    {
        Assert.NotEmpty(act());
        _recorded.AddRange(_peer.TakeSent());
    }

    /// <summary>Bits turned, pieces cut or doubled, lengths made to lie.</summary>
    private static byte[] Spoil(byte[] datagram, TestRandom random)
    {
        byte[] spoiled = [.. datagram];
        for (int i = random.Below(4); i >= 0; i--)
        {
            int at = random.Below(spoiled.Length);
            switch (random.Below(4))
            {
                case 0:
                    spoiled[at] ^= (byte)(1 << random.Below(8));
                    break;
                case 1:
                    spoiled[at] = (byte)random.Next();
                    break;
                case 2:
                    spoiled = [.. spoiled[..at], .. spoiled[random.Below(at + 1)..]];
                    break;
                default:
                    spoiled = spoiled[..(at + 1)];
                    break;
            }
        }

        // Half of them with an honest total length, so that they get past the first check.
        if (random.Below(2) == 0 && spoiled.Length >= 32)
        {
            int header = spoiled[0] == 0 && spoiled[1] == 0 && spoiled[2] == 0 && spoiled[3] == 0 ? 4 : 0;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(spoiled.AsSpan(header + 24), (uint)(spoiled.Length - header));
        }

        return spoiled;
    }

    public void Dispose()
    {
        _peer.Dispose();
        _world.Dispose();
    }
}
