using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// All that a step may know beside its state and its input. <paramref name="IsDraining"/>: the node is about to end and serves no
/// new client. <paramref name="IsSourceFull"/>: the address of this half-open SA has as many others, or failed logins, as it may.
/// <paramref name="Trace"/>: null but while an operator looks.
/// </summary>
public readonly record struct StepContext(
    Instant Now, IEntropy Entropy, IShardNumbers Numbers, PolicySet Policy, CipherCache Ciphers, bool IsDraining = false,
    IMessageTrace? Trace = null, bool IsSourceFull = false);
