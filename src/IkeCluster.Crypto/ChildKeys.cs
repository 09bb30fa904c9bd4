namespace IkeCluster.Crypto;

/// <summary>
/// The keys of a Child SA by who sends under them, "initiator" being whoever began the exchange that made it
/// (RFC 7296 §2.17). Encryption keys hold the salt; integrity keys are empty where the cipher is an AEAD.
/// </summary>
public sealed class ChildKeys(
    SecretBytes encryptionInitiator,
    SecretBytes integrityInitiator,
    SecretBytes encryptionResponder,
    SecretBytes integrityResponder) : IDisposable
{
    public SecretBytes EncryptionInitiator { get; } = encryptionInitiator;

    public SecretBytes IntegrityInitiator { get; } = integrityInitiator;

    public SecretBytes EncryptionResponder { get; } = encryptionResponder;

    public SecretBytes IntegrityResponder { get; } = integrityResponder;

    public void Dispose()
    {
        EncryptionInitiator.Dispose();
        IntegrityInitiator.Dispose();
        EncryptionResponder.Dispose();
        IntegrityResponder.Dispose();
    }
}
