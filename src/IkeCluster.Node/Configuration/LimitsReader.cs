using IkeCluster.Engine.Policy;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads <c>limits</c>: what one identity and one SA may have.</summary>
internal static class LimitsReader
{
    private const int SessionsMax = 1_000_000;

    public static IkeLimits Read(ConfigSection section)
    {
        var limits = new IkeLimits { SessionsPerIdentity = section.Number("sessions_per_identity", 0, 0, SessionsMax) };
        section.OnlyDefault("children_per_sa", "16");
        section.OnlyDefault("rekeys_per_minute", "10");
        section.OnlyDefault("requests_per_second", "50");
        section.OnlyDefault("fragments_per_sa", "64");
        section.Done();
        return limits;
    }
}
