using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Tests.Node.Configuration;

/// <summary>What pools say beside addresses, in swanctl.conf's words or by number (RFC 7296 §3.15.1, RFC 8598).</summary>
public sealed class PoolAttributeTests
{
    [Theory]
    [InlineData("dhcp: [10.0.0.7, \"fd00::7\"]", "6:0a000007 12:fd000000000000000000000000000007")]
    [InlineData("netmask: 255.255.0.0", "2:ffff0000")]
    [InlineData("server: 10.0.0.8", "23456:0a000008")]
    [InlineData("split_include: [10.0.0.0/8, 172.16.0.0/12]", "28676:0a000000ff000000000000000000ac100000fff00000000000000000")]
    [InlineData("split_exclude: 192.168.0.0/16", "28678:c0a80000ffff0000000000000000")]
    [InlineData("25: [corp.example.org, lab.example.org]", "25:636f72702e6578616d706c652e6f7267 25:6c61622e6578616d706c652e6f7267")]
    [InlineData("26: 0xa1b20803", "26:a1b20803")]
    [InlineData("20: 10.0.0.9", "20:0a000009")]
    [InlineData("17000: 10.0.0.0/8", "17000:0a000000ff000000")]
    public void An_attribute_goes_on_the_wire_as_it_should(string keys, string attributes)
    {
        PoolPolicy pool = Config.Good($"pools: {{ p: {{ addrs: 10.64.0.0/24, {keys} }} }}").Policy.Pools[0];
        Assert.Equal(attributes, string.Join(' ', pool.Attributes.Select(Show)));
    }

    [Theory]
    [InlineData("netmask: \"fd00::\"", "pools.p.netmask: fd00:: is IPv6, for which there is no such attribute, write an IPv4 address")]
    [InlineData("split_include: \"fd00::/8\"", "pools.p.split_include: is for IPv4 alone, write subnets such as 10.0.0.0/8")]
    [InlineData("26: 0xabc", "pools.p.26: what stands behind 0x is not hexadecimal, write pairs of 0-9 and a-f")]
    [InlineData("1: 10.0.0.1", "pools.p.1: is no attribute that can be given here, write a number up to 32767; addrs, dns and subnet have keys of their own")]
    [InlineData("40000: x", "pools.p.40000: is no attribute that can be given here, write a number up to 32767; addrs, dns and subnet have keys of their own")]
    public void An_attribute_that_cannot_be_is_refused(string keys, string what) => Assert.EndsWith(
        $": {what}", Assert.Single(Config.FaultsOf($"pools: {{ p: {{ addrs: 10.64.0.0/24, {keys} }} }}")), StringComparison.Ordinal);

    [Fact]
    public void A_pool_tells_no_more_than_a_peer_takes() => Assert.EndsWith(
        "has more to tell than a peer takes: at most 32 attributes in 2048 octets",
        Assert.Single(Config.FaultsOf($"pools: {{ p: {{ addrs: 10.64.0.0/24, 25: {new string('a', 2048)} }} }}")), StringComparison.Ordinal);

    private static string Show(CfgAttribute attribute) => $"{(int)attribute.Type}:{Convert.ToHexStringLower(attribute.Value.Span)}";
}
