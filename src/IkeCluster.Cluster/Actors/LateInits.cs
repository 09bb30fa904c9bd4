using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// Copies of IKE_SA_INITs whose source is past its budget. They wait until everybody else has had a turn (CONTRACT.md,
/// guarantee 3); bounded, and too old ones are nobody's any more.
/// </summary>
internal sealed class LateInits(PacketPool packets) : IDisposable
{
    internal const int WaitingMax = 1024;

    /// <summary>Of one turn of the loop, so that the sockets are looked at in between.</summary>
    internal const int PerTurnMax = 32;

    private readonly Queue<LateInit> _waiting = [];

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>False: enough wait already.</summary>
    public bool TryAdd(DatagramPath path, ReadOnlySpan<byte> message, bool hadValidCookie, Instant now)
    {
        if (_waiting.Count >= WaitingMax)
        {
            return false;
        }

        _waiting.Enqueue(new LateInit(path, packets.Rent(message), hadValidCookie, now));
        return true;
    }

    /// <summary>The taker disposes the lease.</summary>
    public bool TryTake(out LateInit late) => _waiting.TryDequeue(out late);

    public void Dispose()
    {
        while (TryTake(out LateInit late))
        {
            late.Lease.Dispose();
        }
    }
}

/// <summary>An IKE_SA_INIT that waits, without a non-ESP marker.</summary>
internal readonly record struct LateInit(DatagramPath Path, PacketLease Lease, bool HadValidCookie, Instant CameAt);
