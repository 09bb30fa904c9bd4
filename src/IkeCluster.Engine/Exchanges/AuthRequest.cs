using System.Collections.Immutable;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>The payloads that begin a round of IKE_AUTH (RFC 7296 §1.2, RFC 4739), read in place from the deciphered chain.</summary>
internal ref struct AuthRequest
{
    internal PayloadIndex Payloads;
    internal IdPayload Idi;
    internal AuthPayload Auth;

    /// <summary>The peer's wish for our identity; empty body when absent.</summary>
    internal Identity? WantedIdr;

    /// <summary>False where AUTH is absent: the peer asks for EAP (RFC 7296 §2.16).</summary>
    internal bool HasAuth;

    /// <summary>How the peer proves itself in this round.</summary>
    internal readonly AuthClass Class =>
        !HasAuth ? AuthClass.Eap : Auth.Method == AuthMethod.SharedKey ? AuthClass.Psk : AuthClass.PublicKey;

    /// <summary>The peer announces a further round of authentication (RFC 4739 §3.2).</summary>
    internal readonly bool AnotherFollows => Payloads.HasNotify(NotifyType.AnotherAuthFollows);

    internal static bool TryRead(scoped in PayloadIndex payloads, out AuthRequest request, out string fault)
    {
        request = default;
        fault = "";
        if (!payloads.TryFind(PayloadType.IdInitiator, out PayloadView idi) || !IdPayload.TryRead(idi.Body, out request.Idi, out _))
        {
            fault = "no sound IDi payload";
            return false;
        }

        if (payloads.TryFind(PayloadType.Auth, out PayloadView auth))
        {
            request.HasAuth = true;
            if (!AuthPayload.TryRead(auth.Body, out request.Auth, out ParseFault authFault))
            {
                fault = authFault.ToString();
                return false;
            }
        }

        if (payloads.TryFind(PayloadType.IdResponder, out PayloadView idr))
        {
            if (!IdPayload.TryRead(idr.Body, out IdPayload wanted, out ParseFault idFault))
            {
                fault = idFault.ToString();
                return false;
            }

            request.WantedIdr = wanted.ToIdentity();
        }

        request.Payloads = payloads;
        return true;
    }

    /// <summary>The certificates in the order sent; the first is the peer's own (RFC 7296 §3.6).</summary>
    internal readonly ImmutableArray<byte[]> Certificates()
    {
        ImmutableArray<byte[]>.Builder found = ImmutableArray.CreateBuilder<byte[]>();
        for (int i = 0; i < Payloads.Count; i++)
        {
            if (Payloads[i].Type == PayloadType.Cert
                && CertPayload.TryRead(Payloads[i].Body, out CertPayload cert, out _)
                && cert.Encoding == CertEncoding.X509Signature)
            {
                found.Add(cert.Data.ToArray());
            }
        }

        return found.ToImmutable();
    }
}
