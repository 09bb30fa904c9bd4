using System.Collections.Immutable;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Window;

/// <summary>
/// The fragments of one request, each stored only after its ICV held (RFC 7383 §2.6). <paramref name="Parts"/> has one
/// place per fragment, null until it came.
/// </summary>
public sealed record Reassembly(MessageId Id, PayloadType First, ImmutableArray<byte[]?> Parts, Instant StartedAt)
{
    /// <summary>Fragments older than this are worth nothing: the peer has given up, or repeats them all.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public Instant EndsAt => StartedAt + Timeout;

    public bool IsOver(Instant now) => now >= EndsAt;

    /// <summary>
    /// Adds a fragment. RFC 7383 §2.6: a larger total begins anew (the peer cut smaller), a smaller one is dropped.
    /// Null: refused. Otherwise the reassembly to keep, and the message when it is complete.
    /// </summary>
    internal static Reassembly? Add(
        Reassembly? current, MessageId id, in EncryptedPayload outer, ReadOnlySpan<byte> plain, int octetsMax, Instant now,
        out InnerMessage? complete)
    {
        complete = null;
        int total = outer.TotalFragments;
        int number = outer.FragmentNumber;
        if (number == 0 || number > total || total > Limits.FragmentsPerMessageMax)
        {
            return null;
        }

        bool startsAnew = current is null || current.Id != id || total > current.Parts.Length || current.IsOver(now);
        Reassembly kept = startsAnew
            ? new Reassembly(id, PayloadType.None, ImmutableArray.CreateRange(new byte[]?[total]), now)
            : current!;
        if (total < kept.Parts.Length || kept.Parts[number - 1] is not null || kept.Octets + plain.Length > octetsMax)
        {
            return null;
        }

        kept = kept with
        {
            First = number == 1 ? outer.FirstInner : kept.First,
            Parts = kept.Parts.SetItem(number - 1, plain.ToArray()),
        };
        complete = kept.Parts.Contains(null) ? null : new InnerMessage(kept.First, kept.Join());
        return kept;
    }

    private int Octets => Parts.Sum(part => part?.Length ?? 0);

    private byte[] Join()
    {
        byte[] whole = new byte[Octets];
        int at = 0;
        foreach (byte[]? part in Parts)
        {
            part!.CopyTo(whole, at);
            at += part.Length;
        }

        return whole;
    }
}
