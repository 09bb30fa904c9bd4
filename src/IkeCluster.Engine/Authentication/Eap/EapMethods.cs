using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Authentication.Eap;

/// <summary>The EAP methods that this release has.</summary>
public static class EapMethods
{
    /// <summary>What may stand behind <c>eap-</c>; <c>eap</c> alone is the first of them.</summary>
    public static IReadOnlyList<string> Names { get; } = [MsChapV2.MethodName];

    /// <summary>The method label of ike_auth_total.</summary>
    internal static string WordFor(AuthScheme scheme) => $"eap-{(scheme.EapMethod.Length == 0 ? Names[0] : scheme.EapMethod)}";

    /// <summary>The method that a connection asks for, ready for this user.</summary>
    /// <param name="local">Who we are: a secret may name us beside the user.</param>
    /// <param name="user">The EAP identity.</param>
    /// <param name="policy">Where the secrets are.</param>
    internal static IEapMethod Make(Identity local, Identity user, PolicySet policy) => MsChapV2.For(policy.EapSecrets.Find(local, user));
}
