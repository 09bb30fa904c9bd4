using IkeCluster.Crypto;
using IkeCluster.Engine.Exchanges.Own;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>What the rekey of an IKE SA settled: the SPIs, algorithms and keys of the new one.</summary>
public sealed record NewIkeSa(IkeSpi LocalSpi, IkeSpi PeerSpi, Proposal Proposal, IkeKeys Keys);

/// <summary>
/// The IKE SA that a rekey makes, whoever began it: it takes the children and the leases, in one transaction with the old
/// one's row (RFC 7296 §2.8, 2.18).
/// </summary>
internal static class IkeSuccessor
{
    /// <summary>The new SA with all that the old one holds; if that was to be deleted, the new one is.</summary>
    internal static IkeSaState Inherit(IkeSaState old, NewIkeSa made, bool isInitiator, in StepContext context)
    {
        ConnectionPolicy? connection = context.Policy.FindConnection(old.Facts!.Connection);
        Lifetimes lifetimes = connection is null ? Lifetimes.None : Lifetimes.Of(connection, context);
        return new IkeSaState
        {
            LocalSpi = made.LocalSpi,
            PeerSpi = made.PeerSpi,
            Phase = old.Phase,
            DeletedFor = OwnDelete.CauseOf(old),

            // RFC 7296 §2.23: only a peer behind a NAT moves by itself; the old SA has judged that already.
            Path = old.Path,
            Window = RequestWindow.Fresh,
            Own = OwnRequests.None with { Wanted = old.Own.Wanted, Dropped = old.Own.Dropped },
            Children = old.Children,
            PeerAddresses = old.PeerAddresses,
            Creates = old.Creates,
            HeardAt = context.Now,
            Keys = made.Keys,
            RowVersion = 1,
            Facts = old.Facts with
            {
                Proposal = made.Proposal,
                IsInitiator = isInitiator,
                EstablishedAt = context.Now,
                RekeyAt = lifetimes.RekeyAt,
                ExpireAt = lifetimes.ExpireAt,
            },
        };
    }

    /// <summary>What is left of the old one: it answers, and waits for its Delete.</summary>
    internal static IkeSaState Empty(IkeSaState old, in StepContext context) => old with
    {
        Phase = SaPhase.Rekeyed,
        Children = [],
        Facts = old.Facts! with { VirtualIps = [] },
        EndAt = context.Now + Steps.RekeyedLinger,

        // The successor has the session, and is told of its end by itself.
        Displaced = Displacement.None,
        LeavesAt = Instant.Never,
    };

    /// <summary>
    /// The SA of a clash that has lost (RFC 7296 §2.8.2): without children and leases. The side that asked for it deletes it;
    /// where that is the peer, it is kept for a while to answer the Delete.
    /// </summary>
    internal static IkeSaState Redundant(IkeSaState old, NewIkeSa made, bool isInitiator, in StepContext context) =>
        Empty(Inherit(old, made, isInitiator, context), context) with
        {
            Phase = isInitiator ? SaPhase.Deleting : SaPhase.Rekeyed,
            DeletedFor = EndCause.Rekeyed,
        };

    /// <summary>The same for the SA that lost, which takes nothing along.</summary>
    internal static Step SpawnRedundant(Step step, IkeSaState redundant) => step with
    {
        Effects = step.Effects.Add(new IkeEffect.Spawn(redundant)),
        Writes = step.Writes.Add(new SaWrite(SaWriteKind.Insert, redundant)),
    };

    /// <summary>The old one's step with the new one's row in the same transaction, and its leases with it.</summary>
    internal static Step Spawn(Step step, IkeSaState old, IkeSaState successor)
    {
        var told = new SaEvent.IkeRekeyed(step.State ?? old, successor);
        Step spawned = step with
        {
            Effects = [new IkeEffect.Spawn(successor), .. step.Effects, Steps.Tell(told)],
            Writes = step.Writes.Add(new SaWrite(SaWriteKind.Insert, successor, old.LocalSpi)),
        };
        return Discouraged.Among(successor.Proposal) is { } weak
            ? spawned with { Effects = spawned.Effects.Add(Steps.Tell(new SaEvent.WeakAlgorithm(successor.LocalSpi, successor.Facts!.Connection, weak))) }
            : spawned;
    }
}
