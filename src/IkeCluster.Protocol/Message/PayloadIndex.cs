using System.Runtime.CompilerServices;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Protocol.Message;

/// <summary>
/// All payloads of one chain, known and unknown, indexed in one pass without allocation. Every Notify in it is sound,
/// so that looking one up cannot fail half-way; the other bodies are judged by their own readers.
/// </summary>
/// <remarks>About half a kilobyte: hand it on by reference.</remarks>
public ref struct PayloadIndex
{
    private readonly ReadOnlySpan<byte> _chain;
    private Entries _entries;

    private PayloadIndex(ReadOnlySpan<byte> chain) => _chain = chain;

    public int Count { get; private set; }

    /// <summary>The first unknown payload whose critical bit is set, else None (RFC 7296 §2.5).</summary>
    public PayloadType UnsupportedCritical { get; private set; }

    public readonly PayloadView this[int i]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, Count);
            Entry entry = _entries[i];
            ReadOnlySpan<byte> body = _chain.Slice(entry.Offset + PayloadView.HeaderOctets, entry.BodyOctets);
            return new PayloadView(entry.Type, entry.IsCritical, body, entry.Offset);
        }
    }

    public static bool TryRead(PayloadType first, ReadOnlySpan<byte> chain, out PayloadIndex index, out ParseFault fault)
    {
        index = new PayloadIndex(chain);
        var reader = new PayloadReader(first, chain);
        while (reader.TryNext(out PayloadView payload))
        {
            index.Add(payload);
            if (payload.Type == PayloadType.Notify && !NotifyPayload.TryRead(payload.Body, out _, out fault))
            {
                fault = fault with { Offset = payload.Offset + PayloadView.HeaderOctets + fault.Offset };
                return false;
            }
        }

        fault = reader.Fault;
        return !fault.IsFault;
    }

    /// <summary>The first payload of a type.</summary>
    public readonly bool TryFind(PayloadType type, out PayloadView payload)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_entries[i].Type == type)
            {
                payload = this[i];
                return true;
            }
        }

        payload = default;
        return false;
    }

    public readonly int CountOf(PayloadType type)
    {
        int count = 0;
        for (int i = 0; i < Count; i++)
        {
            count += _entries[i].Type == type ? 1 : 0;
        }

        return count;
    }

    /// <summary>The first notification of a type.</summary>
    public readonly bool TryFindNotify(NotifyType type, out NotifyPayload notify)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_entries[i].Type == PayloadType.Notify && NotifyPayload.TryRead(this[i].Body, out notify, out _)
                && notify.Type == type)
            {
                return true;
            }
        }

        notify = default;
        return false;
    }

    public readonly bool HasNotify(NotifyType type) => TryFindNotify(type, out _);

    private void Add(PayloadView payload)
    {
        // A payload's length is a 16-bit field and a message ends at 64 KiB, so neither number is cut.
        _entries[Count++] = new Entry(payload.Type, payload.IsCritical, (ushort)payload.Body.Length, payload.Offset);
        if (UnsupportedCritical == PayloadType.None && payload.IsCritical && !payload.Type.IsKnown())
        {
            UnsupportedCritical = payload.Type;
        }
    }

    private readonly record struct Entry(PayloadType Type, bool IsCritical, ushort BodyOctets, int Offset);

    [InlineArray(Limits.PayloadsPerMessageMax)]
    private struct Entries
    {
        private Entry _first;
    }
}
