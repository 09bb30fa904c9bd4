using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// A key and its two native contexts, each made when first wanted: an SA's cipher goes one way only, and CBC's and
/// CCM's key schedules differ by direction.
/// </summary>
internal sealed class DirectedCipher(EvpCipher cipher, ReadOnlySpan<byte> key, int nonceOctets = 0, int tagOctets = 0)
    : IDisposable
{
    private readonly SecretBytes _key = SecretBytes.CopyOf(key);
    private EvpCipherContext? _encrypting;
    private EvpCipherContext? _decrypting;

    internal EvpCipherContext Encrypting => _encrypting ??= Create(encrypts: true);

    internal EvpCipherContext Decrypting => _decrypting ??= Create(encrypts: false);

    public void Dispose()
    {
        _key.Dispose();
        _encrypting?.Dispose();
        _decrypting?.Dispose();
    }

    private EvpCipherContext Create(bool encrypts) =>
        EvpCipherContext.Create(cipher, _key.Reveal(), encrypts, nonceOctets, tagOctets);
}
