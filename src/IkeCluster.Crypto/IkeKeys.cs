namespace IkeCluster.Crypto;

/// <summary>The seven keys of an IKE SA (RFC 7296 §2.14). SK_e* hold the salt where the cipher has one.</summary>
public sealed class IkeKeys(
    SecretBytes skD,
    SecretBytes skAi,
    SecretBytes skAr,
    SecretBytes skEi,
    SecretBytes skEr,
    SecretBytes skPi,
    SecretBytes skPr) : IDisposable
{
    /// <summary>Child SAs, and the next IKE SA, come from it.</summary>
    public SecretBytes SkD { get; } = skD;

    /// <summary>Empty where the cipher is an AEAD, as <see cref="SkAr"/>.</summary>
    public SecretBytes SkAi { get; } = skAi;

    public SecretBytes SkAr { get; } = skAr;

    /// <summary>Protects what the original initiator sends.</summary>
    public SecretBytes SkEi { get; } = skEi;

    public SecretBytes SkEr { get; } = skEr;

    /// <summary>Goes into the initiator's AUTH payload (RFC 7296 §2.15).</summary>
    public SecretBytes SkPi { get; } = skPi;

    public SecretBytes SkPr { get; } = skPr;

    public void Dispose()
    {
        SkD.Dispose();
        SkAi.Dispose();
        SkAr.Dispose();
        SkEi.Dispose();
        SkEr.Dispose();
        SkPi.Dispose();
        SkPr.Dispose();
    }
}
