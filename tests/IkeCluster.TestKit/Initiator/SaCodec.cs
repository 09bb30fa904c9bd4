using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>Seals and opens the messages of one IKE SA (RFC 7296 §3.14, RFC 7383).</summary>
internal sealed class SaCodec(NegotiatedSa sa, IkeKeys keys, FillRandom random) : IDisposable
{
    private const int PadLengthOctets = 1;

    private readonly MessageCipher _sealer = CipherOf(sa, keys, isInitiators: sa.IsInitiator);
    private readonly MessageCipher _opener = CipherOf(sa, keys, isInitiators: !sa.IsInitiator);
    private ulong _ivs;

    /// <summary>One reassembly a direction: a request may come amid the fragments of a response.</summary>
    private Fragments? _requestFragments;
    private Fragments? _responseFragments;

    /// <summary>One datagram; or several, none longer than <paramref name="fragmentOctets"/>, where that is not 0.</summary>
    public ImmutableArray<byte[]> Seal(ExchangeType exchange, MessageId id, bool isResponse, PayloadChain chain, int fragmentOctets)
    {
        byte[] whole = SealOne(exchange, id, isResponse, chain.First, chain.Octets, number: 0, total: 0);
        if (fragmentOctets == 0 || whole.Length <= fragmentOctets)
        {
            return [whole];
        }

        // The wasted IV of the whole message is never sent, so it may be lost.
        int room = fragmentOctets - IkeHeader.Octets - PayloadView.HeaderOctets - EncryptedPayload.FragmentFieldsOctets
            - _sealer.IvOctets - _sealer.IcvOctets;
        int share = (room / _sealer.BlockOctets * _sealer.BlockOctets) - PadLengthOctets;
        byte[][] pieces = [.. chain.Octets.Chunk(share)];
        return
        [
            .. pieces.Select((piece, i) => SealOne(
                exchange, id, isResponse, i == 0 ? chain.First : PayloadType.None, piece, (ushort)(i + 1), (ushort)pieces.Length)),
        ];
    }

    /// <summary>
    /// The inner payloads of a message, once it is whole; null where it does not open, or fragments are still missing.
    /// </summary>
    public PayloadChain? Open(byte[] message, out string fault) =>
        OpenPiece(message, out EncryptedPayload sk, out fault) is not { } plain ? null
        : sk.IsFragment ? Collect(message, sk, plain)
        : new PayloadChain(sk.FirstInner, plain);

    /// <summary>True for a message that is whole or its first fragment: the one that asks for a stored reply (RFC 7383 §2.6.1).</summary>
    public bool OpensFirst(byte[] message, out string fault) =>
        OpenPiece(message, out EncryptedPayload sk, out fault) is not null && (!sk.IsFragment || sk.FragmentNumber == 1);

    public void Dispose()
    {
        _sealer.Dispose();
        _opener.Dispose();
    }

    private static MessageCipher CipherOf(NegotiatedSa sa, IkeKeys keys, bool isInitiators) => isInitiators
        ? MessageCipher.Create(CipherSuite.From(sa.Proposal), keys.SkEi.Reveal(), keys.SkAi.Reveal())
        : MessageCipher.Create(CipherSuite.From(sa.Proposal), keys.SkEr.Reveal(), keys.SkAr.Reveal());

    private byte[] SealOne(
        ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, byte[] plain, ushort number, ushort total)
    {
        bool isFragment = total != 0;
        int ivAt = IkeHeader.Octets + PayloadView.HeaderOctets + (isFragment ? EncryptedPayload.FragmentFieldsOctets : 0);
        int unpadded = plain.Length + PadLengthOctets;
        int padding = (_sealer.BlockOctets - (unpadded % _sealer.BlockOctets)) % _sealer.BlockOctets;
        byte[] message = new byte[ivAt + _sealer.IvOctets + unpadded + padding + _sealer.IcvOctets];
        HeaderFlags flags = (sa.IsInitiator ? HeaderFlags.Initiator : HeaderFlags.None) | (isResponse ? HeaderFlags.Response : HeaderFlags.None);
        PayloadType outer = isFragment ? PayloadType.EncryptedFragment : PayloadType.Encrypted;
        IkeHeader.Write(message, sa.InitiatorSpi, sa.ResponderSpi, outer, exchange, flags, id, (uint)message.Length);

        Span<byte> payload = message.AsSpan(IkeHeader.Octets);
        payload[0] = (byte)first;
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)payload.Length);
        if (isFragment)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[4..], number);
            BinaryPrimitives.WriteUInt16BigEndian(payload[6..], total);
        }

        WriteIv(message.AsSpan(ivAt, _sealer.IvOctets));
        plain.CopyTo(message, ivAt + _sealer.IvOctets);
        message[^(_sealer.IcvOctets + PadLengthOctets)] = (byte)padding;
        _sealer.Seal(message, ivAt);
        return message;
    }

    private void WriteIv(Span<byte> iv)
    {
        if (_sealer.TakesCounterIv)
        {
            BinaryPrimitives.WriteUInt64BigEndian(iv, ++_ivs);
        }
        else
        {
            random(iv);
        }
    }

    private byte[]? OpenPiece(byte[] message, out EncryptedPayload sk, out string fault)
    {
        if (!EncryptedPayload.TryLocate(message, out sk, out Protocol.ParseFault parseFault))
        {
            fault = parseFault.ToString();
            return null;
        }

        byte[]? plain = _opener.TryOpen(message, sk.IvOffset) ? StripPadding(message, sk) : null;
        fault = plain is null ? "wrong ICV or padding" : "";
        return plain;
    }

    private byte[]? StripPadding(byte[] message, EncryptedPayload sk)
    {
        ReadOnlySpan<byte> text = message.AsSpan(sk.IvOffset + _opener.IvOctets, sk.ContentOctets - _opener.IvOctets - _opener.IcvOctets);
        return !text.IsEmpty && text[^1] < text.Length ? text[..^(text[^1] + PadLengthOctets)].ToArray() : null;
    }

    private PayloadChain? Collect(byte[] message, EncryptedPayload sk, byte[] plain)
    {
        IkeHeader.TryRead(message, out IkeHeader header);
        ref Fragments? fragments = ref header.IsResponse ? ref _responseFragments : ref _requestFragments;
        if (fragments is null || fragments.Id != header.MessageId || fragments.Pieces.Length < sk.TotalFragments)
        {
            fragments = new Fragments(header.MessageId, new byte[sk.TotalFragments][]);
        }

        if (fragments.Pieces.Length != sk.TotalFragments)
        {
            return null;
        }

        fragments.Pieces[sk.FragmentNumber - 1] = plain;
        fragments.First = sk.FragmentNumber == 1 ? sk.FirstInner : fragments.First;
        if (Array.Exists(fragments.Pieces, piece => piece is null))
        {
            return null;
        }

        var whole = new PayloadChain(fragments.First, [.. fragments.Pieces.SelectMany(piece => piece)]);
        fragments = null;
        return whole;
    }

    private sealed class Fragments(MessageId id, byte[][] pieces)
    {
        public MessageId Id => id;

        public byte[][] Pieces => pieces;

        public PayloadType First { get; set; }
    }
}
