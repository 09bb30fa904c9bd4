using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads <c>limits</c>.</summary>
internal static class LimitsReader
{
    private const int RateMax = 1_000_000;

    public static IkeLimits Read(ConfigSection section)
    {
        var defaults = new IkeLimits();
        var limits = new IkeLimits
        {
            SessionsPerIdentity = section.Number("sessions_per_identity", defaults.SessionsPerIdentity, 0, RateMax),
            ChildrenPerSa = section.Number("children_per_sa", defaults.ChildrenPerSa, 0, IkeLimits.RowMax),
            RekeysPerMinute = section.Number("rekeys_per_minute", defaults.RekeysPerMinute, 0, RateMax),
            RequestsPerSecond = section.Number("requests_per_second", defaults.RequestsPerSecond, 0, RateMax),
            FragmentsPerSa = section.Number("fragments_per_sa", defaults.FragmentsPerSa, 0, Limits.FragmentsPerMessageMax),
        };
        section.Done();
        return limits;
    }
}
