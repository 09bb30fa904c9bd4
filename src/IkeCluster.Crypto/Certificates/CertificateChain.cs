using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Der;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Values;
using KeyOfPeer = IkeCluster.Crypto.Signatures.PublicKey;

namespace IkeCluster.Crypto.Certificates;

/// <summary>
/// Builds and judges the chain from a peer's certificate to an authority of ours (RFC 5280 §6): time from the caller,
/// no trust but the given anchors, no downloads. The BCL also looks into the user's own store of intermediates, which
/// can lend a missing link but no trust. Revocation is another matter and not looked at here.
/// </summary>
public static class CertificateChain
{
    public static ChainResult Validate(
        X509Certificate2 leaf, IReadOnlyList<X509Certificate2> intermediates, TrustAnchors anchors, Instant now) =>
        Validate(leaf, intermediates, anchors, now, AuthScheme.PublicKey);

    /// <summary>The same, within what the connection's auth string says of hashes and key sizes.</summary>
    public static ChainResult Validate(
        X509Certificate2 leaf,
        IReadOnlyList<X509Certificate2> intermediates,
        TrustAnchors anchors,
        Instant now,
        AuthScheme scheme)
    {
        if (intermediates.Count >= CertificateLimits.PeerCertificatesMax)
        {
            return ChainResult.Refused(
                CertificateFaultKind.TooMany,
                $"more than {CertificateLimits.PeerCertificatesMax} certificates were sent");
        }

        // The BCL decodes names, times and extensions lazily and throws on unsound ones. All of them are a peer's
        // octets, so the exception is turned into a value here, where the last of them is touched.
        try
        {
            return Build(leaf, intermediates, anchors, now, scheme);
        }
        catch (CryptographicException)
        {
            return ChainResult.Refused(CertificateFaultKind.Unreadable, "a certificate of the chain cannot be read");
        }
    }

    private static ChainResult Build(
        X509Certificate2 leaf,
        IReadOnlyList<X509Certificate2> intermediates,
        TrustAnchors anchors,
        Instant now,
        AuthScheme scheme)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors.Certificates.ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(intermediates.ToArray());
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.ToUtc();
        bool isBuilt = chain.Build(leaf);
        X509Certificate2[] path = [.. chain.ChainElements.Select(element => element.Certificate)];
        try
        {
            return isBuilt ? JudgePath(path, scheme) : JudgePartial(chain, path, anchors, now, scheme);
        }
        finally
        {
            Array.ForEach(path, certificate => certificate.Dispose());
        }
    }

    // An anchor that is itself issued by somebody: the BCL wants a root and says PartialChain, besides whatever else it
    // has found. RFC 5280 §6.1 asks for no more than a trusted key.
    private static ChainResult JudgePartial(
        X509Chain chain, X509Certificate2[] path, TrustAnchors anchors, Instant now, AuthScheme scheme)
    {
        X509ChainStatusFlags all = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus status in chain.ChainStatus)
        {
            all |= status.Status;
        }

        bool endsAtAnchor = path.Length > 1
            && anchors.Certificates.Any(anchor => anchor.RawDataMemory.Span.SequenceEqual(path[^1].RawDataMemory.Span));
        if (endsAtAnchor && all == X509ChainStatusFlags.PartialChain)
        {
            return JudgePath(path, scheme);
        }

        return ChainFaults.Explain(endsAtAnchor ? all & ~X509ChainStatusFlags.PartialChain : all, path, now);
    }

    private static ChainResult JudgePath(X509Certificate2[] path, AuthScheme scheme)
    {
        if (path.Length > CertificateLimits.ChainCertificatesMax)
        {
            return ChainResult.Refused(
                CertificateFaultKind.PathTooLong,
                $"the chain has more than {CertificateLimits.ChainCertificatesMax} certificates");
        }

        ChainResult result = JudgeLeaf(path[0]);
        for (int at = 0; at < path.Length && result.IsOk; at++)
        {
            result = JudgeLink(path[at], isAuthority: at > 0, isAnchor: at == path.Length - 1, scheme);
        }

        return result;
    }

    private static ChainResult JudgeLeaf(X509Certificate2 leaf)
    {
        if (!CertificateExtensions.MaySignAuth(leaf))
        {
            return ChainResult.Refused(
                CertificateFaultKind.KeyUsage,
                $"the key usage of {CertificateText.Subject(leaf)} has no digitalSignature");
        }

        return CertificateExtensions.IsForIke(leaf)
            ? ChainResult.Ok
            : ChainResult.Refused(
                CertificateFaultKind.ExtendedKeyUsage,
                $"the extended key usage of {CertificateText.Subject(leaf)} allows neither IKE nor TLS");
    }

    private static ChainResult JudgeLink(
        X509Certificate2 certificate, bool isAuthority, bool isAnchor, AuthScheme scheme)
    {
        if (isAuthority && !CertificateExtensions.IsAuthority(certificate))
        {
            return ChainFaults.NotAnAuthority(certificate);
        }

        if (isAuthority && !CertificateExtensions.MaySignCertificates(certificate))
        {
            return ChainFaults.MayNotSign(certificate);
        }

        // An anchor is trusted for its key: how it signed itself proves nothing.
        ChainResult signature = isAnchor && isAuthority ? ChainResult.Ok : JudgeSignature(certificate, scheme);
        return signature.IsOk ? JudgeKey(certificate, scheme) : signature;
    }

    private static ChainResult JudgeKey(X509Certificate2 certificate, AuthScheme scheme)
    {
        string name = CertificateText.Subject(certificate);
        if (!KeyOfPeer.TryFromCertificate(certificate, out KeyOfPeer key, out string fault))
        {
            return ChainResult.Refused(CertificateFaultKind.WeakKey, $"{name}: {fault}");
        }

        using (key)
        {
            return scheme.AcceptsKey(key.Kind, key.Bits, out fault)
                ? ChainResult.Ok
                : ChainResult.Refused(CertificateFaultKind.WeakKey, $"{name}: {fault}");
        }
    }

    private static ChainResult JudgeSignature(X509Certificate2 certificate, AuthScheme scheme)
    {
        string name = CertificateText.Subject(certificate);
        ReadOnlySpan<byte> der = certificate.RawDataMemory.Span;
        if (!TryReadSignatureAlgorithm(der, out SignatureAlgorithm algorithm, out string fault))
        {
            return ChainResult.Refused(CertificateFaultKind.WeakSignature, $"{name}: {fault}");
        }

        return scheme.AcceptsCertificateSignature(algorithm)
            ? ChainResult.Ok
            : ChainResult.Refused(
                CertificateFaultKind.WeakSignature,
                $"{name} is signed with {algorithm.Name()}, which {scheme} does not take");
    }

    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 §4.1)
    private static bool TryReadSignatureAlgorithm(
        ReadOnlySpan<byte> der, out SignatureAlgorithm algorithm, out string fault)
    {
        algorithm = default;
        if (!new DerReader(der).TryEnterOnly(Asn1Tag.Sequence, out DerReader certificate)
            || !certificate.TryReadWhole(Asn1Tag.Sequence, out _)
            || !certificate.TryReadWhole(Asn1Tag.Sequence, out ReadOnlySpan<byte> identifier))
        {
            fault = "the certificate is not sound DER";
            return false;
        }

        return AlgorithmIdentifier.TryRead(identifier, out algorithm, out fault);
    }
}
