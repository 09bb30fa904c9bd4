using System.Text.Json;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

/// <summary>Exchanges that others had on a wire, opened with their keys.</summary>
public sealed class RealExchangeTests
{
    private const int HeaderOctets = 28;
    private const int GenericHeaderOctets = 4;

    [Theory]
    [InlineData("ikev2-decrypt-aes128ccm12.pcap", EncryptionId.AesCcm12, 128, IntegrityId.None, 4)]
    [InlineData("ikev2-decrypt-aes128ccm12-2.pcap", EncryptionId.AesCcm12, 128, IntegrityId.None, 4)]
    [InlineData("ikev2-decrypt-aes192ctr.pcap", EncryptionId.AesCtr, 192, IntegrityId.HmacSha512With256, 4)]
    [InlineData("ikev2-decrypt-aes256cbc.pcapng", EncryptionId.AesCbc, 256, IntegrityId.HmacSha256With128, 2)]
    [InlineData("ikev2-decrypt-aes256ccm16.pcapng", EncryptionId.AesCcm16, 256, IntegrityId.None, 2)]
    [InlineData("ikev2-decrypt-aes256gcm8.pcap", EncryptionId.AesGcm8, 256, IntegrityId.None, 4)]
    [InlineData("ikev2-decrypt-aes256gcm16.pcap", EncryptionId.AesGcm16, 256, IntegrityId.None, 4)]
    public void A_captured_exchange_opens_and_its_octets_come_again(
        string file, EncryptionId encryption, int keyBits, IntegrityId integrity, int expected)
    {
        JsonElement capture = VectorFile.Json("wireshark-decrypt/keys.json").GetProperty("captures").EnumerateArray()
            .Single(one => string.Equals(one.Text("file"), file, StringComparison.Ordinal));
        var suite = new CipherSuite(encryption, keyBits, integrity);
        using MessageCipher initiators = MessageCipher.Create(suite, capture.Hex("sk_ei"), capture.Hex("sk_ai"));
        using MessageCipher responders = MessageCipher.Create(suite, capture.Hex("sk_er"), capture.Hex("sk_ar"));

        int opened = 0;
        foreach (JsonElement message in capture.GetProperty("messages").EnumerateArray())
        {
            if (message.TryGetProperty("plaintext", out _))
            {
                bool isInitiators = (message.Hex("flags")[0] & 0x08) != 0;
                OpenAndSealAgain(isInitiators ? initiators : responders, message);
                opened++;
            }
        }

        Assert.Equal(expected, opened);
    }

    [Fact]
    public void The_INFORMATIONAL_message_of_RFC_7634_opens()
    {
        JsonElement vector = VectorFile.Json("rfc/rfc7634-chacha20-poly1305.json").GetProperty("ikev2_example");
        var suite = new CipherSuite(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None);
        using MessageCipher cipher = MessageCipher.Create(suite, vector.Hex("sk_e"), []);
        OpenAndSealAgain(cipher, vector);
    }

    [Fact]
    public void The_ESP_packet_of_RFC_7634_opens()
    {
        JsonElement vector = VectorFile.Json("rfc/rfc7634-chacha20-poly1305.json").GetProperty("esp_example");
        const int OuterIpv4Octets = 20;
        byte[] packet = vector.Hex("packet")[OuterIpv4Octets..];
        var suite = new CipherSuite(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None);
        using MessageCipher cipher = MessageCipher.Create(suite, vector.Hex("keymat"), []);
        Assert.True(cipher.TryOpen(packet, ivOffset: 8));
        Assert.Equal(vector.Hex("plaintext"), packet[16..^16]);
    }

    /// <summary>In all of these SK is the only payload outside, so its content begins behind two headers.</summary>
    private static void OpenAndSealAgain(MessageCipher cipher, JsonElement vector)
    {
        byte[] wire = vector.Hex("ike_message");
        byte[] message = [.. wire];
        const int IvOffset = HeaderOctets + GenericHeaderOctets;
        Assert.True(cipher.TryOpen(message, IvOffset));
        Assert.Equal(vector.Hex("plaintext"), message[(IvOffset + cipher.IvOctets)..^cipher.IcvOctets]);

        message.AsSpan()[^cipher.IcvOctets..].Clear();
        cipher.Seal(message, IvOffset);
        Assert.Equal(wire, message);
    }
}
