using System.Buffers.Binary;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// One shard while this node owns it, in one epoch: its actors, the SPIs that have rows, and the numbers that must not
/// repeat. They belong to the shard and not to an actor, so that passivation, a fault or a restart never rewinds them.
/// </summary>
internal sealed class Shard : IShardNumbers
{
    /// <summary>40 bits of counter below 24 bits of epoch (DESIGN.md, IVs).</summary>
    internal const int IvCounterBits = 40;

    /// <summary>The counter starts in its lower half, so that a million IVs a second are left for six days at least.</summary>
    internal const int IvStartBits = IvCounterBits - 1;

    /// <summary>
    /// Eight epochs in a row count through different parts of the ESP SPIs: which of them an owner before us gave out is not
    /// known until its rows are read.
    /// </summary>
    private const int EspSpisPerEpochBits = SpiSeal.EspUniqueBits - 3;

    private const int EspStartBits = EspSpisPerEpochBits - 1;

    private readonly SpiSeal _seal;
    private readonly IEntropy _entropy;
    private readonly Dictionary<EspSpi, IkeSpi> _inboundSpis = [];
    private ulong _nextIv;
    private uint _nextEspUnique;
    private ulong _nextCommit;

    public Shard(ShardClaim claim, SpiSeal seal, IEntropy entropy)
    {
        Id = claim.Shard;
        Epoch = claim.Epoch;
        _seal = seal;
        _entropy = entropy;
        _nextEspUnique = (claim.Epoch.Value << EspSpisPerEpochBits) + (uint)(RandomBits() >> (64 - EspStartBits));

        // A data folder that is put back whole brings back its epoch too, and the keys in its rows. Then only chance
        // stands between those keys and IVs that they have seen.
        _nextIv = RandomBits() >> (64 - IvStartBits);
    }

    public ShardId Id { get; }

    public Epoch Epoch { get; }

    /// <summary>The SAs in memory, half-open ones too.</summary>
    public Dictionary<IkeSpi, SaActor> Actors { get; } = [];

    /// <summary>Established SAs that were put to sleep, with what is needed to wake them.</summary>
    public Dictionary<IkeSpi, SleepingSa> Sleeping { get; } = [];

    /// <summary>SPIs that have a row: a datagram for any other SPI is dropped without a read.</summary>
    public HashSet<IkeSpi> Live { get; } = [];

    /// <summary>False until the store has told which SPIs were live when the shard was taken.</summary>
    public bool IsLiveKnown { get; set; }

    /// <summary>SAs that ended before the list came, which may still name them.</summary>
    public HashSet<IkeSpi> EndedEarly { get; } = [];

    /// <summary>SAs whose first row is on its way to the store, made by an IKE rekey; with what a later commit said of them.</summary>
    public Dictionary<IkeSpi, Displacement> Unborn { get; } = [];

    /// <summary>True where a row may exist.</summary>
    public bool MayHaveRow(IkeSpi spi) => !IsLiveKnown || Live.Contains(spi);

    public IkeSpi NewIkeSpi()
    {
        while (true)
        {
            IkeSpi spi = _seal.Seal(Id, RandomBits());
            if (!spi.IsZero && !Live.Contains(spi) && !Actors.ContainsKey(spi))
            {
                return spi;
            }
        }
    }

    public EspSpi NewEspSpi()
    {
        Invariant.That(_inboundSpis.Count < (1 << SpiSeal.EspUniqueBits) / 2);
        while (true)
        {
            EspSpi spi = _seal.SealEsp(Id, _nextEspUnique++);
            if (!_inboundSpis.ContainsKey(spi))
            {
                return spi;
            }
        }
    }

    public ulong NextIv()
    {
        Invariant.That(_nextIv < 1UL << IvCounterBits);
        return ((ulong)Epoch.Value << IvCounterBits) | _nextIv++;
    }

    /// <summary>Shard, epoch and a counter: no other commit of the cluster has it.</summary>
    public UInt128 NextCommitId() => new(((ulong)Id.Value << 32) | Epoch.Value, _nextCommit++);

    /// <summary>Keeps track of the inbound ESP SPIs in use; both states are of the SA <paramref name="spi"/>.</summary>
    public void ChildrenChanged(IkeSpi spi, IkeSaState? before, IkeSaState? after)
    {
        foreach (ChildSa child in before?.Children ?? [])
        {
            // After an IKE rekey they are another SA's.
            if (_inboundSpis.TryGetValue(child.InboundSpi, out IkeSpi owner) && owner == spi)
            {
                _inboundSpis.Remove(child.InboundSpi);
            }
        }

        foreach (ChildSa child in after?.Children ?? [])
        {
            _inboundSpis[child.InboundSpi] = spi;
        }
    }

    /// <summary>The IKE SA whose child receives on that SPI, asleep or not; null: nobody's.</summary>
    public IkeSpi? OwnerOf(EspSpi inbound) => _inboundSpis.TryGetValue(inbound, out IkeSpi owner) ? owner : null;

    private ulong RandomBits()
    {
        Span<byte> octets = stackalloc byte[sizeof(ulong)];
        _entropy.FillPublic(octets);
        return BinaryPrimitives.ReadUInt64BigEndian(octets);
    }
}

/// <summary>
/// An SA that is in its row only: its deadline, whether it may be ahead of the row by liveness, and when its peer was heard
/// last, which the row does not know of liveness; null where that was lost.
/// </summary>
internal readonly record struct SleepingSa(TimerHandle Timer, bool IsAhead, int Children, Instant? HeardAt);
