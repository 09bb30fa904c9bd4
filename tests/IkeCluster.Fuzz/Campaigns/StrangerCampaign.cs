using System.Buffers.Binary;
using IkeCluster.Cluster.Admission;
using IkeCluster.Fuzz.Mutation;
using IkeCluster.Fuzz.World;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Fuzz.Campaigns;

/// <summary>
/// Whoever holds no keys: first messages with and without cookies, anything for half-open SAs before IKE_AUTH, spoiled
/// copies of what others sent, and octets that mean nothing.
/// </summary>
internal sealed class StrangerCampaign(ulong seed) : Campaign(seed, MakeWorld(seed))
{
    private const int SourcesMax = 64;

    /// <summary>
    /// What an answer may be longer than its request: both NAT hashes, our longer nonce and our notifies, where the request
    /// had none of them (cves.md, BASE: nobody is amplified).
    /// </summary>
    private const int GrowthOctetsMax = 128;

    private const byte HeaderNextAt = 16;
    private const byte HeaderLengthAt = 24;

    private readonly Queue<(DatagramPath Path, byte[] Init)> _let = [];
    private (DatagramPath Path, Piece Init, byte[] Cookie)? _asked;
    private PeerOfSa? _victim;

    protected override void Step()
    {
        LetTimePass();
        switch (Chance.Below(12))
        {
            case 0 or 1:
                SendSpoiledForBystander();
                break;
            case 2 or 3:
                SendToHalfOpen();
                break;
            case 4:
                SendGarbage();
                break;
            default:
                SendInit();
                break;
        }
    }

    protected override void End()
    {
        _victim?.Dispose();
        _let.Clear();
    }

    private static FuzzWorld MakeWorld(ulong seed) => new(seed, Gateway.Policy, (seed / 8 % 4) switch
    {
        0 => AdmissionSettings.Default with { Cookies = CookieMode.Always },
        1 => AdmissionSettings.Default with { HalfOpenLimit = 40, HalfOpenPerSource = 2 },
        2 => AdmissionSettings.Default,
        _ => null,
    });

    private DatagramPath NewPath(bool marker = false) => new(
        new UdpEndpoint(IpAddress.V4(0x0a000000 + (uint)Chance.Below(SourcesMax)), (ushort)(1024 + Chance.Below(4))),
        new UdpEndpoint(IpAddress.V4(0xc6336401), marker ? (ushort)4500 : (ushort)500), marker);

    private void SendInit()
    {
        Piece chain;
        DatagramPath path;
        if (_asked is { } asked && Chance.Below(2) == 0)
        {
            (path, chain) = (asked.Path, asked.Init);
            byte[] cookie = Chance.Below(4) == 0 ? Mutator.Spoil(asked.Cookie) : asked.Cookie;
            var payload = new Piece(PieceKind.Payload, [0, 0, 0, 0, 0, 0, 0x40, 0x06]) { Type = PayloadType.Notify, Tail = cookie };
            chain.Parts.Insert(Chance.Below(8) == 0 ? Chance.Below(chain.Parts.Count + 1) : 0, payload);
            _asked = null;
        }
        else
        {
            path = NewPath(Chance.Below(3) == 0);
            chain = Mutator.Pick(Donors.OfInits).Copy();
            Mutator.Change(chain);
        }

        byte[] message = WriteInit(chain, spi: 1 + (ulong)Chance.Below(1 << 20));
        SendBounded(path, message);
        Remember(path, chain, message);
    }

    private byte[] WriteInit(Piece chain, ulong spi)
    {
        (PayloadType first, byte[] octets) = Mutator.Write(chain);
        byte[] message = new byte[IkeHeader.Octets + octets.Length];
        IkeHeader.Write(
            message, new IkeSpi(spi), IkeSpi.Zero, first, ExchangeType.IkeSaInit, HeaderFlags.Initiator, MessageId.Zero, (uint)message.Length);
        octets.CopyTo(message, IkeHeader.Octets);
        if (Chance.Below(12) == 0)
        {
            message[Chance.Below(IkeHeader.Octets)] ^= (byte)(1 << Chance.Below(8));
        }

        return message;
    }

    private void Remember(DatagramPath path, Piece chain, byte[] message)
    {
        foreach ((_, byte[] reply) in World.Watch.Sent)
        {
            if (reply.Length > IkeHeader.Octets + 8 && reply[HeaderNextAt] == (byte)PayloadType.Notify && reply[IkeHeader.Octets + 6] == 0x40)
            {
                // The cookie answers this SPI and nonce: the same chain comes again, behind it.
                _asked = (path, chain, reply[(IkeHeader.Octets + 8)..]);
            }
            else if (IkeHeader.TryRead(reply, out IkeHeader header) && !header.ResponderSpi.IsZero)
            {
                byte[] let = [.. message];
                BinaryPrimitives.WriteUInt64BigEndian(let.AsSpan(8), header.ResponderSpi.Value);
                _let.Enqueue((path, let));
                _ = _let.Count > SourcesMax ? _let.Dequeue() : default;
            }
        }
    }

    /// <summary>Keys there are none yet, so whatever comes is without effect beyond one shared secret.</summary>
    private void SendToHalfOpen()
    {
        if (!_let.TryPeek(out (DatagramPath Path, byte[] Init) half))
        {
            return;
        }

        (DatagramPath path, byte[] message) = half;
        message = [.. message[..IkeHeader.Octets], .. Mutator.Spoil(SkPayload())];
        message[HeaderNextAt] = Chance.Below(4) == 0 ? (byte)PayloadType.EncryptedFragment : (byte)PayloadType.Encrypted;
        message[18] = (byte)(34 + Chance.Below(4));
        message[19] = Chance.Below(4) == 0 ? (byte)0x28 : (byte)0x08;
        message[23] = (byte)Chance.Below(3);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(HeaderLengthAt), (uint)message.Length);
        SendMessage(path, message);
        Require(World.Watch.Sent.Count == 0, "a message before IKE_AUTH was answered", message);
    }

    private byte[] SkPayload()
    {
        byte[] payload = new byte[4 + Chance.Below(200)];
        Chance.FillPublic(payload);
        payload[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)payload.Length);
        return payload;
    }

    /// <summary>What a peer with keys sent, changed on the way: it never has an effect, not even an answer.</summary>
    private void SendSpoiledForBystander()
    {
        _victim ??= new PeerOfSa(World.Find(BystanderSpi)!);
        _victim.Refresh(World);
        Stage stage = Mutator.Pick(Stages.Established);
        byte[] message = _victim.Keys.Seal(stage.Exchange, _victim.Last.Window.Expected, stage.IsResponse, stage.First, stage.Chain);
        byte[] spoiled = Mutator.Spoil(message);
        if (Chance.Below(2) == 0 && spoiled.Length >= IkeHeader.Octets)
        {
            BinaryPrimitives.WriteUInt32BigEndian(spoiled.AsSpan(HeaderLengthAt), (uint)spoiled.Length);
        }

        if (spoiled.AsSpan().SequenceEqual(message))
        {
            return;
        }

        // The SPIs in front may be another's now, and the version one that is answered; neither touches this SA.
        Engine.IkeSaState? before = World.Find(_victim.Spi);
        SendBounded(NewPath(), spoiled);
        Require(ReferenceEquals(before, World.Find(_victim.Spi)), "a stranger changed an SA", spoiled);
    }

    private void SendGarbage()
    {
        DatagramPath path = NewPath(Chance.Below(2) == 0);
        byte[] octets = new byte[Chance.Below(Chance.Below(10) == 0 ? Limits.DatagramOctetsMax : 100)];
        Chance.FillPublic(octets);
        if (octets.Length >= IkeHeader.Octets && Chance.Below(2) == 0)
        {
            octets[17] = 0x20;
            octets[18] = (byte)(33 + Chance.Below(6));
            BinaryPrimitives.WriteUInt32BigEndian(octets.AsSpan(HeaderLengthAt), (uint)octets.Length);
        }

        SendBounded(path, octets);
    }

    private void SendBounded(DatagramPath path, byte[] message)
    {
        SendMessage(path, message);
        foreach ((_, byte[] reply) in World.Watch.Sent)
        {
            bool isOurs = IkeHeader.TryRead(reply, out IkeHeader header) && header.IsResponse;
            Require(!isOurs || reply.Length <= message.Length + GrowthOctetsMax, $"{message.Length} octets were answered by {reply.Length}", message);
        }
    }
}
