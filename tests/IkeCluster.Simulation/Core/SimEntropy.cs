using IkeCluster.Engine;
using IkeCluster.TestKit;

namespace IkeCluster.Simulation.Core;

/// <summary>
/// Chance of one process. Draws of the size of an SPI come twice now and then: two SAs may then wish for one SPI, which
/// the world would otherwise never see.
/// </summary>
internal sealed class SimEntropy(ulong seed, World world) : IEntropy
{
    private const int DrawsKept = 64;

    private readonly SeededEntropy _entropy = new(seed);

    public void FillPublic(Span<byte> visibleOnTheWire)
    {
        _entropy.FillPublic(visibleOnTheWire);
        if (visibleOnTheWire.Length != sizeof(ulong))
        {
            return;
        }

        List<byte[]> drawn = world.SpiDraws;
        if (drawn.Count > 0 && world.Chance.Chance(world.Plan.SpiClash))
        {
            world.Tally.Count(Faults.SpiDrawnTwice);
            world.Chance.Pick(drawn).CopyTo(visibleOnTheWire);
            return;
        }

        drawn.Add(visibleOnTheWire.ToArray());
        if (drawn.Count > DrawsKept)
        {
            drawn.RemoveAt(0);
        }
    }

    public void FillSecret(Span<byte> neverLeaves) => _entropy.FillSecret(neverLeaves);
}
