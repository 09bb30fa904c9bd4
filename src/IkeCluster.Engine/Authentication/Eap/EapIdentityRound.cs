using System.Text;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Authentication.Eap;

/// <summary>
/// EAP-Request/Identity (RFC 3748 §5.1), in front of the method where the connection has an <c>eap_id</c>: some clients
/// send their address as IDi, and their user name only here.
/// </summary>
internal sealed class EapIdentityRound : IEapMethod
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);

    public string Name => "identity";

    public EapStep Start(byte identifier, in StepContext context) =>
        new EapStep.Ask(this, EapPacket.Request((byte)(identifier + 1), EapPacket.IdentityType, []));

    public EapStep Answer(in EapPayload response, in StepContext context)
    {
        if (response.Type != EapPacket.IdentityType)
        {
            return EapPacket.NotOurs(response, Name);
        }

        return ReadIdentity(response.TypeData) is { } identity
            ? new EapStep.Identified(identity)
            : new EapStep.Failure(LoginFailure.UnknownIdentity, "the peer answers EAP-Identity with nothing that names anybody");
    }

    public EapStep Resume(WorkResult result, in StepContext context) => throw new InvariantException("EAP-Identity waits for nothing");

    public void Forget()
    {
    }

    /// <summary>
    /// As a configuration spells it, so that both sides of a comparison are read alike. What would read as a pattern for
    /// everybody is nobody.
    /// </summary>
    internal static Identity? ReadIdentity(ReadOnlySpan<byte> name) =>
        name.Length <= Limits.IdentityOctetsMax && Identity.TryParse(Utf8.GetString(name), out Identity? identity, out _)
        && !identity.IsAny && !identity.HasWildcards
            ? identity
            : null;
}
