namespace IkeCluster.Cluster.Ports;

/// <summary>One of up to 4096 shards (12 bits of every SPI of ours).</summary>
public readonly record struct ShardId(ushort Value)
{
    public override string ToString() => Value.ToString(null, null);
}

/// <summary>How often a shard has changed hands: 24 bits, raised at every process start, takeover and handoff.</summary>
public readonly record struct Epoch(uint Value) : IComparable<Epoch>
{
    public const uint Max = (1u << 24) - 1;

    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(null, null);
}

/// <summary>A shard that this node owns from now on, and by which epoch.</summary>
public readonly record struct ShardClaim(ShardId Shard, Epoch Epoch);
