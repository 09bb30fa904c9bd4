using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// How often one SA answers a request again. A repeat may come from any address, and its answer goes there (RFC 7296 §2.1):
/// whoever has copied one request off the wire must not be able to have us send at will.
/// </summary>
internal struct RepeatBudget
{
    /// <summary>Peers repeat once a second at most, and wait longer each time.</summary>
    internal const int AnswersPerWindow = 4;

    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private Instant _since;
    private int _answers;

    /// <summary>Looked at before anything is computed.</summary>
    public readonly bool HasRoom(Instant now) => _answers < AnswersPerWindow || now - _since >= Window;

    /// <summary>An answer was given again. What was not answered costs nothing, so that forgeries keep no peer waiting.</summary>
    public void Spend(Instant now)
    {
        if (now - _since >= Window)
        {
            (_since, _answers) = (now, 0);
        }

        _answers++;
    }
}
