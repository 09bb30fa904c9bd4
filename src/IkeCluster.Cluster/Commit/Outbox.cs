using System.Collections.Immutable;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Commit;

/// <summary>
/// Steps of one event loop that wait for the store, sent in groups (DESIGN.md, A commit has four outcomes). Nothing of a
/// step is visible before its outcome is known, and an unknown outcome is asked for again, with the same id and the same
/// octets, until the store knows.
/// </summary>
internal sealed class Outbox(IShardStore store, ISaEvents events, Action wake)
{
    /// <summary>Past this many waiting steps no further login is begun; liveness needs no commit and goes on.</summary>
    internal const int LoginsStopAt = 4096;

    internal const int CommitsPerBatchMax = 512;
    internal const int BatchesInFlightMax = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Queue<HeldStep> _gathered = [];
    private readonly List<Flight> _flights = [];
    private readonly Queue<SettledStep> _settled = [];
    private readonly Func<CommitBatch, ValueTask<ImmutableArray<SaOutcome>>> _commit =
        batch => store.CommitAsync(batch, CancellationToken.None);

    private TimeSpan _pause;
    private Instant _pausedUntil;
    private int _waiting;

    /// <summary>Steps whose outcome is not known yet; readable from any thread.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public bool IsFull => _waiting >= LoginsStopAt;

    /// <summary>The last try did not come through: the store cannot write now.</summary>
    public bool IsInTrouble => _pause > TimeSpan.Zero;

    /// <summary>An answer has come and is not read yet.</summary>
    public bool HasAnswer => _settled.Count > 0 || _flights.Exists(flight => flight.Answer.IsCompleted);

    /// <summary>When <see cref="Flush"/> has something to do without being told; Never while only answers are awaited.</summary>
    public Instant NextDeadline =>
        _gathered.Count > 0 && _flights.Count < BatchesInFlightMax ? _pausedUntil : Instant.Never;

    public void Add(HeldStep held)
    {
        _gathered.Enqueue(held);
        Volatile.Write(ref _waiting, _waiting + 1);
    }

    /// <summary>Sends what was gathered, unless the store is in trouble and its pause is not over.</summary>
    public void Flush(Instant now)
    {
        while (_gathered.Count > 0 && _flights.Count < BatchesInFlightMax && now >= _pausedUntil)
        {
            var steps = new HeldStep[Math.Min(_gathered.Count, CommitsPerBatchMax)];
            for (int i = 0; i < steps.Length; i++)
            {
                steps[i] = _gathered.Dequeue();
            }

            var batch = new CommitBatch([.. steps.Select(held => held.Commit)]);
            _flights.Add(new Flight(steps, PortCall<ImmutableArray<SaOutcome>>.Start(_commit, batch, wake), now));
        }
    }

    /// <summary>The next step whose outcome is known.</summary>
    public bool TryTakeSettled(Instant now, out SettledStep settled)
    {
        if (_settled.Count == 0)
        {
            Land(now);
        }

        return _settled.TryDequeue(out settled);
    }

    private void Land(Instant now)
    {
        for (int i = 0; i < _flights.Count; i++)
        {
            Flight flight = _flights[i];
            if (flight.Answer.IsCompleted)
            {
                _flights.RemoveAt(i--);
                Read(flight, now);
            }
        }
    }

    private void Read(Flight flight, Instant now)
    {
        bool answered = flight.Answer.TryTake(out ImmutableArray<SaOutcome> outcomes, out string? fault);
        if (!answered || outcomes.IsDefault || outcomes.Length != flight.Steps.Length)
        {
            KeepAll(flight.Steps, fault ?? "the store's answer does not match the question", now);
            return;
        }

        string? trouble = null;
        int known = 0;
        for (int i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i].Kind == SaOutcomeKind.Unknown)
            {
                trouble ??= outcomes[i].Detail ?? "outcome unknown";
                _gathered.Enqueue(flight.Steps[i]);
            }
            else
            {
                known++;
                _settled.Enqueue(new SettledStep(flight.Steps[i], outcomes[i]));
            }
        }

        Volatile.Write(ref _waiting, _waiting - known);
        if (trouble is not null)
        {
            Pause(trouble, now);
            return;
        }

        _pause = TimeSpan.Zero;
        events.Committed(known, now - flight.SentAt);
    }

    private void KeepAll(HeldStep[] steps, string detail, Instant now)
    {
        foreach (HeldStep held in steps)
        {
            _gathered.Enqueue(held);
        }

        Pause(detail, now);
    }

    private void Pause(string detail, Instant now)
    {
        _pause = _pause == TimeSpan.Zero ? FirstPause : TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, LongestPause.Ticks));
        _pausedUntil = now + _pause;
        events.StoreAway(detail);
    }

    private readonly record struct Flight(HeldStep[] Steps, PortCall<ImmutableArray<SaOutcome>> Answer, Instant SentAt);
}
