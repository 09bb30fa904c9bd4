using System.Buffers.Binary;

namespace IkeCluster.Protocol.Message;

/// <summary>
/// Walks a chain of payloads in place (RFC 7296 §3.2). SK and SKF end the chain: their Next Payload field names the
/// first inner payload and stands in <see cref="EncryptedNext"/>.
/// </summary>
/// <remarks>After the last payload look at <see cref="Fault"/>: a broken chain ends early, with a fault.</remarks>
public ref struct PayloadReader
{
    private const byte CriticalBit = 0x80;

    private readonly ReadOnlySpan<byte> _chain;
    private PayloadType _next;
    private int _offset;
    private int _count;

    public PayloadReader(PayloadType first, ReadOnlySpan<byte> chain)
    {
        _chain = chain;
        _next = first;
    }

    public ParseFault Fault { get; private set; }

    public PayloadType EncryptedNext { get; private set; }

    public bool TryNext(out PayloadView payload)
    {
        ReadOnlySpan<byte> rest = _chain[_offset..];
        ParseFaultKind kind = Judge(rest);
        if (!ParseFault.IsSound(kind, _next, _offset, out ParseFault fault) || _next == PayloadType.None)
        {
            Fault = Fault.IsFault ? Fault : fault;
            _next = PayloadType.None;
            payload = default;
            return false;
        }

        int claimed = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        payload = new PayloadView(_next, (rest[1] & CriticalBit) != 0, rest[PayloadView.HeaderOctets..claimed], _offset);
        Advance((PayloadType)rest[0], claimed);
        return true;
    }

    private readonly ParseFaultKind Judge(ReadOnlySpan<byte> rest)
    {
        if (_next == PayloadType.None)
        {
            return rest.IsEmpty ? ParseFaultKind.None : ParseFaultKind.TrailingOctets;
        }

        if (rest.Length < PayloadView.HeaderOctets)
        {
            return ParseFaultKind.TooShort;
        }

        int claimed = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        return claimed switch
        {
            < PayloadView.HeaderOctets => ParseFaultKind.LengthBelowHeader,
            _ when claimed > rest.Length => ParseFaultKind.LengthBeyondEnd,
            _ when _count == Limits.PayloadsPerMessageMax => ParseFaultKind.TooManyPayloads,
            _ => ParseFaultKind.None,
        };
    }

    private void Advance(PayloadType next, int octets)
    {
        bool isEncrypted = _next.IsEncrypted();
        EncryptedNext = isEncrypted ? next : PayloadType.None;
        _next = isEncrypted ? PayloadType.None : next;
        _offset += octets;
        _count++;
    }
}
