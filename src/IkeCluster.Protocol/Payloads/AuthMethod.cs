namespace IkeCluster.Protocol.Payloads;

/// <summary>Authentication methods (IANA IKEv2 registry; RFC 7296 §3.8, RFC 4754, RFC 7427, RFC 7619).</summary>
public enum AuthMethod : byte
{
    None = 0, RsaSignature = 1, SharedKey = 2, DssSignature = 3, EcdsaP256 = 9, EcdsaP384 = 10, EcdsaP521 = 11,
    GenericSecure = 12, Null = 13, DigitalSignature = 14,
}

/// <summary>Hash algorithms of SIGNATURE_HASH_ALGORITHMS (IANA IKEv2 registry; RFC 7427 §4, RFC 8420 §2).</summary>
public enum SignatureHash : ushort { None = 0, Sha1 = 1, Sha256 = 2, Sha384 = 3, Sha512 = 4, Identity = 5 }
