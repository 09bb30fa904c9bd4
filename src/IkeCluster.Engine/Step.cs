using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>What one input did: the next state, what to write before anything is visible, and what to do then.</summary>
/// <param name="State">The next state; null when the IKE SA is gone from memory (its tombstone is in <paramref name="Writes"/>).</param>
/// <param name="Effects">In order. Those other than StartWork and LeaseAddresses wait for the writes to be durable.</param>
/// <param name="Writes">Rows to be committed in one transaction, before the effects; empty: nothing to commit.</param>
/// <param name="WakeAt">When the SA wants <see cref="IkeInput.TimerFired"/>; it replaces any earlier wish.</param>
/// <param name="Drop">Why the input had no effect, for the counter; None when it had one.</param>
public readonly record struct Step(
    IkeSaState? State, ImmutableArray<IkeEffect> Effects, ImmutableArray<SaWrite> Writes, Instant WakeAt, DropReason Drop)
{
    public bool IsDrop => Drop != DropReason.None;
}

public enum SaWriteKind : byte { Insert, Update, Delete }

/// <summary>
/// One row to write. An insert names the leases that belong to the new SA (claimed in the same transaction); an IKE
/// rekey moves them, and the session, with <paramref name="MovesLeasesFrom"/>; a delete frees them.
/// <paramref name="Session"/>: the insert is a login, which makes a session by this rule.
/// </summary>
public sealed record SaWrite(SaWriteKind Kind, IkeSaState State, IkeSpi? MovesLeasesFrom = null, SessionRule? Session = null);
