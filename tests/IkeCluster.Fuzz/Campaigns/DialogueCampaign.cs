using IkeCluster.Engine;
using IkeCluster.Fuzz.Mutation;
using IkeCluster.Fuzz.World;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Fuzz.Campaigns;

/// <summary>
/// Established SAs in every stage that was recorded, and a peer who holds the keys and means harm: requests and answers,
/// whole and in fragments, wrong inside, wrong outside, in any order.
/// </summary>
internal sealed class DialogueCampaign(ulong seed) : Campaign(seed, MakeWorld(seed))
{
    private const int PeersMax = 6;
    private const int FragmentsMax = 5;

    private readonly List<PeerOfSa> _peers = [];

    protected override void Step()
    {
        LetTimePass();
        PeerOfSa peer = ChoosePeer(out Stage stage);
        if (!peer.Refresh(World))
        {
            Forget(peer);
            return;
        }

        Piece chain = Donors.Of(stage);
        Mutator.Change(chain);
        (PayloadType first, byte[] octets) = Mutator.Write(chain);
        Inside = $"stage {stage}, first {(int)first}, inside: {Convert.ToHexString(octets)}";
        bool isResponse = stage.IsResponse ^ (Chance.Below(50) == 0);
        ExchangeType exchange = Chance.Below(40) == 0 ? (ExchangeType)(30 + Chance.Below(16)) : stage.Exchange;
        SendSealed(peer, exchange, ChooseId(peer, isResponse), isResponse, first, octets);
    }

    protected override void End()
    {
        while (_peers.Count > 0)
        {
            GiveUp(_peers[0]);
        }
    }

    // Every eighth world lets its SAs fall asleep at once, so that they come back from their rows.
    private static FuzzWorld MakeWorld(ulong seed) =>
        new(seed, Gateway.Policy, passivateAfter: seed / 8 % 8 == 0 ? TimeSpan.FromMilliseconds(3) : null);

    private PeerOfSa ChoosePeer(out Stage stage)
    {
        bool isNew = _peers.Count == 0 || Chance.Below(4) == 0;
        stage = Mutator.Pick(Stages.Established);
        if (!isNew)
        {
            return Mutator.Pick(_peers);
        }

        if (_peers.Count == PeersMax)
        {
            GiveUp(_peers[0]);
        }

        // After an IKE rekey somebody else holds the children; the peer has those keys too.
        IkeSaState? orphan = Chance.Below(8) == 0 ? World.InMemory.FirstOrDefault(one => one.IsEstablished && IsNobodys(one)) : null;
        var peer = new PeerOfSa(orphan ?? World.Clone(stage, isCatchingUp: Chance.Below(8) == 0));
        _peers.Add(peer);
        return peer;
    }

    private bool IsNobodys(IkeSaState state) => state.Facts!.VirtualIps.Any(lease => lease.Pool == CloningMachine.Pool) && !_peers.Exists(peer => peer.Spi == state.LocalSpi);

    /// <summary>Most say goodbye, as peers do; the others fall silent, and the node has to find out.</summary>
    private void GiveUp(PeerOfSa peer)
    {
        if (Chance.Below(16) != 0 && peer.Refresh(World))
        {
            Inside = "Delete of the IKE SA";
            SendMessage(peer.Path, peer.Keys.Seal(
                ExchangeType.Informational, peer.Last.Window.Expected, isResponse: false, PayloadType.Delete, [0, 0, 0, 8, 1, 0, 0, 0]));
        }

        Forget(peer);
    }

    private void Forget(PeerOfSa peer)
    {
        peer.Dispose();
        _peers.Remove(peer);
    }

    private MessageId ChooseId(PeerOfSa peer, bool isResponse)
    {
        MessageId right = isResponse ? peer.Last.Own.Pending?.Id ?? peer.Last.Own.NextId : peer.Last.Window.Expected;
        return Chance.Below(24) switch
        {
            0 => new MessageId(unchecked(right.Value - 1)),
            1 => new MessageId(unchecked(right.Value + (uint)Chance.Below(3))),
            2 when Chance.Below(8) == 0 => new MessageId(Chance.Below(2) == 0 ? uint.MaxValue : (uint)Chance.Next()),
            _ => right,
        };
    }

    private void SendSealed(PeerOfSa peer, ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, byte[] octets)
    {
        if (Chance.Below(8) == 0)
        {
            SendFragments(peer, exchange, id, isResponse, first, octets);
            return;
        }

        byte? padding = Chance.Below(60) == 0 ? (byte)Chance.Next() : null;
        byte[] before = Chance.Below(40) == 0 ? UnknownPayloads(PayloadType.Encrypted) : [];
        byte[] message = peer.Keys.Seal(exchange, id, isResponse, first, octets, padding: padding, before: before, beforeType: (PayloadType)200);
        switch (Chance.Below(20))
        {
            case 0:
                SendSpoiled(peer, message);
                break;
            case 1:
                // The same again, and from elsewhere.
                SendMessage(peer.Path, message);
                SendMessage(Elsewhere(peer), message);
                break;
            case 2:
                SendMessage(Elsewhere(peer), message);
                break;
            default:
                SendMessage(peer.Path, message);
                break;
        }
    }

    private static DatagramPath Elsewhere(PeerOfSa peer) => peer.Path with { Remote = peer.Path.Remote with { Port = 4711 } };

    /// <summary>RFC 7296 §3.14: whatever is not as it was sealed has no effect at all.</summary>
    private void SendSpoiled(PeerOfSa peer, byte[] message)
    {
        byte[] spoiled = [.. message];
        spoiled[IkeHeader.Octets + Chance.Below(spoiled.Length - IkeHeader.Octets)] ^= (byte)(1 << Chance.Below(8));
        IkeSaState? before = World.Find(peer.Spi);
        SendMessage(peer.Path, spoiled);
        IkeSaState? after = World.Find(peer.Spi);
        Require(before is null || ReferenceEquals(before, after), "a message with a wrong ICV changed an SA", spoiled);
        Require(World.Watch.Sent.Count == 0, "a message with a wrong ICV was answered", spoiled);
    }

    private void SendFragments(PeerOfSa peer, ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, byte[] octets)
    {
        int total = 1 + Chance.Below(FragmentsMax);
        int size = Math.Max(1, (octets.Length + total - 1) / total);
        for (int i = 0; i < total; i++)
        {
            int start = Math.Min(i * size, octets.Length);
            byte[] part = octets[start..Math.Min(start + size, octets.Length)];
            int number = Chance.Below(20) == 0 ? Chance.Below(70) : i + 1;
            int falseTotal = Chance.Below(20) == 0 ? 1 + Chance.Below(70) : total;
            PayloadType next = i == 0 || Chance.Below(20) == 0 ? first : PayloadType.None;
            SendMessage(peer.Path, peer.Keys.Seal(exchange, id, isResponse, next, part, number, falseTotal));
        }
    }

    private byte[] UnknownPayloads(PayloadType last)
    {
        int count = Chance.Below(3) == 0 ? 61 + Chance.Below(5) : 1;
        byte[] octets = new byte[4 * count];
        for (int i = 0; i < count; i++)
        {
            octets[4 * i] = i == count - 1 ? (byte)last : (byte)200;
            octets[(4 * i) + 1] = Chance.Below(2) == 0 ? (byte)0x80 : (byte)0;
            octets[(4 * i) + 3] = 4;
        }

        return octets;
    }
}
