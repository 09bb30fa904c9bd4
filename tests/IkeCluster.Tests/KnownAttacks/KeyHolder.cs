using System.Buffers.Binary;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>
/// The other end of an SA, made from the node's own state: it holds the true keys and seals whatever it is told to, sound or
/// not. It shares no code with the engine's sealer.
/// </summary>
internal sealed class KeyHolder : IDisposable
{
    private readonly MessageCipher _sealer;
    private readonly MessageCipher _opener;
    private ulong _iv;

    public KeyHolder(IkeSaState state)
    {
        IkeKeys keys = state.Keys!;
        var suite = CipherSuite.From(state.Proposal);
        MessageCipher initiator = MessageCipher.Create(suite, keys.SkEi.Reveal(), keys.SkAi.Reveal());
        MessageCipher responder = MessageCipher.Create(suite, keys.SkEr.Reveal(), keys.SkAr.Reveal());
        (_sealer, _opener) = state.IsInitiator ? (responder, initiator) : (initiator, responder);
        Spi = state.LocalSpi;
        PeerSpi = state.PeerSpi;
        NodeIsInitiator = state.IsInitiator;
    }

    /// <summary>The node's SPI.</summary>
    public IkeSpi Spi { get; }

    public IkeSpi PeerSpi { get; }

    public bool NodeIsInitiator { get; }

    /// <summary>
    /// One SK payload; or one SKF where <paramref name="total"/> is not 0. A false <paramref name="padding"/> stands in the pad
    /// length; what is to stand in clear in front of it is <paramref name="before"/>.
    /// </summary>
    public byte[] Seal(
        ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, ReadOnlySpan<byte> plain, int number = 0, int total = 0,
        byte? padding = null, ReadOnlySpan<byte> before = default, PayloadType beforeType = PayloadType.None)
    {
        int headAt = IkeHeader.Octets + before.Length;
        int ivAt = headAt + (total == 0 ? 4 : 8);
        int fill = (_sealer.BlockOctets - ((plain.Length + 1) % _sealer.BlockOctets)) % _sealer.BlockOctets;
        byte[] message = new byte[ivAt + _sealer.IvOctets + plain.Length + fill + 1 + _sealer.IcvOctets];
        PayloadType outer = total == 0 ? PayloadType.Encrypted : PayloadType.EncryptedFragment;
        HeaderFlags flags = (NodeIsInitiator ? HeaderFlags.None : HeaderFlags.Initiator) | (isResponse ? HeaderFlags.Response : HeaderFlags.None);
        (IkeSpi spii, IkeSpi spir) = NodeIsInitiator ? (Spi, PeerSpi) : (PeerSpi, Spi);
        IkeHeader.Write(message, spii, spir, before.IsEmpty ? outer : beforeType, exchange, flags, id, (uint)message.Length);
        before.CopyTo(message.AsSpan(IkeHeader.Octets));

        Span<byte> payload = message.AsSpan(headAt);
        payload[0] = (byte)first;
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)payload.Length);
        if (total != 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[4..], (ushort)number);
            BinaryPrimitives.WriteUInt16BigEndian(payload[6..], (ushort)total);
        }

        _iv++;
        message.AsSpan(ivAt, _sealer.IvOctets).Fill((byte)_iv);
        BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(ivAt), _iv);
        plain.CopyTo(message.AsSpan(ivAt + _sealer.IvOctets));
        message[^(_sealer.IcvOctets + 1)] = padding ?? (byte)fill;
        _sealer.Seal(message, ivAt);
        return message;
    }

    /// <summary>What stands inside a whole message of the node's; null where it does not open, or is a fragment.</summary>
    public InnerMessage? Open(byte[] datagram)
    {
        byte[] message = [.. datagram];
        return MessageOpener.TryOpen(_opener, message, out EncryptedPayload outer, out ReadOnlySpan<byte> plain) == DropReason.None && !outer.IsFragment
            ? new InnerMessage(outer.FirstInner, plain.ToArray())
            : null;
    }

    public void Dispose()
    {
        _sealer.Dispose();
        _opener.Dispose();
    }
}
