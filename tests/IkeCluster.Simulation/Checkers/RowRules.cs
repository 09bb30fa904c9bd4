using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// The rules of the store, written down a second time: a stale epoch writes nothing, an insert meets no row, an update the version
/// before its own, and a commit that comes again changes nothing.
/// </summary>
internal sealed class RowRules(World world) : Checker(world)
{
    private readonly Dictionary<ShardId, Epoch> _epochs = [];

    public override void Claimed(ImmutableArray<ShardClaim> claims)
    {
        foreach (ShardClaim claim in claims)
        {
            if (_epochs.TryGetValue(claim.Shard, out Epoch before) && claim.Epoch.Value <= before.Value)
            {
                Broken($"shard {claim.Shard} was claimed by epoch {claim.Epoch} after {before}");
            }

            _epochs[claim.Shard] = claim.Epoch;
        }
    }

    public override void Applying(SentCommit sent, SaOutcome outcome)
    {
        SaOutcomeKind due = Judge(sent.Commit);

        // Who may share an address, or log in twice, is judged by LeaseOnce from the rows themselves.
        bool isRefusedForClaims = outcome.Kind == SaOutcomeKind.Conflict && (outcome.Clash is not null || outcome.Refusal != SessionRefusal.None);
        if (outcome.Kind != due && !isRefusedForClaims)
        {
            Broken($"the store said {outcome.Kind} ({outcome.Detail}) where {due} was due, {Describe(sent.Commit)}");
        }
    }

    private SaOutcomeKind Judge(SaCommit commit)
    {
        if (commit.Epoch != _epochs.GetValueOrDefault(commit.Shard))
        {
            return SaOutcomeKind.Fenced;
        }

        return World.Store.IsWritten(commit) || commit.Rows.All(Fits) ? SaOutcomeKind.Committed : SaOutcomeKind.Conflict;
    }

    private bool Fits(RowWrite write)
    {
        RestingRow? row = World.Store.Row(write.LocalSpi);
        return write.Kind == SaWriteKind.Insert ? row is null : row is { IsTombstone: false } && row.Version == write.RowVersion - 1;
    }

    private static string Describe(SaCommit commit) =>
        string.Join(", ", commit.Rows.Select(row => $"{row.Kind} of {row.LocalSpi} at version {row.RowVersion}"));
}
