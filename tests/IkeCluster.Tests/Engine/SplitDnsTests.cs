using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Payloads;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>Further attributes of a pool, and those of split DNS only for who asks (RFC 8598 §3).</summary>
public sealed class SplitDnsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Domains_are_told_to_those_that_ask_and_the_rest_to_all(bool asks)
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        PolicySet old = world.Policy;
        PoolPolicy telling = old.Pools[0] with
        {
            Attributes = [new(CfgAttributeType.InternalIp4Dhcp, new byte[4]), new(CfgAttributeType.InternalDnsDomain, "example.org"u8.ToArray())],
        };
        world.Policy = new PolicySet(
            old.Connections, [telling, old.Pools[1]], [new SharedSecret("any", [], IkeCluster.Crypto.SecretBytes.CopyOf("correct horse"u8))], old.Anchors, old.Times);
        using IkeInitiator client = world.Client(EngineWorld.Alice() with
        {
            MoreAttributes = asks ? [new CfgAttribute(CfgAttributeType.InternalDnsDomain, default)] : [],
        });

        world.Login(client);

        IEnumerable<CfgAttributeType> told = client.Sa!.Attributes.Select(one => one.Type);
        Assert.Contains(CfgAttributeType.InternalIp4Dhcp, told);
        Assert.Equal(asks, told.Contains(CfgAttributeType.InternalDnsDomain));
    }
}
