namespace IkeCluster.Protocol.Payloads;

/// <summary>Certificate encodings (IANA IKEv2 registry; RFC 7296 §3.6, RFC 4806, RFC 7670).</summary>
public enum CertEncoding : byte
{
    None = 0, Pkcs7 = 1, Pgp = 2, DnsSignedKey = 3, X509Signature = 4, KerberosToken = 6, Crl = 7, Arl = 8, Spki = 9,
    X509Attribute = 10, HashAndUrl = 12, HashAndUrlOfBundle = 13, OcspContent = 14, Raw = 15,
}
