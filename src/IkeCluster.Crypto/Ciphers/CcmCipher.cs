using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// AES-CCM (RFC 5282, RFC 4309): its first block holds the lengths of text and tag, so both are told beforehand, and
/// the text goes through in one piece.
/// </summary>
internal sealed class CcmCipher(CipherTable.Row row, ReadOnlySpan<byte> keyAndSalt)
    : AeadCipher(row, keyAndSalt, row.TagOctets)
{
    private protected override bool TryOpenText(EvpCipherContext context, Span<byte> text) =>
        context.TryTransform(text);

    private protected override void AnnounceLength(EvpCipherContext context, int textOctets) =>
        context.AnnounceLength(textOctets);
}
