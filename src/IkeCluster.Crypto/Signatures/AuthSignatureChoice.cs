using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Crypto.Signatures;

/// <summary>How an AUTH payload is signed: the method on the wire; key type, hash and form of the signature.</summary>
public readonly record struct AuthSignatureChoice(AuthMethod Method, SignatureAlgorithm Algorithm);
