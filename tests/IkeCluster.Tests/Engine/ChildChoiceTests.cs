using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine;

/// <summary>Which section of <c>children</c> answers a request, and how much of what it asks (RFC 7296 §2.9).</summary>
public sealed class ChildChoiceTests
{
    private static readonly ImmutableArray<LeasedAddress> Lease = [new("rw4", Policies.Address("10.64.0.2"))];

    [Fact]
    public void The_section_that_holds_the_first_pair_is_taken_before_others()
    {
        // A packet to tcp/443 caused the request; the section for DNS stands first.
        ChildPlan plan = Plan(
            [Section("dns", "10.1.0.0/16[udp/53]"), Section("web", "10.1.0.0/16[tcp/443]")],
            ["10.1.2.3[tcp/443]", "10.1.0.0/16"], ["10.64.0.2[tcp/40000]", "10.64.0.2"]);

        Assert.Equal("web", plan.Policy!.Name);
        Assert.Equal(["10.1.0.0/16[tcp/443]"], plan.LocalTs.Select(one => $"{one}"));
        Assert.True(plan.HasMore);
    }

    [Fact]
    public void Where_no_section_holds_the_first_pair_the_first_that_fits_is_taken()
    {
        ChildPlan plan = Plan([Section("a", "10.1.0.0/16[udp/53]"), Section("b", "10.2.0.0/16")], ["10.1.2.3[tcp/443]", "10.0.0.0/8"], ["10.64.0.2"]);
        Assert.Equal("a", plan.Policy!.Name);
    }

    [Fact]
    public void What_a_section_of_its_own_would_carry_is_said_to_be_possible()
    {
        Assert.True(Plan([Section("a", "10.1.0.0/16"), Section("b", "10.2.0.0/16")], ["10.0.0.0/8"], ["10.64.0.2"]).HasMore);
        Assert.False(Plan([Section("a", "10.1.0.0/16"), Section("b", "10.2.0.0/16")], ["10.1.9.0/24"], ["10.64.0.2"]).HasMore);
        Assert.False(Plan([Section("a", "0.0.0.0/0"), Section("b", "10.2.0.0/16")], ["0.0.0.0/0"], ["10.64.0.2"]).HasMore);
    }

    [Fact]
    public void It_is_said_on_the_wire()
    {
        byte[] buffer = new byte[512];
        foreach (bool hasMore in (bool[])[true, false])
        {
            var writer = new PayloadWriter(buffer);
            ChildMaker.Write(ref writer, Child(), hasMore);
            Assert.True(PayloadIndex.TryRead(writer.First, writer.Chain, out PayloadIndex written, out _));
            Assert.Equal(hasMore, written.HasNotify(NotifyType.AdditionalTsPossible));
        }
    }

    [Theory]
    [InlineData("0.0.0.0/0", "10.64.0.2/32")]
    [InlineData("10.64.0.0/16", "10.64.0.2/32")]
    [InlineData("10.64.0.0/16[tcp/22]", "10.64.0.2/32[tcp/22]")]
    [InlineData("192.168.7.0/24", "192.168.7.0/24")]
    public void A_selector_of_the_peer_that_holds_its_leased_address_is_cut_to_it(string remoteTs, string agreed)
    {
        ChildPolicy section = Section("net", "0.0.0.0/0") with { RemoteTs = [new SelectorPolicy(false, Selector(remoteTs))] };
        ChildPlan plan = Plan([section], ["0.0.0.0/0"], ["0.0.0.0/0"]);
        Assert.Equal([agreed], plan.RemoteTs.Select(one => $"{one}"));
    }

    [Fact]
    public void A_rekey_keeps_what_is_in_use_though_a_reload_has_taken_it_away()
    {
        ChildPlan plan = Plan([Section("net", "10.9.0.0/16")], ["10.1.0.0/16"], ["10.64.0.2"], Child());
        Assert.Equal(["10.1.0.0/16"], plan.LocalTs.Select(one => $"{one}"));
    }

    [Theory]
    [InlineData("aes256gcm16-esn", "aes256gcm16-esn", SequenceNumbersId.PartiallyTransmitted64Bit)]
    [InlineData("aes256gcm16-esn-noesn", "aes256gcm16-noesn-esn", SequenceNumbersId.PartiallyTransmitted64Bit)]
    [InlineData("aes256gcm16-noesn", "aes256gcm16-esn-noesn", SequenceNumbersId.ThirtyTwoBit)]
    public void Extended_sequence_numbers_are_chosen_by_our_preference(string ours, string theirs, SequenceNumbersId chosen)
    {
        ChildPolicy section = Section("net", "0.0.0.0/0") with { EspProposals = [Policies.Esp(ours)] };
        Assert.Equal(chosen, Plan([section], ["0.0.0.0/0"], ["10.64.0.2"], esp: theirs).Chosen!.SequenceNumbers);
    }

    private static ChildPlan Plan(ImmutableArray<ChildPolicy> sections, string[] tsr, string[] tsi, ChildSa? replaced = null, string esp = "aes256gcm16")
    {
        byte[] buffer = new byte[2048];
        var writer = new PayloadWriter(buffer);
        writer.Sa(Policies.Esp(esp), [0, 0, 4, 1]);
        writer.Ts(PayloadType.TsInitiator, [.. tsi.Select(Selector)]);
        writer.Ts(PayloadType.TsResponder, [.. tsr.Select(Selector)]);
        Assert.True(PayloadIndex.TryRead(writer.First, writer.Chain, out PayloadIndex payloads, out _));
        return ChildMaker.Plan(
            payloads, Policies.RoadWarrior with { Children = sections },
            ChildAddresses.Of(EngineWorld.ClientPath, Lease, Policies.RoadWarrior, Policies.Of(Policies.RoadWarrior)), replaced, isFirst: true);
    }

    private static ChildPolicy Section(string name, string localTs) => new()
    {
        Name = name,
        LocalTs = [new SelectorPolicy(false, Selector(localTs))],
        RemoteTs = [Policies.Dynamic],
        EspProposals = [Policies.Esp("aes256gcm16")],
    };

    private static ChildSa Child() => new()
    {
        Name = "net",
        InboundSpi = new EspSpi(0x1001),
        OutboundSpi = new EspSpi(0x1002),
        Mode = ChildMode.Tunnel,
        Proposal = Policies.Esp("aes256gcm16"),
        LocalTs = [Selector("10.1.0.0/16")],
        RemoteTs = [Selector("10.64.0.2")],
        Keys = null!,
        IsInitiator = false,
        InstalledAt = new Instant(0),
        RekeyAt = Instant.Never,
    };

    /// <summary>As the configuration reads it: <c>10.0.0.0/8[tcp/443]</c>.</summary>
    private static TrafficSelector Selector(string text)
    {
        string[] parts = text.Split('[', ']');
        string[] address = parts[0].Split('/');
        TrafficSelector plain = TrafficSelector.Subnet(Policies.Address(address[0]), address.Length > 1 ? int.Parse(address[1], null) : 32);
        if (parts.Length == 1)
        {
            return plain;
        }

        string[] port = parts[1].Split('/');
        ushort number = ushort.Parse(port[1], null);
        return plain with { IpProtocol = port[0] == "tcp" ? (byte)6 : (byte)17, StartPort = number, EndPort = number };
    }
}
