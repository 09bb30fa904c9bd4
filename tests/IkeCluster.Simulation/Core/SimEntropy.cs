using IkeCluster.Engine;
using IkeCluster.TestKit;

namespace IkeCluster.Simulation.Core;

/// <summary>
/// Chance of one process. Of its draws of the size of an SPI some are those of a process before it: a new SA may then wish for an
/// SPI that has a row, which the world would otherwise never see.
/// </summary>
internal sealed class SimEntropy(ulong seed, World world) : IEntropy
{
    private const int DrawsKept = 64;

    private readonly SeededEntropy _entropy = new(seed);
    // Each once: two SAs of one process never draw one SPI.
    private readonly List<byte[]> _before = [.. world.SpiDraws];

    /// <summary>Set once the process is up: where its counters begin is not what is to clash.</summary>
    public bool MayRepeat { get; set; }

    public void FillPublic(Span<byte> visibleOnTheWire)
    {
        _entropy.FillPublic(visibleOnTheWire);
        if (visibleOnTheWire.Length != sizeof(ulong))
        {
            return;
        }

        if (MayRepeat && _before.Count > 0 && world.Chance.Chance(world.Plan.SpiClash))
        {
            world.Tally.Count(Faults.SpiDrawnTwice);
            int drawn = world.Chance.Below(_before.Count);
            _before[drawn].CopyTo(visibleOnTheWire);
            _before.RemoveAt(drawn);
            return;
        }

        world.SpiDraws.Enqueue(visibleOnTheWire.ToArray());
        if (world.SpiDraws.Count > DrawsKept)
        {
            world.SpiDraws.Dequeue();
        }
    }

    public void FillSecret(Span<byte> neverLeaves) => _entropy.FillSecret(neverLeaves);
}
