using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Checkers;

/// <summary>Nothing that the world does makes an actor throw, but the one thing that is a fault by design: an SPI that clashes at rest.</summary>
internal sealed class NoFaults(World world) : Checker(world)
{
    private static readonly string[] ClaimsOfClash = ["a commit is not refused again and again", "a conflict without a lease"];

    public override void Faulted(IkeSpi spi, Exception fault, string what)
    {
        bool isClash = ClaimsOfClash.Contains(fault.Message) && World.Tally[Faults.SpiDrawnTwice] > 0;
        if (!isClash)
        {
            Broken($"{spi}: {fault.GetType().Name} {fault.Message} ({what}) {fault.StackTrace?.Split('\n')[0].Trim()}");
        }
    }
}
