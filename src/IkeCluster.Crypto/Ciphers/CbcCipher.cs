using IkeCluster.Crypto.Integrity;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>AES-CBC (RFC 3602).</summary>
internal sealed class CbcCipher(
    CipherTable.Row row, ReadOnlySpan<byte> key, IntegrityAlgorithm integrity, ReadOnlySpan<byte> integrityKey)
    : EncryptThenMacCipher(row, key, integrity, integrityKey)
{
    public override int BlockOctets => 16;

    public override bool TakesCounterIv => false;

    private protected override void Begin(EvpCipherContext context, ReadOnlySpan<byte> iv) => context.Begin(iv);
}
