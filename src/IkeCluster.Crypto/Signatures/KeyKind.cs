namespace IkeCluster.Crypto.Signatures;

/// <summary>The kinds of key that sign or verify an AUTH payload or a certificate.</summary>
public enum KeyKind { Rsa, Ecdsa256, Ecdsa384, Ecdsa521, Ed25519, Ed448 }
