using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>IKE_AUTH in one round, by shared secret or signature (RFC 7296 §1.2, §2.15).</summary>
internal sealed class AuthExchange(InitiatorSettings settings, InitResult init, FillRandom random) : IAuthRounds
{
    private readonly LoginWishes _wishes = new(settings, init, random);
    private readonly ResponderProof _responder = new(settings, init);

    public AuthTurn Begin() => Prove(init, settings.LocalId, settings.Proof, out string fault) is ({ } method, { } proof)
        ? new AuthTurn.Ask(PayloadChain.Of((ref PayloadWriter writer) => Write(ref writer, method, proof)))
        : new AuthTurn.Failed(fault);

    public AuthTurn Answered(in PayloadIndex answer, Instant now) =>
        _responder.Check(answer, now, out string fault, out NotifyType refusal) is { } responder
            ? _wishes.Settle(answer, responder)
            : new AuthTurn.Failed(fault, refusal);

    private void Write(ref PayloadWriter writer, AuthMethod method, byte[] proof)
    {
        writer.Id(PayloadType.IdInitiator, settings.LocalId);
        WriteCertificates(ref writer, settings.Proof, settings.Anchors);
        _wishes.WriteRemoteId(ref writer);
        writer.Auth(method, proof);
        _wishes.Write(ref writer);
    }

    /// <summary>Null with a fault: our own key makes no signature that the responder lists.</summary>
    internal static (AuthMethod Method, byte[] Proof)? Prove(InitResult init, Identity id, InitiatorProof proof, out string fault)
    {
        byte[] restOfId = ProofOctets.RestOf(id);
        byte[] signed = ProofOctets.Signed(init.Chosen.Prf, init.Request, init.Nr, init.Keys.SkPi.Reveal(), restOfId);
        fault = "";
        switch (proof)
        {
            case InitiatorProof.SharedKey psk:
                return (AuthMethod.SharedKey, ProofOctets.OfSharedKey(init.Chosen.Prf, psk.Secret.Reveal(), signed));
            case InitiatorProof.Certificate own:
                if (AuthSignature.Choose(own.Key, init.PeerHashes.AsSpan(), AuthScheme.PublicKeyOrSha1, out fault) is not { } choice)
                {
                    return null;
                }

                return (choice.Method, AuthSignature.Sign(own.Key, choice, signed));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    internal static void WriteCertificates(ref PayloadWriter writer, InitiatorProof proof, TrustAnchors? anchors)
    {
        if (proof is InitiatorProof.Certificate own)
        {
            foreach (X509Certificate2 certificate in own.Certificates)
            {
                writer.Cert(CertEncoding.X509Signature, certificate.RawDataMemory.Span);
            }
        }

        if (anchors is { } trusted)
        {
            writer.CertReq(CertEncoding.X509Signature, trusted.KeyHashes);
        }
    }
}
