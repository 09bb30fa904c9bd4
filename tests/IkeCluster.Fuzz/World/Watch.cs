using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Fuzz.World;

/// <summary>
/// Sees all that leaves the node and all that it tells of itself, and objects to what must never happen: an exception that
/// starts from a peer's octets, a commit that the store refuses.
/// </summary>
internal sealed class Watch : ISaEvents, IDatagramSender
{
    private readonly List<(DatagramPath Path, byte[] Datagram)> _sent = [];
    private readonly Dictionary<IpAddress, Queue<byte[]>> _mail = [];

    /// <summary>What was sent since <see cref="Begin"/> to addresses that nobody listens at.</summary>
    public IReadOnlyList<(DatagramPath Path, byte[] Datagram)> Sent => _sent;

    /// <summary>The first objection since the world began; null while there is none.</summary>
    public string? Objection { get; private set; }

    /// <summary>By reason, since the world began.</summary>
    public long[] Drops { get; } = new long[256];

    /// <summary>What the node told of its SAs, by kind and result, since the world began.</summary>
    public Dictionary<string, long> Reached { get; } = new(StringComparer.Ordinal);

    public void Begin()
    {
        _sent.Clear();
        Replies = 0;
    }

    public void Object(string objection) => Objection ??= objection;

    /// <summary>Replies since <see cref="Begin"/>, a fragmented one counted once.</summary>
    public int Replies { get; private set; }

    /// <summary>From here on the datagrams to an address are kept for whoever listens there.</summary>
    public Queue<byte[]> Listen(IpAddress address) => _mail[address] = [];

    public void StopListening(IpAddress address) => _mail.Remove(address);

    public bool Send(DatagramPath path, ReadOnlySpan<byte> message)
    {
        byte[] copy = message.ToArray();
        Replies += IkeHeader.TryRead(copy, out IkeHeader header) && header.IsResponse && !IsLaterFragment(header, copy) ? 1 : 0;
        if (_mail.TryGetValue(path.Remote.Address, out Queue<byte[]>? box))
        {
            box.Enqueue(copy);
        }
        else
        {
            _sent.Add((path, copy));
        }

        return true;
    }

    public void Happened(SaEvent happened)
    {
        string name = happened is SaEvent.ExchangeDone done ? $"{done.Exchange} {done.Role} {done.Result}" : happened.GetType().Name;
        Reached[name] = Reached.GetValueOrDefault(name) + 1;
    }

    public void ExchangeTook(string exchange, TimeSpan took)
    {
    }

    public void Dropped(DropReason reason) => Drops[(int)reason]++;

    public void CookieSent()
    {
    }

    public void CookieChecked(bool valid)
    {
    }

    public void Faulted(IkeSpi localSpi, Exception fault, string action, string datagramShape) =>
        Object($"an exception started from a peer's octets: {fault}");

    public void Committed(int commits, TimeSpan took)
    {
    }

    public void StoreTrouble(string detail) => Object($"the store was asked for what it refuses: {detail}");

    private static bool IsLaterFragment(in IkeHeader header, byte[] datagram) =>
        header.NextPayload == PayloadType.EncryptedFragment && datagram[IkeHeader.Octets + 5] != 1;
}
