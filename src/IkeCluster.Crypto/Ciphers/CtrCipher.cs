using IkeCluster.Crypto.Integrity;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// AES-CTR (RFC 3686, RFC 5930). The counter block:
/// <code>
/// | nonce (salt), 4 | IV, 8 | block counter, 4, begins with 1 |
/// </code>
/// </summary>
internal sealed class CtrCipher : EncryptThenMacCipher
{
    private readonly SecretBytes _counterBlock = new(16);

    internal CtrCipher(
        CipherTable.Row row,
        ReadOnlySpan<byte> keyAndNonce,
        IntegrityAlgorithm integrity,
        ReadOnlySpan<byte> integrityKey)
        : base(row, keyAndNonce[..row.KeyOctets], integrity, integrityKey)
    {
        Span<byte> block = _counterBlock.Reveal();
        keyAndNonce[row.KeyOctets..].CopyTo(block);
        block[^1] = 1;
    }

    public override void Dispose()
    {
        _counterBlock.Dispose();
        base.Dispose();
    }

    private protected override void Begin(EvpCipherContext context, ReadOnlySpan<byte> iv)
    {
        Span<byte> block = _counterBlock.Reveal();
        iv.CopyTo(block[^(4 + iv.Length)..]);
        context.Begin(block);
    }
}
