using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Message;

/// <summary>
/// Writes a chain of payloads, without IKE header, into a caller's buffer. A lack of room is no exception: from the
/// first payload that does not fit on nothing is written and <see cref="Overflowed"/> says so.
/// </summary>
public ref struct PayloadWriter
{
    private const byte CriticalBit = 0x80;

    private readonly Span<byte> _buffer;
    private int _lastAt;

    public PayloadWriter(Span<byte> buffer) => _buffer = buffer;

    /// <summary>Type of the first payload: what the header in front of the chain names as Next Payload.</summary>
    public PayloadType First { get; private set; }

    /// <summary>Octets written.</summary>
    public int Written { get; private set; }

    /// <summary>What is written: part of the caller's buffer.</summary>
    public readonly Span<byte> Chain => _buffer[..Written];

    public bool Overflowed { get; private set; }

    public void Raw(PayloadType type, scoped ReadOnlySpan<byte> body, bool critical = false)
    {
        Span<byte> room = Reserve(type, body.Length);
        if (!Overflowed)
        {
            body.CopyTo(room);
            _buffer[_lastAt + 1] = critical ? CriticalBit : (byte)0;
        }
    }

    /// <summary>A payload whose body of zeros the caller fills; empty when it does not fit.</summary>
    public Span<byte> Reserve(PayloadType type, int bodyOctets)
    {
        int octets = PayloadView.HeaderOctets + bodyOctets;
        Overflowed |= octets > ushort.MaxValue || octets > _buffer.Length - Written;
        if (Overflowed)
        {
            return default;
        }

        Link(type);
        Span<byte> payload = _buffer.Slice(Written, octets);
        payload.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)octets);
        Written += octets;
        return payload[PayloadView.HeaderOctets..];
    }

    public void Sa(Proposal chosen, scoped ReadOnlySpan<byte> spi) => Sa([chosen], spi);

    /// <summary>Proposals without a number get their place in the list.</summary>
    public void Sa(ImmutableArray<Proposal> proposals, scoped ReadOnlySpan<byte> spi)
    {
        Span<byte> body = Reserve(PayloadType.Sa, SaEncoding.Octets(proposals, spi.Length));
        if (!Overflowed)
        {
            SaEncoding.Write(body, proposals, spi);
        }
    }

    public void Ke(KeyExchangeMethod method, scoped ReadOnlySpan<byte> value)
    {
        Span<byte> body = WithFixedFields(PayloadType.Ke, value);
        if (!Overflowed)
        {
            BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)method);
        }
    }

    public void Nonce(scoped ReadOnlySpan<byte> nonce) => Raw(PayloadType.Nonce, nonce);

    public void Notify(
        NotifyType type,
        scoped ReadOnlySpan<byte> data = default,
        SecurityProtocol protocol = SecurityProtocol.None,
        scoped ReadOnlySpan<byte> spi = default)
    {
        Span<byte> body = Reserve(PayloadType.Notify, 4 + spi.Length + data.Length);
        if (!Overflowed)
        {
            body[0] = (byte)protocol;
            body[1] = (byte)spi.Length;
            BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)type);
            spi.CopyTo(body[4..]);
            data.CopyTo(body[(4 + spi.Length)..]);
        }
    }

    public void Id(PayloadType idiOrIdr, Identity id) => Typed(idiOrIdr, (byte)id.Type, id.Data.AsSpan());

    public void Auth(AuthMethod method, scoped ReadOnlySpan<byte> data) => Typed(PayloadType.Auth, (byte)method, data);

    public void Cert(CertEncoding encoding, scoped ReadOnlySpan<byte> data) => Encoded(PayloadType.Cert, encoding, data);

    public void CertReq(CertEncoding encoding, scoped ReadOnlySpan<byte> hashes) => Encoded(PayloadType.CertReq, encoding, hashes);

    public void Ts(PayloadType tsiOrTsr, scoped ReadOnlySpan<TrafficSelector> selectors)
    {
        Overflowed |= selectors.Length > byte.MaxValue;
        Span<byte> body = Reserve(tsiOrTsr, TsEncoding.Octets(selectors));
        if (!Overflowed)
        {
            TsEncoding.Write(body, selectors);
        }
    }

    /// <summary>This IKE SA: no SPI, because the header has them (RFC 7296 §3.11).</summary>
    public void DeleteIke() => Raw(PayloadType.Delete, [(byte)SecurityProtocol.Ike, 0, 0, 0]);

    /// <summary>Child SAs, by the SPIs that the sender receives on (RFC 7296 §1.4.1).</summary>
    public void DeleteChildren(SecurityProtocol protocol, scoped ReadOnlySpan<EspSpi> spis)
    {
        Span<byte> body = Reserve(PayloadType.Delete, 4 + (4 * spis.Length));
        if (Overflowed)
        {
            return;
        }

        body[0] = (byte)protocol;
        body[1] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)spis.Length);
        for (int i = 0; i < spis.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body[(4 + (4 * i))..], spis[i].Value);
        }
    }

    /// <summary>A whole EAP packet, header included.</summary>
    public void Eap(scoped ReadOnlySpan<byte> packet) => Raw(PayloadType.Eap, packet);

    public void VendorId(scoped ReadOnlySpan<byte> id) => Raw(PayloadType.VendorId, id);

    public void Cp(CfgType type, scoped ReadOnlySpan<CfgAttribute> attributes)
    {
        int octets = 4;
        foreach (CfgAttribute attribute in attributes)
        {
            octets += 4 + attribute.Value.Length;
        }

        Span<byte> body = Reserve(PayloadType.Cp, octets);
        if (Overflowed)
        {
            return;
        }

        body[0] = (byte)type;
        body = body[4..];
        foreach (CfgAttribute attribute in attributes)
        {
            BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)attribute.Type);
            BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)attribute.Value.Length);
            attribute.Value.Span.CopyTo(body[4..]);
            body = body[(4 + attribute.Value.Length)..];
        }
    }

    private void Typed(PayloadType payload, byte type, scoped ReadOnlySpan<byte> data)
    {
        Span<byte> body = WithFixedFields(payload, data);
        if (!Overflowed)
        {
            body[0] = type;
        }
    }

    private void Encoded(PayloadType payload, CertEncoding encoding, scoped ReadOnlySpan<byte> data)
    {
        Span<byte> body = Reserve(payload, 1 + data.Length);
        if (!Overflowed)
        {
            body[0] = (byte)encoding;
            data.CopyTo(body[1..]);
        }
    }

    // KE, ID and AUTH alike have four octets of fixed fields, partly reserved, and then their data.
    private Span<byte> WithFixedFields(PayloadType type, scoped ReadOnlySpan<byte> data)
    {
        Span<byte> body = Reserve(type, 4 + data.Length);
        if (!Overflowed)
        {
            data.CopyTo(body[4..]);
        }

        return body;
    }

    // The type of a payload stands in the header before it: in the previous payload's, or in the caller's.
    private void Link(PayloadType type)
    {
        if (Written == 0)
        {
            First = type;
        }
        else
        {
            _buffer[_lastAt] = (byte)type;
        }

        _lastAt = Written;
    }
}
