using IkeCluster.Fuzz.Mutation;
using IkeCluster.Fuzz.World;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Fuzz.Campaigns;

/// <summary>
/// Real peers that go through a whole life, logins in rounds and answers to our requests included, and say something else
/// than they mean now and then. What no recording reaches, because each round answers the one before, is reached here.
/// </summary>
internal sealed class LiveCampaign(ulong seed) : Campaign(seed, new FuzzWorld(seed, Gateway.Policy))
{
    private const int DeedsMax = 12;
    private const int PeersMax = 200;

    private ulong _peers;

    protected override void Step()
    {
        LetTimePass();
        InitiatorSettings settings = Mutator.Pick<InitiatorSettings>([Gateway.Alice, Gateway.Bob, Gateway.Bob, Gateway.Laptop]) with
        {
            RetransmitTries = 0,
            FragmentOctets = Chance.Below(3) == 0 ? 200 : 60_000,
            InitialContact = Chance.Below(8) == 0,
        };
        if (settings.Proof is InitiatorProof.Eap eap)
        {
            settings = settings with { Proof = eap with { Override = Chance.Below(2) == 0 ? (request, _) => Misspeak(request) : null } };
        }

        // The bystander's address is above all of theirs.
        using var peer = new Talker(World, _peers++ % PeersMax, settings, Send);
        peer.Initiator.Hooks.Alter = Alter;
        peer.Initiator.Hooks.Collisions = Mutator.Pick(Enum.GetValues<CollisionManners>());
        Try(peer, () => peer.Login());
        for (int deeds = Chance.Below(DeedsMax); deeds > 0 && peer.Initiator is { Sa: not null, IsBusy: false }; deeds--)
        {
            Try(peer, () => Do(peer));
        }

        if (peer.Initiator is { Sa: not null, IsBusy: false } && Chance.Below(8) != 0)
        {
            Try(peer, () => peer.Run((one, now) => one.DeleteIke(now)));
        }
    }

    private void Do(Talker peer)
    {
        switch (Chance.Below(10))
        {
            case 0:
                peer.Run((one, now) => one.CheckLiveness(now));
                break;
            case 1:
                peer.Run((one, now) => one.CreateChild(now, Chance.Below(2) == 0 ? KeyExchangeMethod.None : KeyExchangeMethod.Curve25519));
                break;
            case 2 when peer.Initiator.Children.Count > 0:
                peer.Run((one, now) => one.RekeyChild(Mutator.Pick(one.Children), now));
                break;
            case 3 when peer.Initiator.Children.Count > 0:
                peer.Run((one, now) => one.DeleteChild(Mutator.Pick(one.Children), now));
                break;
            case 4:
                peer.Run((one, now) => one.RekeyIke(now));
                break;
            case 5:
                peer.Run((one, now) => one.UpdateAddresses(now, new AddressUpdate { Cookie = [1, 2, 3, 4, 5, 6, 7, 8] }));
                break;
            case 6:
                World.Terminate(peer.Initiator.Sa!.ResponderSpi, Chance.Below(2) == 0 ? "net" : null);
                peer.Listen();
                break;
            case 7:
                // What this side begins meanwhile is answered late, or overtaken.
                Wait(TimeSpan.FromSeconds(Chance.Below(Chance.Below(6) == 0 ? 400 : 31)));
                break;
            default:
                peer.Listen();
                break;
        }
    }

    // An initiator that was lied to by its own hand may find itself where it cannot go on; the node may not.
    private static void Try(Talker peer, Action deed)
    {
        try
        {
            deed();
        }
        catch (InvalidOperationException)
        {
            peer.Drop();
        }
    }

    private PayloadChain Alter(ExchangeType exchange, bool isResponse, PayloadChain payloads)
    {
        if (Chance.Below(3) != 0)
        {
            return payloads;
        }

        Piece chain = PieceReader.Read(payloads.First, payloads.Octets);
        Mutator.Change(chain);
        (PayloadType first, byte[] octets) = Mutator.Write(chain);
        Inside = $"live, {exchange}, {(isResponse ? "answer" : "request")}, first {(int)first}, inside: {Convert.ToHexString(octets)}";
        return new PayloadChain(first, octets);
    }

    /// <summary>An EAP packet of its own making, as likely as not with honest lengths; null: what it should say.</summary>
    private byte[]? Misspeak(byte[] request)
    {
        if (Chance.Below(3) != 0)
        {
            return null;
        }

        byte[] packet = [(byte)(1 + Chance.Below(5)), request[1], 0, 0, request.Length > 4 ? request[4] : (byte)1, .. Mutator.Spoil(request[Math.Min(5, request.Length)..])];
        int length = Chance.Below(4) == 0 ? Chance.Below(70_000) : packet.Length;
        (packet[2], packet[3]) = ((byte)(length >> 8), (byte)length);
        return packet;
    }
}
