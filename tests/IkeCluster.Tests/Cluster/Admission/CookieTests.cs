using IkeCluster.Cluster.Admission;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Admission;

/// <summary>RFC 7296 §2.6; traps 3 and 4.</summary>
public sealed class CookieTests
{
    private static readonly Instant Noon = AdmissionBench.Noon;
    private static readonly IpAddress Alice = AdmissionBench.Alice.Address;
    private static readonly IkeSpi Spi = AdmissionBench.AliceSpi;
    private static readonly byte[] Nonce = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private readonly Cookie _cookie = new(AdmissionBench.KeysOf(1));

    [Fact]
    [Trait("row", "79")]
    public void A_cookie_is_taken_by_any_node_that_has_the_key()
    {
        using var otherNode = new Cookie(AdmissionBench.KeysOf(1, 2));

        Assert.True(otherNode.Check(Given(), Nonce, Alice, Spi, Noon));
    }

    [Fact]
    public void A_cookie_is_bound_to_nonce_address_and_SPI()
    {
        byte[] cookie = Given();
        byte[] otherNonce = [.. Nonce.Reverse()];

        Assert.True(_cookie.Check(cookie, Nonce, Alice, Spi, Noon));
        Assert.False(_cookie.Check(cookie, otherNonce, Alice, Spi, Noon));
        Assert.False(_cookie.Check(cookie, Nonce, IpAddress.V4(0xC000_020B), Spi, Noon));
        Assert.False(_cookie.Check(cookie, Nonce, Alice, new IkeSpi(Spi.Value + 1), Noon));
    }

    [Fact]
    public void A_cookie_with_any_bit_changed_is_refused()
    {
        byte[] cookie = Given();
        for (int bit = 0; bit < cookie.Length * 8; bit++)
        {
            cookie[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(_cookie.Check(cookie, Nonce, Alice, Spi, Noon));
            cookie[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(19)]
    [InlineData(64)]
    public void A_cookie_of_another_length_is_refused(int octets) =>
        Assert.False(_cookie.Check(Given().Concat(new byte[64]).Take(octets).ToArray(), Nonce, Alice, Spi, Noon));

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(257)]
    public void A_nonce_of_impossible_length_is_refused(int octets) =>
        Assert.False(_cookie.Check(Given(), new byte[octets], Alice, Spi, Noon));

    [Fact]
    [Trait("row", "79")]
    public void A_cookie_is_good_for_its_minute_and_the_next()
    {
        Instant minute = new(Noon.Microseconds / 60_000_000 * 60_000_000);
        byte[] cookie = Given(minute);

        Assert.True(_cookie.Check(cookie, Nonce, Alice, Spi, minute + TimeSpan.FromSeconds(119)));
        Assert.False(_cookie.Check(cookie, Nonce, Alice, Spi, minute + TimeSpan.FromSeconds(120)));
        Assert.False(_cookie.Check(cookie, Nonce, Alice, Spi, minute + TimeSpan.FromMinutes(256)));
    }

    [Fact]
    public void A_cookie_of_a_node_whose_clock_is_a_little_ahead_is_taken() =>
        Assert.True(_cookie.Check(Given(Noon + TimeSpan.FromMinutes(1)), Nonce, Alice, Spi, Noon));

    [Fact]
    public void The_secret_changes_with_the_minute() =>
        Assert.NotEqual(Given(Noon)[2..], Given(Noon + TimeSpan.FromMinutes(1))[2..]);

    [Fact]
    public void A_cookie_of_a_key_that_is_gone_is_refused()
    {
        using var keyChanged = new Cookie(AdmissionBench.KeysOf(2));

        Assert.False(keyChanged.Check(Given(), Nonce, Alice, Spi, Noon));
    }

    private byte[] Given(Instant? at = null)
    {
        byte[] cookie = new byte[Cookie.Octets];
        Assert.Equal(Cookie.Octets, _cookie.Write(Nonce, Alice, Spi, at ?? Noon, cookie));
        return cookie;
    }
}
