using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Crypto.Signatures;
using PublicKey = IkeCluster.Crypto.Signatures.PublicKey;

namespace IkeCluster.Engine.Work;

/// <summary>Does a <see cref="SlowWork"/>; no state, so it may run on any thread.</summary>
public static class SlowWorkRunner
{
    public static WorkResult Run(SlowWork work) => work switch
    {
        SlowWork.MakeKeyPair make => MakePair(make),
        SlowWork.DeriveSecret derive => new WorkResult.Secret(derive.Pair.Derive(derive.PeerValue)),
        SlowWork.MakeKeyPairAndDerive both => MakeBoth(both),
        SlowWork.CheckCertificateProof check => CheckProof(check),
        SlowWork.Sign sign => new WorkResult.Signed(AuthSignature.Sign(sign.Key, sign.Choice, sign.SignedOctets)),
        _ => throw new UnreachableException(),
    };

    private static WorkResult.KeyPair MakePair(SlowWork.MakeKeyPair work)
    {
        using SecretBytes seed = work.Seed;
        return new(KeyExchange.FromSeed(work.Method, seed.Reveal()));
    }

    private static WorkResult.KeyPairAndSecret MakeBoth(SlowWork.MakeKeyPairAndDerive work)
    {
        using SecretBytes seed = work.Seed;
        KeyExchange pair = KeyExchange.FromSeed(work.Method, seed.Reveal());
        return new(pair, pair.Derive(work.PeerValue));
    }

    private static WorkResult.ProofChecked CheckProof(SlowWork.CheckCertificateProof work)
    {
        List<X509Certificate2> certificates = [];
        try
        {
            return TryRead(work, certificates, out string fault)
                ? Check(work, certificates)
                : new(fault, LoginFailure.BadCertificate);
        }
        finally
        {
            foreach (X509Certificate2 certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }

    private static bool TryRead(SlowWork.CheckCertificateProof work, List<X509Certificate2> certificates, out string fault)
    {
        fault = work.Certificates.Length > CertificateLimits.PeerCertificatesMax
            ? $"the peer sent {work.Certificates.Length} certificates and the most is {CertificateLimits.PeerCertificatesMax}"
            : "";
        foreach (byte[] der in work.Certificates.Take(CertificateLimits.PeerCertificatesMax))
        {
            if (!PeerCertificate.TryRead(der, out X509Certificate2 certificate, out CertificateFault unreadable))
            {
                fault = unreadable.Cause;
                return false;
            }

            certificates.Add(certificate);
        }

        return fault.Length == 0;
    }

    private static WorkResult.ProofChecked Check(SlowWork.CheckCertificateProof work, List<X509Certificate2> certificates)
    {
        X509Certificate2 leaf = certificates[0];
        ChainResult chain = CertificateChain.Validate(leaf, certificates[1..], work.Anchors, work.Now, work.Constraint);
        if (!chain.IsOk)
        {
            return new(chain.Cause, LoginFailure.BadCertificate);
        }

        if (!CertificateIdentity.Holds(leaf, work.Identity))
        {
            return new("the certificate does not hold the identity that the peer claims", LoginFailure.BadCertificate);
        }

        using PublicKey? key = PublicKey.FromCertificate(leaf);
        if (key is null)
        {
            return new("the certificate's key is of a kind that is not supported", LoginFailure.BadCertificate);
        }

        bool holds = AuthSignature.Verify(
            key, work.Method, work.AuthData, work.SignedOctets, work.Constraint, out SignatureAlgorithm used, out string fault);
        return holds ? new(null, default, used.Name()) : new(fault, LoginFailure.BadSignature);
    }
}
