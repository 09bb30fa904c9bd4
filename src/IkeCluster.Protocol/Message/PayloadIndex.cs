using System.Runtime.CompilerServices;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Protocol.Message;

/// <summary>
/// All payloads of one chain, known and unknown, indexed in one pass without allocation. Every Notify in it is sound,
/// so that looking one up cannot fail half-way; the other bodies are judged by their own readers.
/// </summary>
/// <remarks>About half a kilobyte: hand it on by <c>in</c>.</remarks>
public readonly ref struct PayloadIndex
{
    private readonly ReadOnlySpan<byte> _chain;
    private readonly Entries _entries;

    private PayloadIndex(ReadOnlySpan<byte> chain, Entries entries, int count, PayloadType unsupportedCritical)
    {
        _chain = chain;
        _entries = entries;
        Count = count;
        UnsupportedCritical = unsupportedCritical;
    }

    public int Count { get; }

    /// <summary>The first unknown payload whose critical bit is set, else None (RFC 7296 §2.5).</summary>
    public PayloadType UnsupportedCritical { get; }

    public PayloadView this[int i]
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
        var reader = new PayloadReader(first, chain);
        Entries entries = default;
        int count = 0;
        PayloadType unsupported = PayloadType.None;
        ParseFault inner = ParseFault.None;
        while (!inner.IsFault && reader.TryNext(out PayloadView payload))
        {
            // A payload's length is a 16-bit field, so it is not cut here.
            entries[count++] = new Entry(payload.Type, payload.IsCritical, (ushort)payload.Body.Length, payload.Offset);
            bool isRefused = unsupported == PayloadType.None && payload.IsCritical && !payload.Type.IsKnown();
            unsupported = isRefused ? payload.Type : unsupported;
            inner = JudgeNotify(payload);
        }

        fault = inner.IsFault ? inner : reader.Fault;
        index = fault.IsFault ? default : new PayloadIndex(chain, entries, count, unsupported);
        return !fault.IsFault;
    }

    /// <summary>The first payload of a type.</summary>
    public bool TryFind(PayloadType type, out PayloadView payload)
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

    public int CountOf(PayloadType type)
    {
        int count = 0;
        for (int i = 0; i < Count; i++)
        {
            count += _entries[i].Type == type ? 1 : 0;
        }

        return count;
    }

    /// <summary>The first notification of a type.</summary>
    public bool TryFindNotify(NotifyType type, out NotifyPayload notify)
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

    public bool HasNotify(NotifyType type) => TryFindNotify(type, out _);

    private static ParseFault JudgeNotify(PayloadView payload) =>
        payload.Type == PayloadType.Notify && !NotifyPayload.TryRead(payload.Body, out _, out ParseFault fault)
            ? fault with { Offset = payload.Offset + PayloadView.HeaderOctets + fault.Offset }
            : ParseFault.None;

    private readonly record struct Entry(PayloadType Type, bool IsCritical, ushort BodyOctets, int Offset);

    [InlineArray(Limits.PayloadsPerMessageMax)]
    private struct Entries
    {
        private Entry _first;
    }
}
