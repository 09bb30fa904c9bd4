using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Protocol;

public sealed class ProposalTextTests
{
    // The right-hand sides are what `swanctl --list-sas` of strongSwan 5.9.8 shows for such an SA.
    [Theory]
    [InlineData("aes256gcm16-prfsha384-x25519", "AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519")]
    [InlineData("aes128-sha256-modp2048", "AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048")]
    [InlineData("aes-sha1-modp1024", "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024")]
    [InlineData("aes192ctr-aesxcbc-ecp256bp", "AES_CTR-192/AES_XCBC_96/PRF_AES128_XCBC/ECP_256_BP")]
    [InlineData("aes256ccm96-prfaescmac-ecp521", "AES_CCM_12-256/PRF_AES128_CMAC/ECP_521")]
    [InlineData("chacha20poly1305-prfsha512-curve448", "CHACHA20_POLY1305/PRF_HMAC_SHA2_512/CURVE_448")]
    [InlineData("aes128gcm128-sha256-x25519", "AES_GCM_16-128/PRF_HMAC_SHA2_256/CURVE_25519")]
    [InlineData("aes256gcm16-prfsha384-x25519-ke1_mlkem768", "AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519/KE1_ML_KEM_768")]
    public void An_IKE_proposal_reads_as_strongSwan_reads_it(string text, string shown) =>
        Assert.Equal(shown, ProposalText.Write(Parse(text, SecurityProtocol.Ike)));

    [Theory]
    [InlineData("aes256gcm16", "AES_GCM_16-256")]
    [InlineData("aes128gcm", "AES_GCM_16-128")]
    [InlineData("aes256-sha2_256-ecp384", "AES_CBC-256/HMAC_SHA2_256_128/ECP_384")]
    [InlineData("aes128-sha512-esn", "AES_CBC-128/HMAC_SHA2_512_256/ESN")]
    [InlineData("aes128gcm64-prfsha256-esn-noesn", "AES_GCM_8-128/ESN")]
    public void An_ESP_proposal_reads_as_strongSwan_reads_it(string text, string shown) =>
        Assert.Equal(shown, ProposalText.Write(Parse(text, SecurityProtocol.Esp)));

    [Fact]
    public void Words_of_one_kind_are_alternatives_in_order_of_preference()
    {
        Proposal proposal = Parse("x25519-aes256-ecp384-sha384-aes128-sha256", SecurityProtocol.Ike);

        Assert.Equal(
            [
                Transform.Encr(EncryptionId.AesCbc, 256), Transform.Encr(EncryptionId.AesCbc, 128),
                Transform.Prf(PrfId.HmacSha384), Transform.Prf(PrfId.HmacSha256),
                Transform.Integ(IntegrityId.HmacSha384With192), Transform.Integ(IntegrityId.HmacSha256With128),
                Transform.KeyExchange(KeyExchangeMethod.Curve25519), Transform.KeyExchange(KeyExchangeMethod.Ecp384),
            ],
            proposal.Transforms);
    }

    [Fact]
    public void ESP_has_no_extended_sequence_numbers_unless_they_are_named()
    {
        Assert.Contains(Transform.Esn(SequenceNumbersId.ThirtyTwoBit), Parse("aes128gcm16", SecurityProtocol.Esp).Transforms);
        Assert.Equal(SequenceNumbersId.PartiallyTransmitted64Bit, Parse("aes128gcm16-esn", SecurityProtocol.Esp).SequenceNumbers);
        Assert.Null(Parse("aes128gcm16-prfsha256-x25519-esn", SecurityProtocol.Ike).Find(TransformType.SequenceNumbers));
    }

    [Theory]
    [InlineData("aes256gcm16-x25519", SecurityProtocol.Ike, "PRF")]
    [InlineData("aes256gcm16-prfsha256", SecurityProtocol.Ike, "key exchange")]
    [InlineData("aes256gcm16-prfsha256-none", SecurityProtocol.Ike, "key exchange")]
    [InlineData("sha256-x25519", SecurityProtocol.Ike, "encryption")]
    [InlineData("aes256-prfsha256-x25519", SecurityProtocol.Ike, "integrity")]
    [InlineData("aes256", SecurityProtocol.Esp, "integrity")]
    [InlineData("aes256-aes256gcm16-sha256", SecurityProtocol.Esp, "write two")]
    [InlineData("aes256gcm17-prfsha256-x25519", SecurityProtocol.Ike, "'aes256gcm17'")]
    [InlineData("3des-sha256-x25519", SecurityProtocol.Ike, "'3des'")]
    [InlineData("aes256gcm16-prfsha256-x25519-ke1_sha256", SecurityProtocol.Ike, "'ke1_sha256'")]
    [InlineData("aes256gcm16-prfsha256-x25519-ke8_mlkem768", SecurityProtocol.Ike, "'ke8_mlkem768'")]
    [InlineData("sha256", SecurityProtocol.Ah, "IKE and ESP")]
    [InlineData("", SecurityProtocol.Esp, "encryption")]
    public void A_proposal_that_cannot_work_is_refused_with_a_reason(string text, SecurityProtocol protocol, string reason)
    {
        Assert.False(ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault));
        Assert.Null(proposal);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_hold_nothing_that_RFC_8247_advises_against()
    {
        Proposal[] defaults =
            [ProposalText.DefaultIke, ProposalText.DefaultIkeAead, ProposalText.DefaultEsp, ProposalText.DefaultEspAead];

        Assert.All(defaults, proposal => Assert.DoesNotMatch("SHA1|MD5|3DES|MODP_(768|1024|1536)", ProposalText.Write(proposal)));
        Assert.All(defaults[..2], proposal => Assert.NotEqual(KeyExchangeMethod.None, proposal.KeyExchange));
        Assert.All(defaults[2..], proposal => Assert.Equal(SecurityProtocol.Esp, proposal.Protocol));
    }

    [Fact]
    public void An_unknown_transform_is_shown_by_its_numbers() =>
        Assert.Equal("UNKNOWN_1_4711-256", Transforms.Name(new Transform(TransformType.Encr, 4711, 256)));

    private static Proposal Parse(string text, SecurityProtocol protocol)
    {
        Assert.True(ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault), fault);
        return proposal;
    }
}
