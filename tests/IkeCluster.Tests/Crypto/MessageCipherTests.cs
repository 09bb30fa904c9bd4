using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

public sealed class MessageCipherTests
{
    private const int Front = 32;

    private static readonly EncryptionId[] Aeads =
    [
        EncryptionId.AesGcm8, EncryptionId.AesGcm12, EncryptionId.AesGcm16,
        EncryptionId.AesCcm8, EncryptionId.AesCcm12, EncryptionId.AesCcm16,
    ];

    private static readonly IntegrityId[] Integrities =
    [
        IntegrityId.HmacSha1With96, IntegrityId.HmacSha256With128, IntegrityId.HmacSha384With192,
        IntegrityId.HmacSha512With256, IntegrityId.AesXcbc96, IntegrityId.AesCmac96,
    ];

    public static TheoryData<CipherSuite> Suites { get; } =
    [
        .. from id in Aeads
           from bits in (int[])[128, 192, 256]
           select new CipherSuite(id, bits, IntegrityId.None),
        .. from id in (EncryptionId[])[EncryptionId.AesCbc, EncryptionId.AesCtr]
           from bits in (int[])[128, 192, 256]
           from integrity in Integrities
           select new CipherSuite(id, bits, integrity),
        new CipherSuite(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None),
    ];

    [Theory, MemberData(nameof(Suites))]
    public void What_was_sealed_opens_again_and_not_in_the_clear(CipherSuite suite)
    {
        using MessageCipher sender = Make(suite);
        using MessageCipher receiver = Make(suite);
        foreach (int blocks in (int[])[1, 2, 9, 80])
        {
            byte[] message = Message(sender, blocks * 16);
            byte[] plain = [.. message];
            sender.Seal(message, Front);
            int text = Front + sender.IvOctets;
            Assert.False(message.AsSpan(text, 16).SequenceEqual(plain.AsSpan(text, 16)));
            Assert.Equal(plain[..text], message[..text]);
            Assert.True(receiver.TryOpen(message, Front));
            Assert.Equal(plain[..^sender.IcvOctets], message[..^sender.IcvOctets]);
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void One_changed_bit_anywhere_is_noticed_and_shows_no_text(CipherSuite suite)
    {
        using MessageCipher cipher = Make(suite);
        byte[] message = Message(cipher, 32);
        byte[] plain = [.. message];
        cipher.Seal(message, Front);

        for (int octet = 0; octet < message.Length; octet++)
        {
            byte[] forged = [.. message];
            forged[octet] ^= 0x40;
            Assert.False(cipher.TryOpen(forged, Front), $"octet {octet}");
            int text = Front + cipher.IvOctets;
            Assert.False(forged.AsSpan(text, 16).SequenceEqual(plain.AsSpan(text, 16)), $"octet {octet}");
        }

        Assert.True(cipher.TryOpen(message, Front));
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_message_of_any_shorter_length_is_refused(CipherSuite suite)
    {
        using MessageCipher cipher = Make(suite);
        byte[] message = Message(cipher, 32);
        cipher.Seal(message, Front);
        for (int octets = 0; octets < message.Length; octets++)
        {
            Assert.False(cipher.TryOpen(message.AsSpan()[..octets], Front), $"{octets} octets");
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_message_sealed_under_another_key_is_refused(CipherSuite suite)
    {
        using MessageCipher sender = Make(suite);
        using MessageCipher receiver = MessageCipher.Create(
            suite, new byte[suite.EncryptionKeyOctets], new byte[suite.IntegrityKeyOctets]);
        byte[] message = Message(sender, 32);
        sender.Seal(message, Front);
        Assert.False(receiver.TryOpen(message, Front));
    }

    [Theory, MemberData(nameof(Suites))]
    public void Sealing_and_opening_allocate_nothing(CipherSuite suite)
    {
        using MessageCipher cipher = Make(suite);
        byte[] message = Message(cipher, 256);
        byte[] plain = [.. message];
        Assert.True(SealAndOpen(cipher, message, plain, times: 50));

        bool held = false;

        Assert.Equal(0, HeapUse.Of(() => held = SealAndOpen(cipher, message, plain, times: 50)));
        Assert.True(held);
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_negotiated_suite_of_ours_is_supported(CipherSuite suite)
    {
        Proposal chosen = Chosen(suite);
        Assert.True(MessageCipher.IsSupported(chosen));
        Assert.Equal(suite, CipherSuite.From(chosen));
    }

    [Theory]
    [InlineData(EncryptionId.TripleDes, 0, IntegrityId.HmacSha1With96)]
    [InlineData(EncryptionId.Null, 0, IntegrityId.HmacSha256With128)]
    [InlineData(EncryptionId.None, 0, IntegrityId.None)]
    [InlineData(EncryptionId.AesGcm16, 0, IntegrityId.None)]
    [InlineData(EncryptionId.AesGcm16, 512, IntegrityId.None)]
    [InlineData(EncryptionId.AesGcm16, 128, IntegrityId.HmacSha256With128)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.None)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacMd5With96)]
    [InlineData(EncryptionId.ChaCha20Poly1305, 256, IntegrityId.None)]
    public void A_suite_that_does_not_fit_is_not_supported(EncryptionId id, int keyBits, IntegrityId integrity) =>
        Assert.False(MessageCipher.IsSupported(Chosen(new CipherSuite(id, keyBits, integrity))));

    [Fact]
    public void A_key_of_the_wrong_length_is_our_mistake()
    {
        var suite = new CipherSuite(EncryptionId.AesGcm16, 256, IntegrityId.None);
        Assert.Throws<ArgumentException>(() => MessageCipher.Create(suite, new byte[32], []));
        Assert.Throws<ArgumentException>(() => MessageCipher.Create(suite, new byte[36], new byte[1]));
    }

    [Fact]
    public void A_cipher_that_was_disposed_of_serves_no_more()
    {
        MessageCipher cipher = Make(new CipherSuite(EncryptionId.AesGcm16, 256, IntegrityId.None));
        byte[] message = Message(cipher, 16);
        cipher.Seal(message, Front);
        cipher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cipher.Seal(message, Front));
    }

    private static bool SealAndOpen(MessageCipher cipher, byte[] message, byte[] plain, int times)
    {
        bool held = true;
        for (int i = 0; i < times; i++)
        {
            plain.CopyTo(message.AsSpan());
            cipher.Seal(message, Front);
            held &= cipher.TryOpen(message, Front);
        }

        return held;
    }

    private static MessageCipher Make(CipherSuite suite) => MessageCipher.Create(
        suite, Pattern(suite.EncryptionKeyOctets, 7), Pattern(suite.IntegrityKeyOctets, 11));

    private static byte[] Message(MessageCipher cipher, int textOctets) =>
        Pattern(Front + cipher.IvOctets + textOctets + cipher.IcvOctets, 3);

    private static byte[] Pattern(int octets, int step) =>
        [.. Enumerable.Range(1, octets).Select(i => (byte)(i * step))];

    private static Proposal Chosen(CipherSuite suite) => new(
        SecurityProtocol.Ike,
        suite.Integrity == IntegrityId.None
            ? [Transform.Encr(suite.Encryption, (ushort)suite.KeyBits)]
            : [Transform.Encr(suite.Encryption, (ushort)suite.KeyBits), Transform.Integ(suite.Integrity)]);
}
