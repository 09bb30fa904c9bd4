namespace IkeCluster.Engine.Children;

/// <summary>
/// Octets and packets, each direction counted by itself, after which the data plane reports a Child SA: to be rekeyed at a
/// soft limit, to be deleted at a hard one (RFC 4301 §4.4.2.1). 0: no limit.
/// </summary>
public sealed record ChildLimits(ulong SoftOctets, ulong HardOctets, ulong SoftPackets, ulong HardPackets);
