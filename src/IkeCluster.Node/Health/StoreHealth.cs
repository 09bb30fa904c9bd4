using IkeCluster.Node.Events;

namespace IkeCluster.Node.Health;

/// <summary>
/// What is wrong with the store, once: every loop tries again and again, and each try that fails says so. Called by all loops
/// and by the store's own threads.
/// </summary>
internal sealed class StoreHealth(ILogger log, TimeProvider clock)
{
    /// <summary>A trouble that lasts is told again so often.</summary>
    internal static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private string? _told;
    private DateTimeOffset _toldAt;
    private string _cause = "";
    private DateTimeOffset _awaySince;
    private bool _isAway;

    public void Trouble(string detail)
    {
        DateTimeOffset now = clock.GetUtcNow();
        lock (_lock)
        {
            if (detail == _told && now - _toldAt < RepeatAfter)
            {
                return;
            }

            (_told, _toldAt) = (detail, now);
        }

        NodeLog.StoreTrouble(log, detail);
    }

    /// <summary>Commits do not come through.</summary>
    public void Away(string cause)
    {
        lock (_lock)
        {
            _awaySince = _isAway ? _awaySince : clock.GetUtcNow();
            (_cause, _isAway) = (cause, true);
        }

        Trouble(cause);
    }

    /// <summary>A commit came through.</summary>
    public void Committed()
    {
        if (!Volatile.Read(ref _isAway))
        {
            return;
        }

        TimeSpan took;
        lock (_lock)
        {
            if (!_isAway)
            {
                return;
            }

            took = clock.GetUtcNow() - _awaySince;
            (_isAway, _told) = (false, null);
        }

        NodeLog.StoreIsBack(log, (long)took.TotalSeconds);
    }

    /// <summary>For whoever asks while the store takes no commits.</summary>
    public string Describe(string folder)
    {
        lock (_lock)
        {
            return $"the store has taken no commit for {(long)(clock.GetUtcNow() - _awaySince).TotalSeconds} s ({_cause}): "
                + $"logins and rekeys wait, liveness is answered; see to the room and the rights of {folder}";
        }
    }
}
