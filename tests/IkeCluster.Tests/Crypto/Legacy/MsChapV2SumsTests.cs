using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Legacy;

namespace IkeCluster.Tests.Crypto.Legacy;

/// <summary>The vectors of RFC 1320 §A.5, RFC 2759 §9.2 and RFC 3079 §3.5.3.</summary>
public sealed class MsChapV2SumsTests
{
    private static readonly byte[] Challenge = Convert.FromHexString("5B5D7C7D7B3F2F3E3C2C602132262628");
    private static readonly byte[] PeerChallenge = Convert.FromHexString("21402324255E262A28295F2B3A337C7E");
    private static readonly byte[] NtResponse = Convert.FromHexString("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF");

    [Theory]
    [InlineData("", "31d6cfe0d16ae931b73c59d7e0c089c0")]
    [InlineData("a", "bde52cb31de33e46245e05fbdbd6fb24")]
    [InlineData("abc", "a448017aaf21d8525fc10ae87aa6729d")]
    [InlineData("message digest", "d9130a8164549fe818874806e1c7014b")]
    [InlineData("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "043f8582f241db351ce627e153e7f0e4")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "e33b4ddc9c38f2199c3e7b164fcc0536")]
    public void Md4_is_the_md4_of_its_rfc(string text, string hash)
    {
        byte[] found = new byte[16];
        Md4.Hash(Encoding.ASCII.GetBytes(text), found);
        Assert.Equal(hash, Convert.ToHexStringLower(found));
    }

    [Fact]
    public void The_nt_hash_is_that_of_the_password_in_utf16()
    {
        using SecretBytes hash = MsChapV2Sums.NtHash("clientPass"u8);
        Assert.Equal("44EBBA8D5312B8D611474411F56989AE", Convert.ToHexString(hash.Reveal()));
    }

    [Theory]
    [InlineData("пароль")]
    [InlineData("pässwörd")]
    [InlineData("𝄞🔑")]
    public void A_password_may_hold_any_character(string password)
    {
        byte[] expected = new byte[16];
        Md4.Hash(Encoding.Unicode.GetBytes(password), expected);

        using SecretBytes hash = MsChapV2Sums.NtHash(Encoding.UTF8.GetBytes(password));

        Assert.Equal(expected, hash.Reveal().ToArray());
    }

    [Fact]
    public void Octets_that_are_no_utf8_make_a_hash_and_no_fault()
    {
        using SecretBytes hash = MsChapV2Sums.NtHash([0xff, 0xc3, 0x28, 0xe2, 0x82]);
        Assert.Equal(MsChapV2Sums.NtHashOctets, hash.Length);
    }

    [Fact]
    public void The_peers_response_is_that_of_the_rfc()
    {
        using SecretBytes hash = MsChapV2Sums.NtHash("clientPass"u8);
        byte[] response = new byte[MsChapV2Sums.NtResponseOctets];
        MsChapV2Sums.NtResponse(hash, Challenge, PeerChallenge, "User"u8, response);
        Assert.Equal(NtResponse, response);
    }

    [Fact]
    public void The_servers_proof_is_that_of_the_rfc()
    {
        using SecretBytes hash = MsChapV2Sums.NtHash("clientPass"u8);
        byte[] response = new byte[MsChapV2Sums.AuthenticatorResponseOctets];
        MsChapV2Sums.AuthenticatorResponse(hash, NtResponse, Challenge, PeerChallenge, "User"u8, response);
        Assert.Equal("407A5589115FD0D6209F510FE9C04566932CDA56", Convert.ToHexString(response));
    }

    // RFC 3079 prints the second half, as the server's send key.
    [Fact]
    public void The_msk_holds_both_session_keys_and_zeroes()
    {
        using SecretBytes hash = MsChapV2Sums.NtHash("clientPass"u8);
        using SecretBytes msk = MsChapV2Sums.Msk(hash, NtResponse);
        Assert.Equal(
            "D5F0E9521E3EA9589645E86051C82226" + "8B7CDC149B993A1BA118CB153F56DCCB" + new string('0', 64),
            Convert.ToHexString(msk.Reveal()));
    }
}
