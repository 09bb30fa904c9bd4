using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Crypto.Certificates;

/// <summary>Puts the status flags of a chain that did not build into one line, the most telling cause first.</summary>
internal static class ChainFaults
{
    private const X509ChainStatusFlags Names =
        X509ChainStatusFlags.InvalidNameConstraints | X509ChainStatusFlags.HasNotSupportedNameConstraint
        | X509ChainStatusFlags.HasNotDefinedNameConstraint | X509ChainStatusFlags.HasNotPermittedNameConstraint
        | X509ChainStatusFlags.HasExcludedNameConstraint;

    private const X509ChainStatusFlags Times = X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotTimeNested;

    public static ChainResult Explain(X509ChainStatusFlags all, X509Certificate2[] path, Instant now) =>
        path.Length == 0
            ? ChainResult.Refused(CertificateFaultKind.Unreadable, "the certificate cannot be read")
            : ExplainTrust(all, path) ?? ExplainTime(all, path, now) ?? ExplainRest(all, path);

    public static ChainResult NotAnAuthority(X509Certificate2 certificate) => ChainResult.Refused(
        CertificateFaultKind.NotAnAuthority,
        $"{CertificateText.Subject(certificate)} signed a certificate and is no authority");

    public static ChainResult MayNotSign(X509Certificate2 certificate) => ChainResult.Refused(
        CertificateFaultKind.KeyUsage, $"the key usage of {CertificateText.Subject(certificate)} has no keyCertSign");

    private static ChainResult? ExplainTrust(X509ChainStatusFlags all, X509Certificate2[] path)
    {
        if (all.HasFlag(X509ChainStatusFlags.NotSignatureValid))
        {
            return ChainResult.Refused(
                CertificateFaultKind.BadSignature, "a signature in the certificate chain does not verify");
        }

        if (all.HasFlag(X509ChainStatusFlags.PartialChain))
        {
            string issuer = CertificateText.Issuer(path[^1]);
            return ChainResult.Refused(
                CertificateFaultKind.UnknownIssuer,
                $"{issuer}, the issuer of {CertificateText.Subject(path[^1])}, is not known here");
        }

        return all.HasFlag(X509ChainStatusFlags.UntrustedRoot)
            ? ChainResult.Refused(
                CertificateFaultKind.UnknownIssuer,
                $"{CertificateText.Subject(path[^1])} is not among the trusted authorities")
            : null;
    }

    private static ChainResult? ExplainTime(X509ChainStatusFlags all, X509Certificate2[] path, Instant now)
    {
        if ((all & Times) == X509ChainStatusFlags.NoError)
        {
            return null;
        }

        foreach (X509Certificate2 certificate in path)
        {
            if (Instant.FromUtc(certificate.NotBefore.ToUniversalTime()) > now)
            {
                return ChainResult.Refused(
                    CertificateFaultKind.NotYetValid,
                    $"{CertificateText.Subject(certificate)} is not valid before {Utc(certificate.NotBefore)}");
            }

            if (Instant.FromUtc(certificate.NotAfter.ToUniversalTime()) <= now)
            {
                return ChainResult.Refused(
                    CertificateFaultKind.Expired,
                    $"{CertificateText.Subject(certificate)} is expired since {Utc(certificate.NotAfter)}");
            }
        }

        return ChainResult.Refused(CertificateFaultKind.Expired, "a certificate of the chain is not valid now");
    }

    private static ChainResult ExplainRest(X509ChainStatusFlags all, X509Certificate2[] path)
    {
        if (all.HasFlag(X509ChainStatusFlags.InvalidBasicConstraints))
        {
            return ExplainConstraints(path);
        }

        if ((all & Names) != X509ChainStatusFlags.NoError)
        {
            return ChainResult.Refused(
                CertificateFaultKind.NameConstraint,
                "a name constraint of an authority does not allow the certificate's names");
        }

        return all.HasFlag(X509ChainStatusFlags.HasNotSupportedCriticalExtension)
            ? ChainResult.Refused(
                CertificateFaultKind.UnknownExtension,
                "a certificate of the chain has a critical extension that is not known here")
            : ChainResult.Refused(CertificateFaultKind.Other, $"the certificate chain is refused: {all}");
    }

    private static ChainResult ExplainConstraints(X509Certificate2[] path)
    {
        foreach (X509Certificate2 authority in path.AsSpan(1))
        {
            if (!CertificateExtensions.IsAuthority(authority))
            {
                return NotAnAuthority(authority);
            }

            if (!CertificateExtensions.MaySignCertificates(authority))
            {
                return MayNotSign(authority);
            }
        }

        return ChainResult.Refused(
            CertificateFaultKind.PathTooLong, "the chain is longer than an authority in it allows");
    }

    private static string Utc(DateTime local) =>
        local.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
