using System.Collections.Immutable;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>What one source may do: an INIT each <paramref name="IntervalMicroseconds"/>, some half-open SAs.</summary>
internal readonly record struct SourceLimits(long IntervalMicroseconds, int HalfOpen)
{
    /// <summary>A whole site (IPv6 /48) may do this many times what one of its networks (/64) may.</summary>
    public SourceLimits Times(int factor) =>
        new(Math.Max(1, IntervalMicroseconds / factor), (int)Math.Min(int.MaxValue, (long)HalfOpen * factor));
}

/// <summary>Finds the limits of an address: those of the longest prefix that holds it, else the general ones.</summary>
internal sealed class SourceRules(AdmissionSettings settings)
{
    private readonly ImmutableArray<SourceRule> _longestFirst =
        [.. settings.Sources.OrderByDescending(rule => rule.MappedLength)];

    private readonly SourceLimits _general = Limits(settings.InitRatePerSource, settings.HalfOpenPerSource);

    public SourceLimits For(IpAddress address)
    {
        foreach (SourceRule rule in _longestFirst)
        {
            if (rule.Holds(address))
            {
                return Limits(rule.InitRate, rule.HalfOpen);
            }
        }

        return _general;
    }

    private static SourceLimits Limits(int ratePerSecond, int halfOpen) =>
        new(Math.Max(1, (long)TimeSpan.MicrosecondsPerSecond / Math.Max(1, ratePerSecond)), halfOpen);
}
