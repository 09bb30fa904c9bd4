using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>What IKE_AUTH settled: the IKE SA, and its first child or why there is none.</summary>
internal sealed record AuthResult(NegotiatedSa Sa, InitiatorChild? Child, NotifyType ChildRefusal);

/// <summary>IKE_AUTH without EAP (RFC 7296 §1.2, §2.15).</summary>
internal sealed class AuthExchange(InitiatorSettings settings, InitResult init, FillRandom random)
{
    private readonly ChildOffer _offer = ChildOffer.First(settings, random);

    /// <summary>Null: our own key makes no signature that the responder lists.</summary>
    public PayloadChain? Request(out string fault)
    {
        if (Prove(out fault) is not ({ } method, { } proof))
        {
            return null;
        }

        return PayloadChain.Of((ref PayloadWriter writer) =>
        {
            writer.Id(PayloadType.IdInitiator, settings.LocalId);
            WriteCertificates(ref writer);
            if (settings.RemoteId is { } wanted)
            {
                writer.Id(PayloadType.IdResponder, wanted);
            }

            writer.Auth(method, proof);
            if (settings.InitialContact)
            {
                writer.Notify(NotifyType.InitialContact);
            }

            WriteConfigurationRequest(ref writer);
            _offer.Write(ref writer);
        });
    }

    /// <summary>Judges the answer; null with a fault, and with the responder's notify where it refused.</summary>
    public AuthResult? Read(in PayloadIndex payloads, Instant now, out string fault, out NotifyType refusal)
    {
        refusal = NotifyType.None;
        if (!payloads.TryFind(PayloadType.IdResponder, out PayloadView idView) || !payloads.TryFind(PayloadType.Auth, out PayloadView authView))
        {
            refusal = ChildOffer.FirstError(payloads);
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

        byte[] signed = ProofOctets.Signed(init.Chosen.Prf, init.Response, init.Ni, init.Keys.SkPr.Reveal(), id.Body);
        return Check(auth, signed, remote, payloads, now, out fault) is { } method ? Settle(payloads, remote, method, ref fault) : null;
    }

    private (AuthMethod Method, byte[] Proof)? Prove(out string fault)
    {
        byte[] restOfId = ProofOctets.RestOf(settings.LocalId);
        byte[] signed = ProofOctets.Signed(init.Chosen.Prf, init.Request, init.Nr, init.Keys.SkPi.Reveal(), restOfId);
        fault = "";
        switch (settings.Proof)
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

    private void WriteCertificates(ref PayloadWriter writer)
    {
        if (settings.Proof is InitiatorProof.Certificate own)
        {
            foreach (X509Certificate2 certificate in own.Certificates)
            {
                writer.Cert(CertEncoding.X509Signature, certificate.RawDataMemory.Span);
            }
        }

        if (settings.Anchors is { } anchors)
        {
            writer.CertReq(CertEncoding.X509Signature, anchors.KeyHashes);
        }
    }

    private void WriteConfigurationRequest(ref PayloadWriter writer)
    {
        List<CfgAttribute> wanted = [];
        if (settings.WantsIpv4)
        {
            wanted.AddRange([new(CfgAttributeType.InternalIp4Address, default), new(CfgAttributeType.InternalIp4Dns, default)]);
        }

        if (settings.WantsIpv6)
        {
            wanted.AddRange([new(CfgAttributeType.InternalIp6Address, default), new(CfgAttributeType.InternalIp6Dns, default)]);
        }

        if (wanted.Count != 0)
        {
            writer.Cp(CfgType.Request, wanted.ToArray());
        }
    }

    /// <summary>How the responder proved itself; null with a fault where it did not.</summary>
    private string? Check(
        AuthPayload auth, byte[] signed, Identity remote, in PayloadIndex payloads, Instant now, out string fault)
    {
        if (auth.Method == AuthMethod.SharedKey)
        {
            bool holds = settings is { Anchors: null, Proof: InitiatorProof.SharedKey psk }
                && ProofOctets.OfSharedKey(init.Chosen.Prf, psk.Secret.Reveal(), signed).AsSpan().SequenceEqual(auth.Data);
            fault = holds ? "" : "the responder's proof of the shared secret does not hold";
            return holds ? "psk" : null;
        }

        List<X509Certificate2> certificates = CertificatesOf(payloads);
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

        using Crypto.Signatures.PublicKey? key = Crypto.Signatures.PublicKey.FromCertificate(certificates[0]);
        if (key is null)
        {
            fault = "the responder's certificate has a key that is not known here";
            return null;
        }

        return AuthSignature.Verify(key, auth.Method, auth.Data, signed, AuthScheme.PublicKeyOrSha1, out SignatureAlgorithm used, out fault)
            ? used.Name()
            : null;
    }

    private static List<X509Certificate2> CertificatesOf(in PayloadIndex payloads)
    {
        List<X509Certificate2> certificates = [];
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Cert && CertPayload.TryRead(payloads[i].Body, out CertPayload cert, out _)
                && cert.Encoding == CertEncoding.X509Signature
                && PeerCertificate.TryRead(cert.Data, out X509Certificate2 certificate, out _))
            {
                certificates.Add(certificate);
            }
        }

        return certificates;
    }

    private AuthResult? Settle(in PayloadIndex payloads, Identity remote, string method, ref string fault)
    {
        NegotiatedSa sa = Configuration.Read(payloads, new NegotiatedSa
        {
            InitiatorSpi = init.InitiatorSpi,
            ResponderSpi = init.ResponderSpi,
            Proposal = init.Chosen,
            RemoteId = remote,
            RemoteAuth = method,
            Fragmentation = init.Fragmentation,
            LocalBehindNat = init.LocalBehindNat,
            RemoteBehindNat = init.RemoteBehindNat,
        });

        // RFC 7296 §1.2: a child that is refused leaves the IKE SA standing.
        NotifyType refusal = ChildOffer.FirstError(payloads);
        if (refusal != NotifyType.None)
        {
            return new AuthResult(sa, null, refusal);
        }

        InitiatorChild? child = _offer.Settle(payloads, init.Chosen.Prf, init.Keys, init.Ni, init.Nr, out fault);
        return child is null ? null : new AuthResult(sa, child, NotifyType.None);
    }
}
