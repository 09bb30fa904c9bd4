using System.Runtime.CompilerServices;

namespace IkeCluster.Engine;

/// <summary>What must be true, also in production: a broken claim costs one actor, never the node.</summary>
public static class Invariant
{
    public static void That(bool holds, [CallerArgumentExpression(nameof(holds))] string claim = "")
    {
        if (!holds)
        {
            throw new InvariantException(claim);
        }
    }
}

/// <summary>A fault of ours, by the claim that did not hold.</summary>
public sealed class InvariantException(string claim) : Exception(claim);
