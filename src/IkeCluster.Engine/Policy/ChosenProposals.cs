using System.Collections.Immutable;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Engine.Policy;

/// <summary>
/// One object for each proposal that was ever chosen, shared by all SAs that chose it: a million SAs have a handful between
/// them. Bounded, because peers number their proposals as they like; past the bound a proposal is simply not shared.
/// </summary>
internal static class ChosenProposals
{
    private const int KeptMax = 1024;

    private static ImmutableDictionary<Proposal, Proposal> _kept = ImmutableDictionary<Proposal, Proposal>.Empty;

    internal static Proposal Share(Proposal chosen)
    {
        ImmutableDictionary<Proposal, Proposal> kept = Volatile.Read(ref _kept);
        if (kept.TryGetValue(chosen, out Proposal? shared))
        {
            return shared;
        }

        if (kept.Count < KeptMax)
        {
            // Two loops may add at once; the one that loses shares next time.
            Interlocked.CompareExchange(ref _kept, kept.Add(chosen, chosen), kept);
        }

        return chosen;
    }
}
