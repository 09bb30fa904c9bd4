using IkeCluster.Crypto;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>Two of a kind, for tests of what both sides may do.</content>
public sealed partial class IkeInitiator
{
    private static readonly MessageId AfterLogin = new(2);

    /// <summary>
    /// Two initiators with an IKE SA and a child between them, as if <paramref name="settings"/> had logged in: the first
    /// is the original initiator, the second sits at the responder's end. Both take what the settings say, mirrored.
    /// </summary>
    public static (IkeInitiator Dialer, IkeInitiator Other) Pair(InitiatorSettings settings, SeededEntropy chance, DatagramPath path)
    {
        InitiatorSettings mirrored = settings with { LocalTs = settings.RemoteTs, RemoteTs = settings.LocalTs };
        var dialer = new IkeInitiator(settings, chance.FillPublic, path);
        var other = new IkeInitiator(mirrored, chance.FillSecret, new DatagramPath(path.Local, path.Remote, path.NonEspMarker));
        byte[] secrets = new byte[96];
        chance.FillSecret(secrets);
        var negotiated = new NegotiatedSa
        {
            InitiatorSpi = RandomNumbers.IkeSpi(chance.FillPublic),
            ResponderSpi = RandomNumbers.IkeSpi(chance.FillPublic),
            Proposal = OneOfEach(settings.IkeProposals[0]),
            RemoteId = settings.RemoteId ?? Identity.Any,
            RemoteAuth = "psk",
            Fragmentation = settings.Fragmentation,
        };
        dialer.Establish(negotiated, secrets, AfterLogin, MessageId.Zero);
        other.Establish(negotiated with { IsInitiator = false, RemoteId = settings.LocalId }, secrets, MessageId.Zero, AfterLogin);
        GiveChild(dialer, other, secrets, chance);
        return (dialer, other);
    }

    private void Establish(NegotiatedSa negotiated, byte[] secrets, MessageId nextId, MessageId expected)
    {
        IkeKeys keys = KeySchedule.DeriveIke(
            negotiated.Proposal, secrets.AsSpan(0, 32), secrets.AsSpan(32, 32), secrets.AsSpan(64), negotiated.InitiatorSpi, negotiated.ResponderSpi);
        _sa = new InitiatorSa(negotiated, keys, random, expected) { NextId = nextId };
        _sas.Add(_sa);
        _isEstablished = true;
    }

    private static void GiveChild(IkeInitiator dialer, IkeInitiator other, byte[] secrets, SeededEntropy chance)
    {
        Proposal proposal = OneOfEach(dialer.Settings.EspProposals[0]);
        ChildKeys Keys(InitiatorSa sa) => KeySchedule.DeriveChild(
            sa.Negotiated.Proposal.Prf, sa.Keys.SkD.Reveal(), proposal, [], secrets.AsSpan(0, 32), secrets.AsSpan(32, 32));
        var child = new InitiatorChild
        {
            InboundSpi = RandomNumbers.EspSpi(chance.FillPublic),
            OutboundSpi = RandomNumbers.EspSpi(chance.FillPublic),
            Proposal = proposal,
            LocalTs = dialer.Settings.LocalTs,
            RemoteTs = dialer.Settings.RemoteTs,
            Keys = Keys(dialer._sa!),
        };
        dialer._children.Add(child);
        other._children.Add(child with
        {
            InboundSpi = child.OutboundSpi,
            OutboundSpi = child.InboundSpi,
            LocalTs = child.RemoteTs,
            RemoteTs = child.LocalTs,
            IsInitiator = false,
            Keys = Keys(other._sa!),
        });
    }

    private static Proposal OneOfEach(Proposal offered) =>
        offered with { Transforms = [.. offered.Transforms.DistinctBy(transform => transform.Type)], Number = 1 };
}
