namespace IkeCluster.Protocol.Proposals;

/// <summary>Security Protocol Identifiers (IANA IKEv2 registry; RFC 7296 §3.3.1).</summary>
public enum SecurityProtocol : byte { None = 0, Ike = 1, Ah = 2, Esp = 3 }

/// <summary>Transform Type Values (IANA IKEv2 registry; RFC 7296 §3.3.2).</summary>
public enum TransformType : byte
{
    Encr = 1, Prf = 2, Integ = 3, KeyExchange = 4, SequenceNumbers = 5,
    AdditionalKeyExchange1 = 6, AdditionalKeyExchange2 = 7, AdditionalKeyExchange3 = 8, AdditionalKeyExchange4 = 9,
    AdditionalKeyExchange5 = 10, AdditionalKeyExchange6 = 11, AdditionalKeyExchange7 = 12,
}

/// <summary>Transform Type 1 (ENCR), IANA names: AES_CBC stands as ENCR_AES_CBC.</summary>
public enum EncryptionId : ushort
{
    None = 0, TripleDes = 3, Null = 11, AesCbc = 12, AesCtr = 13,
    AesCcm8 = 14, AesCcm12 = 15, AesCcm16 = 16, AesGcm8 = 18, AesGcm12 = 19, AesGcm16 = 20, ChaCha20Poly1305 = 28,
}

/// <summary>Transform Type 2 (PRF).</summary>
public enum PrfId : ushort
{
    None = 0, HmacMd5 = 1, HmacSha1 = 2, Aes128Xcbc = 4, HmacSha256 = 5, HmacSha384 = 6, HmacSha512 = 7, Aes128Cmac = 8,
}

/// <summary>Transform Type 3 (INTEG).</summary>
public enum IntegrityId : ushort
{
    None = 0, HmacMd5With96 = 1, HmacSha1With96 = 2, AesXcbc96 = 5, AesCmac96 = 8,
    HmacSha256With128 = 12, HmacSha384With192 = 13, HmacSha512With256 = 14,
}

/// <summary>Transform Type 4 (Key Exchange Method; RFC 7296 calls it Diffie-Hellman Group).</summary>
public enum KeyExchangeMethod : ushort
{
    None = 0, Modp768 = 1, Modp1024 = 2, Modp1536 = 5, Modp2048 = 14, Modp3072 = 15, Modp4096 = 16, Modp6144 = 17, Modp8192 = 18,
    Ecp256 = 19, Ecp384 = 20, Ecp521 = 21, BrainpoolP256 = 28, BrainpoolP384 = 29, BrainpoolP512 = 30,
    Curve25519 = 31, Curve448 = 32, MlKem512 = 35, MlKem768 = 36, MlKem1024 = 37,
}

/// <summary>Transform Type 5 (Sequence Numbers; RFC 7296 calls it Extended Sequence Numbers).</summary>
public enum SequenceNumbersId : ushort { ThirtyTwoBit = 0, PartiallyTransmitted64Bit = 1 }
