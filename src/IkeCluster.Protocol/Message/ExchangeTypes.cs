namespace IkeCluster.Protocol.Message;

/// <summary>Questions about exchange types.</summary>
public static class ExchangeTypes
{
    /// <summary>An exchange that has a name here; whether it is served is for others to say.</summary>
    public static bool IsKnown(this ExchangeType exchange) =>
        exchange is (>= ExchangeType.IkeSaInit and <= ExchangeType.IkeSessionResume) or ExchangeType.IkeIntermediate;
}
