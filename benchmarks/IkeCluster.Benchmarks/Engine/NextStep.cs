using System.Buffers.Binary;
using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Benchmarks.Engine;

/// <summary>
/// Decision 0003: does a step return a new state or change it in place? One liveness exchange, the hottest step there is:
/// the engine as it is; the same work by hand on fields that are changed in place, the least any engine could do; and the
/// copies of records alone.
/// </summary>
[MemoryDiagnoser]
public class NextStep
{
    private readonly EstablishedSa _sa = new();
    private byte[] _request = [];
    private byte[] _received = [];
    private MessageCipher _inbound = null!;
    private MessageCipher _outbound = null!;

    // The state of the variant that changes it in place.
    private MessageId _expected;
    private byte[] _lastReply = [];
    private Instant _heardAt;
    private DatagramPath _path;

    [GlobalSetup]
    public void Setup()
    {
        _request = _sa.Liveness();
        _received = new byte[_request.Length];
        _inbound = MessageCipher.Create(_sa.Suite, _sa.State.Keys!.SkEi.Reveal(), _sa.State.Keys.SkAi.Reveal());
        _outbound = MessageCipher.Create(_sa.Suite, _sa.State.Keys.SkEr.Reveal(), _sa.State.Keys.SkAr.Reveal());
        if (ReturnsNewState() is null || !ChangesInPlace())
        {
            throw new InvalidOperationException("the liveness request was not answered");
        }
    }

    [Benchmark(Baseline = true)]
    public IkeSaState? ReturnsNewState()
    {
        _request.CopyTo(_received, 0);
        Step step = IkeSa.Next(_sa.State, new IkeInput.Datagram(_sa.Path, _received), _sa.Context);
        return step.Effects.IsEmpty ? null : step.State;
    }

    [Benchmark]
    public bool ChangesInPlace()
    {
        _request.CopyTo(_received, 0);
        _expected = new MessageId(2);
        if (!IkeHeader.TryRead(_received, out IkeHeader header) || header.MessageId != _expected
            || !EncryptedPayload.TryLocate(_received, out EncryptedPayload outer, out _) || !_inbound.TryOpen(_received, outer.IvOffset))
        {
            return false;
        }

        byte[] reply = new byte[_request.Length];
        IkeHeader.Write(
            reply, header.InitiatorSpi, header.ResponderSpi, PayloadType.Encrypted, ExchangeType.Informational, HeaderFlags.Response,
            _expected, (uint)reply.Length);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(IkeHeader.Octets + 2), (ushort)(reply.Length - IkeHeader.Octets));
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(IkeHeader.Octets + 4), _sa.NextIv());
        _outbound.Seal(reply, IkeHeader.Octets + 4);
        _expected = _expected.Next;
        _lastReply = reply;
        _heardAt = _sa.Context.Now;
        _path = _sa.Path;
        return _lastReply.Length > 0 && _heardAt > default(Instant) && _path.NonEspMarker;
    }

    [Benchmark]
    public IkeSaState CopiesAlone()
    {
        ImmutableArray<byte[]> reply = [_received];
        IkeSaState heard = _sa.State with
        {
            Window = _sa.State.Window with { Expected = new MessageId(2) },
            HeardAt = _sa.Context.Now,
            Path = _sa.Path,
        };
        return heard with { Window = new RequestWindow(new MessageId(3), reply), Pending = null };
    }
}
