using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using IkeCluster.Cluster.Commit;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>A batch on its way, and the promise of its outcomes.</summary>
internal sealed class PendingBatch(CommitBatch batch)
{
    private readonly TaskCompletionSource<ImmutableArray<SaOutcome>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ImmutableArray<SaCommit> Commits => batch.Commits;

    public SaOutcome[] Outcomes { get; } = new SaOutcome[batch.Commits.Length];

    public Task<ImmutableArray<SaOutcome>> Done => _done.Task;

    public void Complete() => _done.SetResult(ImmutableCollectionsMarshal.AsImmutableArray(Outcomes));

    public void CompleteUnknown(string detail)
    {
        Array.Fill(Outcomes, new SaOutcome(SaOutcomeKind.Unknown, detail));
        Complete();
    }
}

/// <summary>
/// The store's one writer. What gathers in the queue while a transaction is made durable becomes the next transaction, so
/// groups grow with the load and nobody waits for company.
/// </summary>
internal sealed class CommitThread : IAsyncDisposable
{
    private readonly SqliteFile _file;
    private readonly RowCipher _cipher;
    private readonly SqliteStoreOptions _options;
    private readonly BlockingCollection<PendingBatch> _queue;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GroupWriter? _writer;

    public CommitThread(SqliteFile file, RowCipher cipher, SqliteStoreOptions options)
    {
        _file = file;
        _cipher = cipher;
        _options = options;
        _queue = new BlockingCollection<PendingBatch>(options.BatchesQueuedMax);
        new Thread(Run) { IsBackground = true, Name = "store" }.Start();
    }

    /// <summary>False: the queue is full, or closed.</summary>
    public bool TryPost(PendingBatch batch)
    {
        try
        {
            return _queue.TryAdd(batch);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Commits what is queued, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _ended.Task;
        _queue.Dispose();
    }

    private void Run()
    {
        List<PendingBatch> group = [];
        while (_queue.TryTake(out PendingBatch? first, Timeout.Infinite))
        {
            int commits = Gather(first, group);
            CommitGroup(group, commits);
            group.Clear();
        }

        _writer?.Dispose();
        _ended.SetResult();
    }

    private int Gather(PendingBatch first, List<PendingBatch> group)
    {
        group.Add(first);
        int commits = first.Commits.Length;
        while (commits < _options.CommitsPerGroupMax && _queue.TryTake(out PendingBatch? next))
        {
            group.Add(next);
            commits += next.Commits.Length;
        }

        return commits;
    }

    private void CommitGroup(List<PendingBatch> group, int commits)
    {
        try
        {
            Writer().Commit(group);
            group.ForEach(pending => pending.Complete());
        }
        catch (Exception fault)
        {
            string detail = GiveUp(fault);
            if (commits > 1 && !IsEverybodys(fault))
            {
                _options.Trouble($"{commits} commits not written together, now each alone: {detail}");
                CommitSingly(group);
            }
            else
            {
                group.ForEach(pending => pending.CompleteUnknown(detail));
            }
        }
    }

    /// <summary>
    /// One commit that cannot be written must not keep back those that it met in a group, again and again.
    /// </summary>
    private void CommitSingly(List<PendingBatch> group)
    {
        string? lasting = null;
        foreach (PendingBatch pending in group)
        {
            for (int i = 0; i < pending.Commits.Length; i++)
            {
                string? detail = lasting ?? TryCommit(pending, i, ref lasting);
                pending.Outcomes[i] = detail is null ? pending.Outcomes[i] : new(SaOutcomeKind.Unknown, detail);
            }

            pending.Complete();
        }
    }

    /// <summary>Null, or why not; what keeps the others back too is <paramref name="lasting"/>.</summary>
    private string? TryCommit(PendingBatch pending, int index, ref string? lasting)
    {
        try
        {
            Writer().Commit(pending, index);
            return null;
        }
        catch (Exception fault)
        {
            string detail = GiveUp(fault);
            lasting = IsEverybodys(fault) ? detail : null;
            return detail;
        }
    }

    private GroupWriter Writer() => _writer ??= GroupWriter.Open(_file, _cipher, _options.TombstonesFor);

    /// <summary>
    /// The transaction is rolled back, or the disk has to say so: the next try of the same commits finds out. A fresh
    /// connection begins without anything that a failing disk left in this one. The answer tells the loop that asked, and that tells
    /// the operator.
    /// </summary>
    private string GiveUp(Exception fault)
    {
        DropWriter();
        return fault is SqliteException sqlite ? _file.Describe(sqlite) : fault.Message;
    }

    /// <summary>Nobody can write now, so that nothing is gained by trying each alone, and a lock would be waited for each time.</summary>
    private static bool IsEverybodys(Exception fault) => fault is StoreException or SqliteException
    {
        SqliteErrorCode: SqliteCodes.Full or SqliteCodes.Busy or SqliteCodes.Locked or SqliteCodes.ReadOnly or SqliteCodes.Permission
            or SqliteCodes.CannotOpen or SqliteCodes.IoError or SqliteCodes.Corrupt or SqliteCodes.NotADatabase,
    };

    private void DropWriter()
    {
        try
        {
            _writer?.Dispose();
        }
        catch (SqliteException fault)
        {
            _options.Trouble($"closing a failed connection: {_file.Describe(fault)}");
        }

        _writer = null;
    }
}
