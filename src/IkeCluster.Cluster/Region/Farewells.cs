using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// Last answers of IKE SAs that are gone: to a Delete, or to an IKE_AUTH that failed. The answer may be lost like any
/// other, so its request may be repeated, and gets the same octets for a while (RFC 7296 §2.1; TRAPS 13). Memory only.
/// </summary>
internal sealed class Farewells
{
    /// <summary>strongSwan's schedule of retransmissions, with its defaults, has asked four times by then.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(60);

    internal const int KeptMax = 4096;

    private readonly Dictionary<IkeSpi, Farewell> _bySpi = [];
    private readonly Queue<(IkeSpi Spi, Instant Until)> _inOrder = [];

    public int Count => _bySpi.Count;

    /// <summary>Keeps the answers of an SA's last step.</summary>
    /// <param name="spi">Ours, of the SA that is gone.</param>
    /// <param name="request">The one that ended it.</param>
    /// <param name="last">The step that did.</param>
    /// <param name="only">Of an SA that never had a login: the one address that hears its answer again; null: any.</param>
    /// <param name="now">The time.</param>
    public void Add(IkeSpi spi, RequestMark request, in Step last, IpAddress? only, Instant now)
    {
        Forget(now);
        ImmutableArray<byte[]> answer = [.. last.Effects.OfType<IkeEffect.Send>().SelectMany(send => send.Datagrams)];
        if (answer.IsEmpty || !_bySpi.TryAdd(spi, new Farewell(request, answer, only)))
        {
            return;
        }

        _inOrder.Enqueue((spi, now + KeptFor));
        if (_inOrder.Count > KeptMax)
        {
            _bySpi.Remove(_inOrder.Dequeue().Spi);
        }
    }

    /// <summary>The answer, if this is the request that it belongs to, octet for octet, and has not just come often.</summary>
    public bool TryFind(IkeSpi spi, ReadOnlySpan<byte> message, IpAddress from, Instant now, out ImmutableArray<byte[]> answer)
    {
        Forget(now);
        ref Farewell known = ref CollectionsMarshal.GetValueRefOrNullRef(_bySpi, spi);
        bool isRepeat = !Unsafe.IsNullRef(ref known) && RequestMark.Of(message) == known.Request
            && (known.Only is null || known.Only == from) && known.Repeats.HasRoom(now);
        answer = [];
        if (isRepeat)
        {
            known.Repeats.Spend(now);
            answer = known.Answer;
        }

        return isRepeat;
    }

    private void Forget(Instant now)
    {
        while (_inOrder.TryPeek(out (IkeSpi Spi, Instant Until) oldest) && oldest.Until <= now)
        {
            _inOrder.Dequeue();
            _bySpi.Remove(oldest.Spi);
        }
    }

    private struct Farewell(RequestMark request, ImmutableArray<byte[]> answer, IpAddress? only)
    {
        public readonly RequestMark Request = request;
        public readonly ImmutableArray<byte[]> Answer = answer;
        public readonly IpAddress? Only = only;
        public RepeatBudget Repeats;
    }
}

/// <summary>
/// What tells a protected request from any other once its keys are gone: its header, and the end of its ICV, which a
/// cipher that works in place leaves alone. Who can copy both has the whole datagram.
/// </summary>
internal readonly record struct RequestMark(ulong HeaderTail, ulong IcvTail)
{
    /// <summary>From next payload to message ID: octets 16 to 23 of the header.</summary>
    private const int HeaderTailAt = 16;

    public static RequestMark Of(ReadOnlySpan<byte> message) => message.Length < IkeHeader.Octets
        ? default
        : new RequestMark(
            BinaryPrimitives.ReadUInt64BigEndian(message[HeaderTailAt..]), BinaryPrimitives.ReadUInt64BigEndian(message[^sizeof(ulong)..]));
}
