using System.Text.Json;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

public sealed class AeadVectorTests
{
    [Fact]
    public void AES_GCM_agrees_with_every_vector_of_Wycheproof() => Assert.Equal(197, RunAll("aes_gcm", GcmSuite));

    [Fact]
    public void AES_CCM_agrees_with_every_vector_of_Wycheproof() => Assert.Equal(18, RunAll("aes_ccm", CcmSuite));

    [Fact]
    public void ChaCha20_Poly1305_agrees_with_every_vector_of_Wycheproof() => Assert.Equal(
        316,
        RunAll("chacha20_poly1305", static _ => new CipherSuite(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None)));

    private static CipherSuite GcmSuite(JsonElement group) =>
        new(EncryptionId.AesGcm16, group.Number("keySize"), IntegrityId.None);

    private static CipherSuite CcmSuite(JsonElement group) => new(
        group.Number("tagSize") switch
        {
            64 => EncryptionId.AesCcm8,
            96 => EncryptionId.AesCcm12,
            _ => EncryptionId.AesCcm16,
        },
        group.Number("keySize"),
        IntegrityId.None);

    private static int RunAll(string file, Func<JsonElement, CipherSuite> suiteOf)
    {
        int count = 0;
        foreach ((JsonElement group, JsonElement test) in VectorFile.Wycheproof(file))
        {
            Run(suiteOf(group), test);
            count++;
        }

        return count;
    }

    private static void Run(CipherSuite suite, JsonElement test)
    {
        string name = $"{suite} test {test.Number("tcId")}";
        byte[] nonce = test.Hex("iv");
        byte[] key = [.. test.Hex("key"), .. nonce[..^8]];
        byte[] associated = test.Hex("aad");
        byte[] message = [.. associated, .. nonce[^8..], .. test.Hex("ct"), .. test.Hex("tag")];
        byte[] expected = [.. associated, .. nonce[^8..], .. test.Hex("msg"), .. test.Hex("tag")];
        using MessageCipher cipher = MessageCipher.Create(suite, key, []);

        byte[] opened = [.. message];
        bool isValid = test.Text("result") is "valid";
        Assert.True(isValid == cipher.TryOpen(opened, associated.Length), name);
        if (!isValid)
        {
            Assert.True(TextOf(opened, associated, suite).AsSpan().IndexOfAnyExcept((byte)0) < 0, name);
            return;
        }

        Assert.True(expected.AsSpan().SequenceEqual(opened), name);
        byte[] sealedAgain = [.. associated, .. nonce[^8..], .. test.Hex("msg"), .. new byte[test.Hex("tag").Length]];
        cipher.Seal(sealedAgain, associated.Length);
        Assert.True(message.AsSpan().SequenceEqual(sealedAgain), name);
    }

    private static byte[] TextOf(byte[] message, byte[] associated, CipherSuite suite)
    {
        using MessageCipher cipher = MessageCipher.Create(suite, new byte[suite.EncryptionKeyOctets], []);
        return message[(associated.Length + 8)..^cipher.IcvOctets];
    }
}
