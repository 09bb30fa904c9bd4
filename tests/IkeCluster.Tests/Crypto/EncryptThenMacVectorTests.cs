using System.Text.Json;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

public sealed class EncryptThenMacVectorTests
{
    [Fact]
    public void AES_CBC_agrees_with_RFC_3602()
    {
        foreach (JsonElement vector in VectorFile.Vectors("rfc/rfc3602-aes-cbc.json"))
        {
            string textName = vector.TryGetProperty("plaintext", out _) ? "plaintext" : "plaintext_with_padding";
            CheckBothWays(EncryptionId.AesCbc, vector.Hex("key"), vector, textName);
        }
    }

    [Fact]
    public void AES_CTR_agrees_with_RFC_3686()
    {
        foreach (JsonElement vector in VectorFile.Vectors("rfc/rfc3686-aes-ctr.json"))
        {
            CheckBothWays(EncryptionId.AesCtr, [.. vector.Hex("key"), .. vector.Hex("nonce")], vector, "plaintext");
        }
    }

    private static void CheckBothWays(EncryptionId id, byte[] key, JsonElement vector, string textName)
    {
        var suite = new CipherSuite(id, vector.Hex("key").Length * 8, IntegrityId.HmacSha256With128);
        using MessageCipher cipher = MessageCipher.Create(suite, key, new byte[32]);
        byte[] message = [0xAA, 0xBB, .. vector.Hex("iv"), .. vector.Hex(textName), .. new byte[16]];
        byte[] plain = [.. message];

        cipher.Seal(message, 2);
        Assert.Equal(vector.Hex("ciphertext"), message[(2 + cipher.IvOctets)..^16]);
        Assert.True(cipher.TryOpen(message, 2));
        Assert.Equal(plain[..^16], message[..^16]);
    }
}
