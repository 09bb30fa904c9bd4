using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>What is done with an actor that threw.</summary>
internal enum FaultAction : byte { Recover, Quarantine, Delete }

/// <summary>
/// Remembers which SAs found a fault in us (DESIGN.md, Actors): the first time the actor is recovered from the store,
/// again within a minute it is left alone for a minute, a third time it is deleted. Its neighbours never notice.
/// </summary>
internal sealed class Supervisor
{
    internal static readonly TimeSpan AgainWithin = TimeSpan.FromMinutes(1);
    internal static readonly TimeSpan QuarantineFor = TimeSpan.FromMinutes(1);

    /// <summary>A fault is forgotten when nothing has followed it for this long.</summary>
    internal static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    internal const int RecordsMax = 4096;

    private readonly Dictionary<IkeSpi, Record> _records = [];
    private readonly Queue<IkeSpi> _inOrder = [];

    /// <summary>Records one fault, and says what to do.</summary>
    public FaultAction Judge(IkeSpi spi, Instant now)
    {
        Record? known = _records.TryGetValue(spi, out Record found) && now - found.LastFault < ForgottenAfter ? found : null;
        FaultAction action = known switch
        {
            { Action: not FaultAction.Recover } => FaultAction.Delete,
            { } record when now - record.LastFault < AgainWithin => FaultAction.Quarantine,
            _ => FaultAction.Recover,
        };
        Instant until = action == FaultAction.Recover ? now : now + QuarantineFor;
        Keep(spi, new Record(action, now, until));
        return action;
    }

    /// <summary>Leaves an SA alone whose row cannot be read; answers until when.</summary>
    public Instant Quarantine(IkeSpi spi, Instant now)
    {
        Keep(spi, new Record(FaultAction.Quarantine, now, now + QuarantineFor));
        return now + QuarantineFor;
    }

    /// <summary>When an SA that was judged may be read back.</summary>
    public Instant BackAt(IkeSpi spi, Instant now) => _records.TryGetValue(spi, out Record record) ? record.QuarantinedUntil : now;

    /// <summary>Its datagrams are dropped until the minute is over.</summary>
    public bool IsQuarantined(IkeSpi spi, Instant now) =>
        _records.Count > 0 && _records.TryGetValue(spi, out Record record) && now < record.QuarantinedUntil;

    /// <summary>Whether the SA has thrown lately: then what the store says may be newer than what was read before.</summary>
    public bool Knows(IkeSpi spi) => _records.ContainsKey(spi);

    private void Keep(IkeSpi spi, Record record)
    {
        if (!_records.ContainsKey(spi))
        {
            while (_records.Count >= RecordsMax)
            {
                _records.Remove(_inOrder.Dequeue());
            }

            _inOrder.Enqueue(spi);
        }

        _records[spi] = record;
    }

    private readonly record struct Record(FaultAction Action, Instant LastFault, Instant QuarantinedUntil);
}
