using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>A responder that has proved who it is; <paramref name="RestOfId"/> is its ID payload behind the generic header.</summary>
internal sealed record ProvedResponder(Identity Id, byte[] RestOfId, string Method);

/// <summary>Holds the responder to its IDr, CERT and AUTH (RFC 7296 §2.15).</summary>
internal sealed class ResponderProof(InitiatorSettings settings, InitResult init)
{
    /// <summary>Null with a fault, and with the responder's notify where it refused.</summary>
    public ProvedResponder? Check(in PayloadIndex answer, Instant now, out string fault, out NotifyType refusal)
    {
        refusal = NotifyType.None;
        if (!answer.TryFind(PayloadType.IdResponder, out PayloadView idView) || !answer.TryFind(PayloadType.Auth, out PayloadView authView))
        {
            refusal = ChildOffer.FirstError(answer);
            fault = refusal == NotifyType.None ? "the IKE_AUTH response lacks IDr or AUTH" : $"IKE_AUTH refused: {NotifyText.Write(refusal)}";
            return null;
        }

        if (!IdPayload.TryRead(idView.Body, out IdPayload id, out _) || !AuthPayload.TryRead(authView.Body, out AuthPayload auth, out _))
        {
            fault = "the IKE_AUTH response has an unsound IDr or AUTH";
            return null;
        }

        Identity remote = id.ToIdentity();
        if (settings.RemoteId is { } wanted && wanted.Match(remote) == Identity.NoMatch)
        {
            fault = $"the responder is {remote}, not {wanted}";
            return null;
        }

        byte[] restOfId = id.Body.ToArray();
        return Method(auth, Signed(restOfId), remote, answer, now, out fault) is { } method ? new(remote, restOfId, method) : null;
    }

    /// <summary>What the responder's AUTH is made over.</summary>
    public byte[] Signed(byte[] restOfId) =>
        ProofOctets.Signed(init.Chosen.Prf, init.Response, init.Ni, init.Keys.SkPr.Reveal(), restOfId);

    /// <summary>How the responder proved itself; null with a fault where it did not.</summary>
    private string? Method(AuthPayload auth, byte[] signed, Identity remote, in PayloadIndex answer, Instant now, out string fault)
    {
        if (auth.Method == AuthMethod.SharedKey)
        {
            bool holds = settings is { Anchors: null, Proof: InitiatorProof.SharedKey psk }
                && ProofOctets.OfSharedKey(init.Chosen.Prf, psk.Secret.Reveal(), signed).AsSpan().SequenceEqual(auth.Data);
            fault = holds ? "" : "the responder's proof of the shared secret does not hold";
            return holds ? "psk" : null;
        }

        List<X509Certificate2> certificates = CertificatesOf(answer);
        if (settings.Anchors is not { } anchors || certificates.Count == 0)
        {
            fault = $"the responder signed ({auth.Method}), but no authority is trusted or no certificate came";
            return null;
        }

        ChainResult chain = CertificateChain.Validate(certificates[0], certificates[1..], anchors, now);
        if (!chain.IsOk || !CertificateIdentity.Holds(certificates[0], remote))
        {
            fault = chain.IsOk ? $"the responder's certificate does not name {remote}" : $"the responder's certificate: {chain.Cause}";
            return null;
        }

        return SignedBy(certificates[0], auth, signed, out fault);
    }

    private static string? SignedBy(X509Certificate2 certificate, AuthPayload auth, byte[] signed, out string fault)
    {
        using Crypto.Signatures.PublicKey? key = Crypto.Signatures.PublicKey.FromCertificate(certificate);
        if (key is null)
        {
            fault = "the responder's certificate has a key that is not known here";
            return null;
        }

        return AuthSignature.Verify(key, auth.Method, auth.Data, signed, AuthScheme.PublicKeyOrSha1, out SignatureAlgorithm used, out fault)
            ? used.Name()
            : null;
    }

    private static List<X509Certificate2> CertificatesOf(in PayloadIndex answer)
    {
        List<X509Certificate2> certificates = [];
        for (int i = 0; i < answer.Count; i++)
        {
            if (answer[i].Type == PayloadType.Cert && CertPayload.TryRead(answer[i].Body, out CertPayload cert, out _)
                && cert.Encoding == CertEncoding.X509Signature
                && PeerCertificate.TryRead(cert.Data, out X509Certificate2 certificate, out _))
            {
                certificates.Add(certificate);
            }
        }

        return certificates;
    }
}
