using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>An IKE SA of ours and the shard that its SPI names.</summary>
internal readonly record struct SaKey(ShardId Shard, IkeSpi Spi);
