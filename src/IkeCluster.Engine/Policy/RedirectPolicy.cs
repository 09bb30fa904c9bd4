using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Engine.Policy;

/// <summary><c>redirect.when</c> of the configuration.</summary>
public enum RedirectWhen : byte
{
    Never,

    /// <summary>While the node drains: new clients, and those that have an SA.</summary>
    Drain,

    /// <summary>Every new client.</summary>
    Always,
}

/// <summary>The <c>redirect</c> section: where clients that understand it are sent (RFC 5685).</summary>
public sealed record RedirectPolicy(RedirectWhen When, GatewayIdentity? To)
{
    public static RedirectPolicy Never { get; } = new(RedirectWhen.Never, null);

    /// <summary>Whom a new client is sent to; null: it is served here.</summary>
    public GatewayIdentity? ForNewClient(bool isDraining) =>
        When == RedirectWhen.Always || (When == RedirectWhen.Drain && isDraining) ? To : null;
}
