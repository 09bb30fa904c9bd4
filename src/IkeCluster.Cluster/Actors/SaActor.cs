using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// One IKE SA in memory: its state, and what the place has to know beside it. The actor decides nothing; turns are run
/// by <see cref="SaHost"/>.
/// </summary>
internal sealed class SaActor(Shard shard, IkeSaState state)
{
    /// <summary>Answers and orders that wait while a commit is in flight; a loop asks for fewer than this at a time.</summary>
    internal const int WaitingMax = 16;

    /// <summary>Refused commits in a row: another address is chosen that often, then it is a fault.</summary>
    internal const int ConflictsMax = 8;

    private Queue<IkeInput>? _waiting;
    private RequestBudget _asked;
    private Displacement _displaced;

    public Shard Shard { get; } = shard;

    public IkeSpi Spi { get; } = state.LocalSpi;

    public SaKey Key => new(Shard.Id, Spi);

    public IkeSaState State { get; set; } = state;

    /// <summary>The state that the row holds; null until there is a row.</summary>
    public IkeSaState? Row { get; set; }

    /// <summary>The step whose commit is in flight. Until its outcome is known the actor is frozen.</summary>
    public HeldStep? Held { get; set; }

    public bool IsFrozen => Held is not null;

    /// <summary>
    /// True when it was dropped from memory. Answers to its questions find it by reference, so one that comes late does
    /// not reach the actor that has the same SPI by then.
    /// </summary>
    public bool IsGone { get; set; }

    /// <summary>Slow work that will answer; it may hold what would be wiped with the actor.</summary>
    public int SumsUnderWay { get; set; }

    /// <summary>Commits refused since the last one that was not.</summary>
    public int Conflicts { get; set; }

    /// <summary>The datagram that was taken last: if it ends the SA, its repeats are answered for a while.</summary>
    public RequestMark LastTaken { get; set; }

    /// <summary>What the peer has asked lately.</summary>
    public ref RequestBudget Asked => ref _asked;

    /// <summary>Set while half-open.</summary>
    public HalfOpenOrigin? Origin { get; set; }

    /// <summary>Addresses that are its own in the memory of this node, and not in the lease table yet.</summary>
    public ImmutableArray<LeasedAddress> Reserved { get; set; } = [];

    public TimerHandle Timer { get; set; }

    public Instant WakeAt { get; set; } = Instant.Never;

    public Instant LastActive { get; set; }

    /// <summary>When the datagram came that began the exchange under way; Never: none is.</summary>
    public Instant AskedAt { get; set; } = Instant.Never;

    /// <summary>Of a trace: lines that wait until it is known whose SA this is.</summary>
    public List<string>? Untold { get; set; }

    /// <summary>Neighbours in order of <see cref="LastActive"/>, kept by <see cref="Passivation"/>.</summary>
    public SaActor? Idler { get; set; }

    public SaActor? Busier { get; set; }

    /// <summary>False: too many wait already.</summary>
    public bool TryWait(IkeInput input)
    {
        _waiting ??= new Queue<IkeInput>();
        if (_waiting.Count >= WaitingMax)
        {
            return false;
        }

        _waiting.Enqueue(input);
        return true;
    }

    /// <summary>A later login put it out; kept apart from what waits, because there is always room for it.</summary>
    public void Displace(Displacement how) => _displaced = how > _displaced ? how : _displaced;

    public IkeInput? NextWaiting()
    {
        if (_displaced == Displacement.None)
        {
            return _waiting is not null && _waiting.TryDequeue(out IkeInput? input) ? input : null;
        }

        var told = new IkeInput.Displaced(_displaced);
        _displaced = Displacement.None;
        return told;
    }
}

/// <summary>
/// Where a half-open SA came from, for the index of repeats and the budget of its source, which counts it once the address is
/// proved: by a cookie, or later by a message under its keys (<paramref name="IsProved"/>).
/// </summary>
internal sealed record HalfOpenOrigin(InitKey Init, bool IsCookied, bool IsProved = false)
{
    public bool IsCounted => IsCookied || IsProved;
}
