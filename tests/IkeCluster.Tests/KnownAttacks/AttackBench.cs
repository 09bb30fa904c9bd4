using System.Buffers.Binary;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Engine.Authentication;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Cluster;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

internal delegate void WriteChain(ref PayloadWriter writer);

/// <summary>
/// A node with a bystander who is logged in, and an attacker. After each datagram the node must be sound and have sent one
/// reply at most; at the end the bystander must be served as before. That is the base line of every row of the table.
/// </summary>
internal sealed class AttackBench : IDisposable
{
    /// <summary>What an answer to a stranger may be longer than its request: our nonce, both NAT hashes, our notifies.</summary>
    private const int GrowthOctetsMax = 160;

    private readonly RealPeer _bystander;
    private ulong _spi = 0xa77ac000;

    public AttackBench(PolicySet? policy = null)
    {
        // Admission has tests of its own, and here it would only stand in front of what is attacked.
        AdmissionSettings open = AdmissionSettings.Default with { Cookies = CookieMode.Never, InitRatePerSource = 1_000_000 };
        World = new LoopWorld(
            machine: new EngineMachine(), policy: policy ?? Policies.Of(Policies.RoadWarrior), work: new InlineWork(), admission: open);
        _bystander = new RealPeer(World, seed: 1);
        Assert.Contains(_bystander.Login(), one => one is InitiatorEvent.Established);
    }

    public static DatagramPath Path { get; } = new(
        new UdpEndpoint(IpAddress.V4(0xc6120001), 500), new UdpEndpoint(IpAddress.V4(0xc6336401), 500), NonEspMarker: false);

    public LoopWorld World { get; }

    /// <summary>SAs that are not the bystander's.</summary>
    public int Others => (int)World.InMemory - 1;

    public DropReason LastDrop => World.Events.Drops.LastOrDefault();

    public IkeSaState StateOf(IkeSpi spi) => Find(spi) ?? throw new InvalidOperationException("no such SA");

    public IkeSaState? Find(IkeSpi spi) =>
        World.Seal.TryOpen(spi, out ShardId shard)
        && World.Loop.ShardOf(new SaKey(shard, spi))!.Actors.TryGetValue(spi, out SaActor? actor)
            ? actor.State
            : null;

    /// <summary>One datagram; the one reply, or null.</summary>
    public byte[]? Send(byte[] datagram, DatagramPath? path = null)
    {
        DatagramPath way = path ?? Path;
        int sent = World.Sender.Sent.Count;
        World.Receive(way, datagram);
        Assert.Empty(World.Events.Exceptions);
        byte[][] replies = [.. World.Sender.Sent.Skip(sent).Where(one => one.Path.Remote == way.Remote).Select(one => one.Datagram)];
        Assert.InRange(replies.Length, 0, 1);
        return replies.SingleOrDefault();
    }

    /// <summary>As a stranger, who must not be answered with much more than he sent.</summary>
    public byte[]? SendAsStranger(byte[] datagram)
    {
        byte[]? reply = Send(datagram);
        Assert.InRange(reply?.Length ?? 0, 0, datagram.Length + GrowthOctetsMax);
        return reply;
    }

    /// <summary>An IKE_SA_INIT of these payloads, honest where nothing else is said.</summary>
    public byte[] Init(WriteChain write, ulong? spi = null) => Message(write, ExchangeType.IkeSaInit, spi ?? _spi++, 0, 0);

    public static byte[] Message(WriteChain write, ExchangeType exchange, ulong spii, ulong spir, uint id)
    {
        byte[] buffer = new byte[64 * 1024];
        var writer = new PayloadWriter(buffer.AsSpan(IkeHeader.Octets));
        write(ref writer);
        int length = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(
            buffer, new IkeSpi(spii), new IkeSpi(spir), writer.First, exchange, HeaderFlags.Initiator, new MessageId(id), (uint)length);
        return buffer[..length];
    }

    /// <summary>What a good first message says.</summary>
    public static void Good(ref PayloadWriter writer)
    {
        writer.Sa(Policies.Ike("aes256gcm16-prfsha384-x25519"), []);
        writer.Ke(KeyExchangeMethod.Curve25519, X25519Value);
        writer.Nonce(new byte[32]);
        writer.Notify(NotifyType.Ikev2FragmentationSupported);
    }

    /// <summary>The u-coordinate of the base point: a value that holds every check.</summary>
    public static byte[] X25519Value { get; } = [9, .. new byte[31]];

    /// <summary>A half-open SA, and its keys: an IKE_AUTH that does not open has made the node compute them.</summary>
    public KeyHolder Begin(WriteChain? init = null)
    {
        byte[]? reply = Send(Init(init ?? Good));
        Assert.True(IkeHeader.TryRead(reply, out IkeHeader header));
        byte[] probe = new byte[IkeHeader.Octets + 68];
        IkeHeader.Write(
            probe, header.InitiatorSpi, header.ResponderSpi, PayloadType.Encrypted, ExchangeType.IkeAuth, HeaderFlags.Initiator, new MessageId(1), (uint)probe.Length);
        BinaryPrimitives.WriteUInt16BigEndian(probe.AsSpan(IkeHeader.Octets + 2), 68);
        Assert.Null(Send(probe));
        return new KeyHolder(StateOf(header.ResponderSpi));
    }

    /// <summary>An AUTH payload that proves the shared secret for this IDi.</summary>
    public byte[] Proof(KeyHolder half, Identity idi)
    {
        IkeSaState state = StateOf(half.Spi);
        byte[] restOfId = [(byte)idi.Type, 0, 0, 0, .. idi.Data];
        return PskProof.Make(
            state.Proposal.Prf, System.Text.Encoding.UTF8.GetBytes(Policies.Secret), SignedOctets.OfInitiator(state, restOfId));
    }

    /// <summary>IKE_AUTH of a client who holds the secret.</summary>
    public void GoodAuth(ref PayloadWriter writer, KeyHolder half)
    {
        Identity alice = Policies.Id("alice@example.org");
        writer.Id(PayloadType.IdInitiator, alice);
        writer.Auth(AuthMethod.SharedKey, Proof(half, alice));
        WantsAddress(ref writer);
        GoodChild(ref writer);
    }

    /// <summary>The same, not sealed yet.</summary>
    public byte[] Plain(KeyHolder half, out PayloadType first)
    {
        byte[] buffer = new byte[2048];
        var writer = new PayloadWriter(buffer);
        GoodAuth(ref writer, half);
        first = writer.First;
        return buffer[..writer.Written];
    }

    /// <summary>CFG_REQUEST for an IPv4 address, which the road warrior's child needs.</summary>
    public static void WantsAddress(ref PayloadWriter writer) =>
        writer.Cp(CfgType.Request, [new CfgAttribute(CfgAttributeType.InternalIp4Address, default)]);

    public static void GoodChild(ref PayloadWriter writer)
    {
        writer.Sa(Policies.Esp("aes256gcm16"), [0, 0, 4, 1]);
        writer.Ts(PayloadType.TsInitiator, [TrafficSelector.AllV4]);
        writer.Ts(PayloadType.TsResponder, [TrafficSelector.AllV4]);
    }

    /// <summary>A peer who has logged in and holds the keys.</summary>
    public KeyHolder Login()
    {
        KeyHolder peer = Begin();
        Ask(peer, ExchangeType.IkeAuth, (ref PayloadWriter writer) => GoodAuth(ref writer, peer));
        Assert.True(StateOf(peer.Spi).IsEstablished);
        return peer;
    }

    /// <summary>The next request of a peer with keys; its answer opened, or null where there was none.</summary>
    public Answer? Ask(KeyHolder peer, ExchangeType exchange, WriteChain write)
    {
        byte[]? reply = Send(Seal(peer, exchange, write));
        return reply is null ? null : new Answer(peer.Open(reply)!);
    }

    /// <summary>The next request of a peer, ready to be sent.</summary>
    public byte[] Seal(KeyHolder peer, ExchangeType exchange, WriteChain write)
    {
        byte[] buffer = new byte[64 * 1024];
        var writer = new PayloadWriter(buffer);
        write(ref writer);
        Assert.False(writer.Overflowed);
        return peer.Seal(exchange, StateOf(peer.Spi).Window.Expected, isResponse: false, writer.First, buffer.AsSpan(0, writer.Written));
    }

    /// <summary>The record of what happened is emptied, so that it does not count as the node's memory.</summary>
    public void ForgetRecord()
    {
        World.Events.Drops.Clear();
        World.Events.Story.Clear();
        World.Sender.Sent.Clear();
        _bystander.LoseAnswers();
    }

    /// <summary>The bystander is served as before, and nothing that was half-open is left once its time is over.</summary>
    public void AssertUnharmed()
    {
        Assert.Contains(_bystander.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
        World.Pass(TimeSpan.FromSeconds(31));
        Assert.Equal(0, World.HalfOpen.Count);
        Assert.Equal(0, World.Packets.Outstanding);
        Assert.Empty(World.Events.Exceptions);
        Assert.Contains(_bystander.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
    }

    public void Dispose()
    {
        _bystander.Dispose();
        World.Dispose();
    }
}

/// <summary>What stands inside an answer.</summary>
internal sealed class Answer(IkeCluster.Engine.Protection.InnerMessage inner)
{
    /// <summary>The first error notify; None where it has none.</summary>
    public NotifyType Refusal
    {
        get
        {
            for (int i = 0; i < Index().Count; i++)
            {
                if (Index()[i].Type == PayloadType.Notify && NotifyPayload.TryRead(Index()[i].Body, out NotifyPayload notify, out _) && notify.Type.IsError())
                {
                    return notify.Type;
                }
            }

            return NotifyType.None;
        }
    }

    public PayloadIndex Index()
    {
        Assert.True(PayloadIndex.TryRead(inner.First, inner.Chain, out PayloadIndex index, out _));
        return index;
    }
}
