using System.Collections.Immutable;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>When an IKE_SA_INIT must come back with a cookie before it is served (<c>admission.cookies</c>).</summary>
public enum CookieMode : byte
{
    /// <summary>While many SAs are half open, and from sources past their rate.</summary>
    Auto,
    Always,
    Never,
}

/// <summary>The <c>admission</c> section of the configuration, with its defaults.</summary>
public sealed record AdmissionSettings
{
    public static AdmissionSettings Default { get; } = new();

    public CookieMode Cookies { get; init; } = CookieMode.Auto;

    /// <summary>Half-open SAs of this node at most.</summary>
    public int HalfOpenLimit { get; init; } = 50_000;

    /// <summary>Half-open SAs made with a valid cookie, per IPv4 address or IPv6 /64.</summary>
    public int HalfOpenPerSource { get; init; } = 50;

    /// <summary>IKE_SA_INITs a second, per IPv4 address or IPv6 /64.</summary>
    public int InitRatePerSource { get; init; } = 20;

    /// <summary>Other budgets for known carrier NATs and balancers; the longest prefix that fits counts.</summary>
    public ImmutableArray<SourceRule> Sources { get; init; } = [];
}

/// <summary>Budgets of each source in a network.</summary>
/// <param name="Network">First address of the network.</param>
/// <param name="PrefixLength">Bits of the prefix: up to 32 for IPv4, up to 128 for IPv6.</param>
/// <param name="InitRate">IKE_SA_INITs a second.</param>
/// <param name="HalfOpen">Half-open SAs made with a valid cookie.</param>
public sealed record SourceRule(IpAddress Network, int PrefixLength, int InitRate, int HalfOpen)
{
    private const int MappedPrefixLength = 96;

    /// <summary>Bits of the prefix in the 128-bit form of an address.</summary>
    public int MappedLength => Network.IsV4 ? MappedPrefixLength + PrefixLength : PrefixLength;

    public bool Holds(IpAddress address)
    {
        int hostBits = 128 - MappedLength;

        // A shift by all 128 bits would be a shift by none.
        return hostBits == 128 || (Network.Value >> hostBits) == (address.Value >> hostBits);
    }
}
