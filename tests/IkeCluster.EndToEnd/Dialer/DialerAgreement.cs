using System.Text;
using IkeCluster.Crypto;
using IkeCluster.EndToEnd.Harness;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary>Who dials charon, and what both must hold afterwards.</summary>
internal static class DialerAgreement
{
    public static InitiatorSettings Alice { get; } = new()
    {
        LocalId = Id("alice@example.org"),
        RemoteId = Id("vpn.example.org"),
        Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf(Encoding.UTF8.GetBytes(ClientConf.Secret))),
        IkeProposals = [Proposal("aes256gcm16-prfsha384-x25519", SecurityProtocol.Ike)],
        EspProposals = [Proposal("aes256gcm16", SecurityProtocol.Esp)],
        WantsIpv4 = true,
        WantsIpv6 = true,
        RemoteTs = [TrafficSelector.AllV4, TrafficSelector.AllV6],
    };

    public static Identity Id(string text) =>
        Identity.TryParse(text, out Identity? id, out string fault) ? id : throw new ArgumentException(fault, nameof(text));

    public static Proposal Proposal(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));

    /// <summary>SPIs, suites and selectors are the same on both sides, and charon logged the keys that we derived.</summary>
    public static async Task AssertAsync(CharonWorld world, SocketInitiator dialer)
    {
        NegotiatedSa ours = dialer.Initiator.Sa!;
        CharonSa theirs = Assert.Single(await world.Server.ListSasAsync(), sa => sa.IsEstablished);
        Assert.Equal(($"{ours.InitiatorSpi}", $"{ours.ResponderSpi}"), (theirs.InitiatorSpi, theirs.ResponderSpi));
        Assert.Equal(ProposalText.Write(ours.Proposal), theirs.Suite);
        Assert.Equal(
            dialer.Initiator.Children.Select(child => ($"{child.InboundSpi}", $"{child.OutboundSpi}")).Order(),
            theirs.Children.Where(child => child.IsInstalled).Select(child => (child.SpiOut, child.SpiIn)).Order());
        string keys = world.ChildKeys;
        foreach (InitiatorChild child in dialer.Initiator.Children)
        {
            foreach (SecretSlice key in (SecretSlice[])
                [child.Keys.EncryptionInitiator, child.Keys.IntegrityInitiator, child.Keys.EncryptionResponder, child.Keys.IntegrityResponder])
            {
                Assert.Contains(Convert.ToHexString(key.Reveal()), keys, StringComparison.Ordinal);
            }
        }
    }
}
