using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Benchmarks.Crypto;

/// <summary>Sealing a message of 256 octets of text behind 32 octets of header.</summary>
[BenchmarkCategory("Crypto")]
public class MessageCipherBenchmarks
{
    private const int Front = 32;

    private readonly byte[] _message = new byte[Front + 16 + 256 + 32];
    private readonly byte[] _keys = new byte[128];
    private readonly byte[] _nonce = new byte[12];
    private readonly MessageCipher[] _kept = [.. Suites.Select(suite => Make(suite, new byte[128]))];
    private readonly AesGcm _keptOfBaseLibrary = new(new byte[32], tagSizeInBytes: 16);

    private static CipherSuite[] Suites { get; } =
    [
        new(EncryptionId.AesGcm16, 256, IntegrityId.None),
        new(EncryptionId.AesCcm16, 256, IntegrityId.None),
        new(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None),
        new(EncryptionId.AesCbc, 256, IntegrityId.HmacSha256With128),
        new(EncryptionId.AesCtr, 256, IntegrityId.HmacSha256With128),
    ];

    [GlobalCleanup]
    public void Dispose()
    {
        Array.ForEach(_kept, static cipher => cipher.Dispose());
        _keptOfBaseLibrary.Dispose();
    }

    [Benchmark]
    public void Gcm_kept() => Seal(_kept[0]);

    [Benchmark]
    public void Gcm_new()
    {
        using MessageCipher cipher = Make(Suites[0], _keys);
        Seal(cipher);
    }

    [Benchmark]
    public void Gcm_kept_of_the_base_library()
    {
        Span<byte> text = _message.AsSpan(Front + 8, 256);
        _keptOfBaseLibrary.Encrypt(_nonce, text, text, _message.AsSpan(Front + 8 + 256, 16), _message.AsSpan(0, Front));
    }

    [Benchmark]
    public void Gcm_new_of_the_base_library()
    {
        using var cipher = new AesGcm(_keys.AsSpan(0, 32), tagSizeInBytes: 16);
        Span<byte> text = _message.AsSpan(Front + 8, 256);
        cipher.Encrypt(_nonce, text, text, _message.AsSpan(Front + 8 + 256, 16), _message.AsSpan(0, Front));
    }

    [Benchmark]
    public void Ccm_kept() => Seal(_kept[1]);

    [Benchmark]
    public void ChaCha20Poly1305_kept() => Seal(_kept[2]);

    [Benchmark]
    public void Cbc_and_HMAC_kept() => Seal(_kept[3]);

    [Benchmark]
    public void Ctr_and_HMAC_kept() => Seal(_kept[4]);

    private static MessageCipher Make(CipherSuite suite, byte[] keys) => MessageCipher.Create(
        suite, keys.AsSpan(0, suite.EncryptionKeyOctets), keys.AsSpan(0, suite.IntegrityKeyOctets));

    private void Seal(MessageCipher cipher) =>
        cipher.Seal(_message.AsSpan(0, Front + cipher.IvOctets + 256 + cipher.IcvOctets), Front);
}
