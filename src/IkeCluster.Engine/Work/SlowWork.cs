using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Work;

/// <summary>
/// A sum above some 50 µs. Everything it needs is in it, so it may run anywhere; <see cref="SlowWorkRunner.Run"/> does it.
/// </summary>
public abstract record SlowWork
{
    private SlowWork()
    {
    }

    /// <summary>A fresh public value; the seed comes from the entropy port, so a seeded world is repeatable.</summary>
    public sealed record MakeKeyPair(KeyExchangeMethod Method, SecretBytes Seed) : SlowWork;

    /// <summary>The shared secret of our pair and the peer's value.</summary>
    public sealed record DeriveSecret(KeyExchange Pair, byte[] PeerValue) : SlowWork;

    /// <summary>Both at once, for CREATE_CHILD_SA: the reply carries the public value, the keys need the secret.</summary>
    public sealed record MakeKeyPairAndDerive(KeyExchangeMethod Method, SecretBytes Seed, byte[] PeerValue) : SlowWork;

    /// <summary>
    /// Chain to an anchor at <paramref name="Now"/>, the identity in the certificate, and the signature over
    /// <paramref name="SignedOctets"/>. The first certificate is the peer's own.
    /// </summary>
    public sealed record CheckCertificateProof(
        ImmutableArray<byte[]> Certificates, TrustAnchors Anchors, Identity Identity, AuthMethod Method, byte[] AuthData,
        byte[] SignedOctets, AuthScheme Constraint, Instant Now) : SlowWork;

    /// <summary>Our AUTH payload by signature.</summary>
    public sealed record Sign(PrivateKey Key, AuthSignatureChoice Choice, byte[] SignedOctets) : SlowWork;
}

/// <summary>What came of a <see cref="SlowWork"/>.</summary>
public abstract record WorkResult
{
    private WorkResult()
    {
    }

    /// <summary>Nobody wants it any more: what it holds is wiped.</summary>
    public void Wipe()
    {
        switch (this)
        {
            case KeyPair made:
                made.Pair.Dispose();
                break;
            case Secret derived:
                derived.SharedSecret?.Dispose();
                break;
            case KeyPairAndSecret both:
                both.Pair.Dispose();
                both.SharedSecret?.Dispose();
                break;
            default:
                break;
        }
    }

    public sealed record KeyPair(KeyExchange Pair) : WorkResult;

    /// <summary>Null: the peer's value was refused by the checks of RFC 6989.</summary>
    public sealed record Secret(SecretBytes? SharedSecret) : WorkResult;

    public sealed record KeyPairAndSecret(KeyExchange Pair, SecretBytes? SharedSecret) : WorkResult;

    /// <summary>
    /// <paramref name="Fault"/> is null when the proof holds, else a cause for the operator; <paramref name="Signature"/>
    /// names the signature algorithm that held.
    /// </summary>
    public sealed record ProofChecked(string? Fault, LoginFailure Failure, string Signature = "") : WorkResult;

    public sealed record Signed(byte[] AuthData) : WorkResult;

    /// <summary>The sum could not be done: a fault of ours, told by whoever ran it. What waited for it is refused.</summary>
    public sealed record Failed : WorkResult;
}
