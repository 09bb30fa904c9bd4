using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Mobility;

/// <summary>
/// REDIRECT (RFC 5685): a client that understands it is sent to another gateway, in IKE_SA_INIT without any state here,
/// or at the end of IKE_AUTH where the wish came up meanwhile.
/// </summary>
internal static class Redirect
{
    /// <summary>Octets of a REDIRECT with its headers, the nonce apart.</summary>
    internal const int NotifyOctetsMax = 8 + GatewayIdentity.OctetsMax;

    /// <summary>RFC 5685 §3: REDIRECTED_FROM says that the client understands REDIRECT too.</summary>
    internal static bool IsUnderstood(in PayloadIndex init) =>
        init.HasNotify(NotifyType.RedirectSupported) || init.HasNotify(NotifyType.RedirectedFrom);

    /// <summary>
    /// The other gateway for the client that sent this IKE_SA_INIT; null: it stays, as one does that has come to that very address.
    /// </summary>
    internal static GatewayIdentity? Target(in PayloadIndex init, DatagramPath path, in StepContext context)
    {
        return IsUnderstood(init) && context.Policy.Redirect.ForNewClient(context.IsDraining) is { } target && !CameFrom(init, target)
            && !target.Equals(GatewayIdentity.Of(path.Local.Address))
            ? target
            : null;
    }

    /// <summary>The same, of a first message that was kept.</summary>
    internal static GatewayIdentity? Target(ReadOnlySpan<byte> initRequest, DatagramPath path, in StepContext context) =>
        IkeHeader.TryRead(initRequest, out IkeHeader header)
        && PayloadIndex.TryRead(header.NextPayload, initRequest[IkeHeader.Octets..], out PayloadIndex init, out _)
            ? Target(init, path, context)
            : null;

    /// <summary>The notify of an established SA, or of IKE_AUTH: without a nonce.</summary>
    internal static void Write(ref PayloadWriter writer, GatewayIdentity target)
    {
        Span<byte> data = stackalloc byte[GatewayIdentity.OctetsMax];
        target.Write(data);
        writer.Notify(NotifyType.Redirect, data[..target.Octets]);
    }

    /// <summary>The notify of IKE_SA_INIT: the client's nonce proves that whoever answers saw the request (RFC 5685 §3).</summary>
    internal static void Write(ref PayloadWriter writer, GatewayIdentity target, ReadOnlySpan<byte> nonce)
    {
        Span<byte> data = stackalloc byte[GatewayIdentity.OctetsMax + Limits.NonceOctetsMax];
        target.Write(data);
        nonce.CopyTo(data[target.Octets..]);
        writer.Notify(NotifyType.Redirect, data[..(target.Octets + nonce.Length)]);
    }

    /// <summary>
    /// A client that was sent here by our target is not sent back. Where it names that gateway in another form than ours, a name
    /// against an address, nobody can tell, and a client that is served twice as far away is better than one that never is.
    /// </summary>
    private static bool CameFrom(in PayloadIndex init, GatewayIdentity target) =>
        init.TryFindNotify(NotifyType.RedirectedFrom, out NotifyPayload from)
        && (!GatewayIdentity.TryRead(from.Data, out GatewayIdentity? gateway, out _) || gateway!.Type != target.Type || gateway.Equals(target));
}
