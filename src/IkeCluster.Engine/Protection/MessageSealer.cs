using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Protection;

/// <summary>The IKE header of a message of ours, all but its length.</summary>
internal readonly record struct Envelope(
    IkeSpi InitiatorSpi, IkeSpi ResponderSpi, ExchangeType Exchange, HeaderFlags Flags, MessageId Id);

/// <summary>Seals a chain of payloads into one SK payload, or into SKF fragments where it would not fit (RFC 7383 §2.5).</summary>
internal static class MessageSealer
{
    /// <summary>strongSwan's default of fragment_size: octets of the whole IP datagram.</summary>
    internal const int IpDatagramOctetsMax = 1280;

    private const int GenericHeaderOctets = 4;
    private const int FragmentHeaderOctets = 8;
    private const int NonEspMarkerOctets = 4;

    /// <summary>One datagram; or fragments of at most <see cref="IpDatagramOctetsMax"/> where <paramref name="mayFragment"/>.</summary>
    internal static ImmutableArray<byte[]> Seal(
        in StepContext context, MessageCipher cipher, in Envelope envelope, DatagramPath path, PayloadType first,
        ReadOnlySpan<byte> chain, bool mayFragment)
    {
        int room = IpDatagramOctetsMax - (path.Remote.Address.IsV4 ? 28 : 48) - NonEspMarkerOctets;
        int whole = SealedOctets(cipher, GenericHeaderOctets, chain.Length);
        return mayFragment && whole > room
            ? SealFragments(context, cipher, envelope, first, chain, room)
            : [SealOne(context, cipher, envelope, PayloadType.Encrypted, first, chain, 0, 0)];
    }

    private static ImmutableArray<byte[]> SealFragments(
        in StepContext context, MessageCipher cipher, in Envelope envelope, PayloadType first, ReadOnlySpan<byte> chain, int room)
    {
        int piece = room - SealedOctets(cipher, FragmentHeaderOctets, 0) - cipher.BlockOctets;
        int total = (chain.Length + piece - 1) / piece;
        Invariant.That(total <= Limits.FragmentsPerMessageMax);
        ImmutableArray<byte[]>.Builder fragments = ImmutableArray.CreateBuilder<byte[]>(total);
        for (int number = 1; number <= total; number++)
        {
            ReadOnlySpan<byte> part = chain[((number - 1) * piece)..Math.Min(number * piece, chain.Length)];

            // RFC 7383 §2.5: only the first fragment names the first inner payload.
            PayloadType next = number == 1 ? first : PayloadType.None;
            fragments.Add(SealOne(context, cipher, envelope, PayloadType.EncryptedFragment, next, part, number, total));
        }

        return fragments.MoveToImmutable();
    }

    private static byte[] SealOne(
        in StepContext context, MessageCipher cipher, in Envelope envelope, PayloadType outer, PayloadType inner,
        ReadOnlySpan<byte> chain, int number, int total)
    {
        int headerOctets = outer == PayloadType.Encrypted ? GenericHeaderOctets : FragmentHeaderOctets;
        byte[] message = new byte[SealedOctets(cipher, headerOctets, chain.Length)];
        IkeHeader.Write(
            message, envelope.InitiatorSpi, envelope.ResponderSpi, outer, envelope.Exchange, envelope.Flags, envelope.Id, (uint)message.Length);

        Span<byte> payload = message.AsSpan(IkeHeader.Octets);
        payload[0] = (byte)inner;
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)payload.Length);
        if (outer == PayloadType.EncryptedFragment)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[4..], (ushort)number);
            BinaryPrimitives.WriteUInt16BigEndian(payload[6..], (ushort)total);
        }

        int ivOffset = IkeHeader.Octets + headerOctets;
        WriteIv(context, cipher, message.AsSpan(ivOffset, cipher.IvOctets));
        chain.CopyTo(message.AsSpan(ivOffset + cipher.IvOctets));
        int padding = Padding(cipher, chain.Length);
        message[^(cipher.IcvOctets + 1)] = (byte)padding;
        cipher.Seal(message, ivOffset);
        return message;
    }

    private static void WriteIv(in StepContext context, MessageCipher cipher, Span<byte> iv)
    {
        if (cipher.TakesCounterIv)
        {
            BinaryPrimitives.WriteUInt64BigEndian(iv, context.Numbers.NextIv());
        }
        else
        {
            context.Entropy.FillPublic(iv);
        }
    }

    private static int SealedOctets(MessageCipher cipher, int payloadHeaderOctets, int chainOctets) =>
        IkeHeader.Octets + payloadHeaderOctets + cipher.IvOctets + chainOctets + Padding(cipher, chainOctets) + 1 + cipher.IcvOctets;

    private static int Padding(MessageCipher cipher, int chainOctets) =>
        (cipher.BlockOctets - ((chainOctets + 1) % cipher.BlockOctets)) % cipher.BlockOctets;
}
