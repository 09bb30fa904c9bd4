using System.Collections.Frozen;
using System.Collections.Immutable;
using IkeCluster.Crypto.Certificates;

namespace IkeCluster.Engine.Policy;

/// <summary>The whole of what was configured about peers, immutable; a reload makes another one.</summary>
public sealed class PolicySet(
    ImmutableArray<ConnectionPolicy> connections, ImmutableArray<PoolPolicy> pools, ImmutableArray<SharedSecret> ikeSecrets,
    TrustAnchors anchors, IkeTimes times)
{
    private readonly FrozenDictionary<string, ConnectionPolicy> _byName =
        connections.ToFrozenDictionary(connection => connection.Name, StringComparer.Ordinal);

    private readonly FrozenDictionary<string, PoolPolicy> _poolsByName =
        pools.ToFrozenDictionary(pool => pool.Name, StringComparer.Ordinal);

    public ImmutableArray<ConnectionPolicy> Connections { get; } = connections;

    public ImmutableArray<PoolPolicy> Pools { get; } = pools;

    /// <summary>The <c>authorities</c> section: whom a connection trusts that names no <c>cacerts</c> of its own.</summary>
    public TrustAnchors Anchors { get; } = anchors;

    /// <summary>
    /// The same with the <c>cacerts</c> of all connections: what CERTREQ names, sent before anybody knows which connection it
    /// will be. Nobody is trusted for standing here.
    /// </summary>
    public TrustAnchors Announced { get; } = TrustAnchors.From(
        anchors.Certificates
            .Concat(connections.SelectMany(one => one.Rounds).SelectMany(round => round.Anchors?.Certificates ?? []))
            .DistinctBy(ca => ca.Thumbprint, StringComparer.Ordinal));

    public IkeTimes Times { get; } = times;

    public RedirectPolicy Redirect { get; init; } = RedirectPolicy.Never;

    public IkeLimits Limits { get; init; } = new();

    /// <summary><c>ike.unprotected_notifies</c>: INVALID_IKE_SPI is sent in clear for an SA that there is not.</summary>
    public bool UnprotectedNotifies { get; init; }

    public PskStore Psks { get; } = new(ikeSecrets);

    /// <summary>Passwords of EAP users, by EAP identity.</summary>
    public PskStore EapSecrets { get; init; } = new([]);

    public ConnectionPolicy? FindConnection(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A child's section; null where the connection or the child went with a reload.</summary>
    public ChildPolicy? FindChild(string connection, string name) =>
        FindConnection(connection)?.Children.FirstOrDefault(child => string.Equals(child.Name, name, StringComparison.Ordinal));

    public PoolPolicy? FindPool(string name) => _poolsByName.GetValueOrDefault(name);
}
