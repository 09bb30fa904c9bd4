using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Events;

/// <summary>So many lines a minute of a kind that strangers bring on; the rest is counted and told with the next line.</summary>
internal sealed class LineBudget(int linesPerMinute, TimeProvider clock)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private RateMeter _lines;
    private long _left;

    /// <summary>The end of a line, where lines before it were left out; nothing where none was.</summary>
    public static string Tell(long left) => left == 0 ? "" : $"; {left} such lines left out before";

    /// <summary>False: leave the line out. <paramref name="left"/>: how many were left out since the last.</summary>
    public bool TryTake(out long left)
    {
        var now = Instant.FromUtc(clock.GetUtcNow().UtcDateTime);
        lock (_lock)
        {
            left = _left;
            bool hasRoom = _lines.HasRoom(linesPerMinute, Minute, now);
            _left = hasRoom ? 0 : _left + 1;
            _lines = hasRoom ? _lines.Take(linesPerMinute, Minute, now) : _lines;
            return hasRoom;
        }
    }
}
