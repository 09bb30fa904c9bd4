using System.Collections.Immutable;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>Reads the answer to a request.</summary>
public delegate void ReadAnswer(in PayloadIndex answer, Instant now);

/// <summary>A request of ours that waits for its answer: the same octets until it comes (RFC 7296 §2.1).</summary>
internal sealed record OutstandingRequest(MessageId Id, ImmutableArray<byte[]> Datagrams, Aim Aim, ReadAnswer Read)
{
    public int Tries { get; set; }

    public Instant RetransmitAt { get; set; }
}

/// <summary>What a request of ours is for: what the responder asks meanwhile is judged by it (RFC 7296 §2.25).</summary>
internal abstract record Aim
{
    private Aim()
    {
    }

    public static Aim Other { get; } = new Nothing();

    public sealed record NewChild : Aim;

    public sealed record RekeyChild(InitiatorChild Old, byte[] Nonce) : Aim
    {
        /// <summary>What the responder's rekey of the same child made meanwhile.</summary>
        public Rival<InitiatorChild>? Rival { get; set; }
    }

    public sealed record DeleteChild(InitiatorChild Child) : Aim;

    public sealed record RekeyIke(byte[] Nonce) : Aim
    {
        public Rival<InitiatorSa>? Rival { get; set; }
    }

    public sealed record DeleteIke : Aim;

    private sealed record Nothing : Aim;
}

/// <summary>An SA that a colliding exchange of the responder made, with the two nonces of that exchange.</summary>
internal sealed record Rival<T>(T Made, byte[] Ni, byte[] Nr)
{
    /// <summary>
    /// RFC 7296 §2.8.1: of the four nonces the lowest, octet by octet, marks the exchange whose SA is redundant. True where
    /// that is ours.
    /// </summary>
    public bool Beats(byte[] ourNi, byte[] ourNr) => Compare(Lower(ourNi, ourNr), Lower(Ni, Nr)) < 0;

    private static byte[] Lower(byte[] one, byte[] other) => Compare(one, other) < 0 ? one : other;

    private static int Compare(byte[] one, byte[] other) => one.AsSpan().SequenceCompareTo(other);
}
