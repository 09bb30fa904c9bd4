using BenchmarkDotNet.Attributes;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Crypto;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Benchmarks.Cluster;

/// <summary>What the front door costs for each kind of datagram; the memory column must say nothing.</summary>
public class FrontDoorBenchmarks
{
    private static readonly Instant Now = new(1_800_000_000_000_000);
    private static readonly DatagramPath Path = new(
        new UdpEndpoint(IpAddress.V4(0xC000_0201), 500), new UdpEndpoint(IpAddress.V4(0xC633_6401), 500), NonEspMarker: false);

    private FrontDoor _door = null!;
    private byte[] _bare = null!;
    private byte[] _proven = null!;
    private byte[] _live = null!;
    private byte[] _dead = null!;
    private byte[] _garbage = null!;

    [GlobalSetup]
    public void SetUp()
    {
        AdmissionSettings settings = AdmissionSettings.Default with { Cookies = CookieMode.Always };
        using SecretBytes key = SecretBytes.CopyOf(new byte[32]);
        ClusterKeys keys = ClusterKeys.From([(1, key)]);
        var seal = new SpiSeal(keys);
        _door = new FrontDoor(keys, seal, new SourceBudget(settings, hashKey: 7), new HalfOpenBudget(settings));
        _bare = Init([]);
        _proven = Init(CookieIn(_door.Judge(Path, _bare, Now).Reply));
        _live = Encrypted(seal.Seal(new ShardId(5), 4711));
        _dead = Encrypted(new IkeSpi(0x7123_4567_89AB_CDEF));
        _garbage = new byte[200];
        new Random(1).NextBytes(_garbage);
    }

    [Benchmark]
    public VerdictKind Garbage() => _door.Judge(Path, _garbage, Now).Kind;

    [Benchmark]
    public VerdictKind MadeUpSpi() => _door.Judge(Path, _dead, Now).Kind;

    [Benchmark]
    public VerdictKind LiveSpi() => _door.Judge(Path, _live, Now).Kind;

    [Benchmark]
    public VerdictKind InitAskedForCookie() => _door.Judge(Path, _bare, Now).Kind;

    [Benchmark]
    public VerdictKind InitWithCookie() => _door.Judge(Path, _proven, Now).Kind;

    private static byte[] Init(ReadOnlySpan<byte> cookie)
    {
        byte[] message = new byte[512];
        var writer = new PayloadWriter(message.AsSpan(IkeHeader.Octets));
        if (!cookie.IsEmpty)
        {
            writer.Notify(NotifyType.Cookie, cookie);
        }

        writer.Reserve(PayloadType.Sa, 44);
        writer.Reserve(PayloadType.Ke, 36);
        writer.Reserve(PayloadType.Nonce, 32);
        return Finish(message, writer, IkeSpi.Zero, ExchangeType.IkeSaInit);
    }

    private static byte[] Encrypted(IkeSpi responder)
    {
        byte[] message = new byte[128];
        var writer = new PayloadWriter(message.AsSpan(IkeHeader.Octets));
        writer.Reserve(PayloadType.Encrypted, 48);
        return Finish(message, writer, responder, ExchangeType.Informational);
    }

    private static byte[] Finish(byte[] message, PayloadWriter writer, IkeSpi responder, ExchangeType exchange)
    {
        int octets = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(
            message, new IkeSpi(42), responder, writer.First, exchange, HeaderFlags.Initiator, MessageId.Zero, (uint)octets);
        return message[..octets];
    }

    private static byte[] CookieIn(ReadOnlySpan<byte> reply)
    {
        PayloadIndex.TryRead(PayloadType.Notify, reply[IkeHeader.Octets..], out PayloadIndex index, out _);
        index.TryFindNotify(NotifyType.Cookie, out var notify);
        return notify.Data.ToArray();
    }
}
