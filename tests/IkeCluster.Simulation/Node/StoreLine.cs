using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Node;

/// <summary>
/// The line between one process and the store: slow, broken, in doubt, and the place where a process dies most cruelly,
/// before or after its commit has arrived.
/// </summary>
internal sealed class StoreLine(World world, SimProcess process, SimStore store) : IShardStore
{
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan VeryLate = TimeSpan.FromSeconds(20);

    private enum Fate : byte { Written, UnknownUnwritten, UnknownWritten, Failed, DiesBefore, DiesAfter, DiesLater }

    public ValueTask<ImmutableArray<ShardClaim>> ClaimAsync(string node, int shards, CancellationToken stop) =>
        throw new NotSupportedException("the world claims");

    public ValueTask<ImmutableArray<LeaseRow>> ListLeasesAsync(CancellationToken stop) => ValueTask.FromResult(store.Leases());

    public ValueTask PruneLeasesAsync(ImmutableArray<string> pools, CancellationToken stop) => ValueTask.CompletedTask;

    public ValueTask<ImmutableArray<SaOutcome>> CommitAsync(CommitBatch batch, CancellationToken stop)
    {
        var answer = new TaskCompletionSource<ImmutableArray<SaOutcome>>();
        Fate fate = process.MayAct() ? Draw() : Fate.DiesBefore;
        if (fate == Fate.DiesBefore)
        {
            process.Kill(Faults.CrashBeforeStore);
            return new ValueTask<ImmutableArray<SaOutcome>>(answer.Task);
        }

        ImmutableArray<SentCommit> sent = [.. batch.Commits.Select(store.Copy)];
        bool survivesSender = world.Chance.Chance(0.5);
        world.After(Delay(), () =>
        {
            if (process.IsDead && !survivesSender)
            {
                return;
            }

            ImmutableArray<SaOutcome> outcomes = Arrive(sent, fate);
            world.After(Delay(), () => Answer(answer, outcomes, fate));
        });
        MaybeAgain(sent);
        return new ValueTask<ImmutableArray<SaOutcome>>(answer.Task);
    }

    public ValueTask<SaRow?> LoadAsync(ShardId shard, IkeSpi localSpi, CancellationToken stop) => Read(() => store.Load(shard, localSpi));

    public ValueTask<ImmutableArray<IkeSpi>> ListLiveSpisAsync(ShardId shard, CancellationToken stop) =>
        Read(() => store.ListLiveSpis(shard));

    public ValueTask<ImmutableArray<SaRow>> ListAsync(ShardId shard, IkeSpi after, int limit, CancellationToken stop) =>
        Read(() => store.List(shard, after, limit));

    private Fate Draw()
    {
        Plan plan = world.Plan;
        if (world.Chance.Chance(plan.CrashAtCommit))
        {
            return world.Chance.Pick([Fate.DiesBefore, Fate.DiesAfter, Fate.DiesLater]);
        }

        return world.Chance.Chance(plan.StoreFails) ? Fate.Failed
            : world.Chance.Chance(plan.UnknownUnwritten) ? Fate.UnknownUnwritten
            : world.Chance.Chance(plan.UnknownWritten) ? Fate.UnknownWritten
            : Fate.Written;
    }

    private ImmutableArray<SaOutcome> Arrive(ImmutableArray<SentCommit> sent, Fate fate)
    {
        var unknown = sent.Select(_ => new SaOutcome(SaOutcomeKind.Unknown, "the line broke")).ToImmutableArray();
        switch (fate)
        {
            case Fate.Failed:
                world.Tally.Count(Faults.StoreFailed);
                return [];
            case Fate.UnknownUnwritten:
                world.Tally.Count(Faults.UnknownUnwritten);
                return unknown;
            default:
                ImmutableArray<SaOutcome> outcomes = [.. sent.Select(store.Apply)];
                if (fate == Fate.DiesAfter)
                {
                    process.Kill(Faults.CrashInStore);
                }

                world.Tally.Count(Faults.UnknownWritten, fate == Fate.UnknownWritten ? 1 : 0);
                return fate == Fate.UnknownWritten ? unknown : outcomes;
        }
    }

    private void Answer(TaskCompletionSource<ImmutableArray<SaOutcome>> answer, ImmutableArray<SaOutcome> outcomes, Fate fate)
    {
        if (process.IsDead)
        {
            return;
        }

        if (fate == Fate.DiesLater)
        {
            process.DieAfter(world.Chance.Below(3));
        }

        if (fate == Fate.Failed)
        {
            answer.SetException(new IOException("the disk is gone"));
        }
        else
        {
            answer.SetResult(outcomes);
        }
    }

    /// <summary>
    /// A copy of a commit that was written lingered somewhere and arrives long after: it must find nothing left to do. One that was
    /// refused is over by its refusal.
    /// </summary>
    private void MaybeAgain(ImmutableArray<SentCommit> sent)
    {
        if (world.Chance.Chance(world.Plan.LateCommits))
        {
            world.After(world.Chance.UpTo(VeryLate), () =>
            {
                world.Tally.Count(Faults.LateCommit);
                foreach (SentCommit commit in sent.Where(commit => store.WasWritten(commit.Commit)))
                {
                    store.Apply(commit);
                }
            });
        }
    }

    private ValueTask<T> Read<T>(Func<T> read)
    {
        var answer = new TaskCompletionSource<T>();
        bool fails = world.Chance.Chance(world.Plan.StoreFails);
        world.Tally.Count(Faults.ReadFailed, fails ? 1 : 0);
        world.After(Delay(), () =>
        {
            // What was read may be old by the time it is known.
            T? found = fails ? default : read();
            world.After(Delay(), () => Told(answer, fails, found!));
        });
        return new ValueTask<T>(answer.Task);
    }

    private void Told<T>(TaskCompletionSource<T> answer, bool fails, T found)
    {
        if (process.IsDead)
        {
            return;
        }

        if (fails)
        {
            answer.SetException(new IOException("the disk is gone"));
        }
        else
        {
            answer.SetResult(found);
        }
    }

    private TimeSpan Delay()
    {
        bool isSlow = world.Chance.Chance(world.Plan.StoreSlow);
        world.Tally.Count(Faults.StoreSlow, isSlow ? 1 : 0);
        return world.Chance.UpTo(isSlow ? Slow : Usual);
    }
}
