using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;

namespace IkeCluster.Store;

/// <summary>The conflicts that a login can meet, in the same words whichever store says so.</summary>
internal static class Conflicts
{
    public static SaOutcome Of(LeaseClaim claim) =>
        new(SaOutcomeKind.Conflict, $"{claim.Address} of pool {claim.Pool} is held by another SA")
        {
            Clash = new LeasedAddress(claim.Pool, claim.Address),
        };

    public static SaOutcome Of(SessionRefusal refusal) => new(SaOutcomeKind.Conflict, refusal == SessionRefusal.AlreadyConnected
        ? "the identity is connected already"
        : "the identity has as many sessions as it may")
    {
        Refusal = refusal,
    };
}
