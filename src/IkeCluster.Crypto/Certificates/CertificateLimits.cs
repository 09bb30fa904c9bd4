namespace IkeCluster.Crypto.Certificates;

/// <summary>What a peer may send of certificates.</summary>
public static class CertificateLimits
{
    /// <summary>CERT payloads with certificates in one message; the leaf counts too.</summary>
    public const int PeerCertificatesMax = 10;

    /// <summary>Octets of one certificate in DER.</summary>
    public const int CertificateOctetsMax = 16 * 1024;

    /// <summary>Certificates of a chain, leaf and root included: what strongSwan follows too.</summary>
    public const int ChainCertificatesMax = 8;

    /// <summary>Certificates of one PEM file of the operator.</summary>
    public const int FileCertificatesMax = 1024;
}
