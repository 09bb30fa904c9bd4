using System.Buffers.Binary;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

//  SK (RFC 7296 §3.14)                        SKF (RFC 7383 §2.5)
//  +-------------------------------+          +-------------------------------+
//  |     generic payload header    |          |     generic payload header    |
//  +-------------------------------+          +---------------+---------------+
//  |     Initialization Vector     |          | Fragment Num. |Total Fragments|
//  |   encrypted payloads, Padding |          +---------------+---------------+
//  |      Pad Length, Checksum     |          |  as SK from here on           |
//  +-------------------------------+          +-------------------------------+

/// <summary>
/// Where the protected part of a message lies. Offsets are from the start of the IKE header; all before
/// <paramref name="IvOffset"/> is the associated data of an AEAD (RFC 5282 §5.1, RFC 7383 §2.5.1).
/// </summary>
/// <param name="IsFragment">SKF, not SK.</param>
/// <param name="FragmentNumber">From 1; 0 for SK.</param>
/// <param name="TotalFragments">0 for SK.</param>
/// <param name="FirstInner">Type of the first inner payload: in a fragment other than the first it says nothing.</param>
/// <param name="IvOffset">Octets before the initialization vector.</param>
/// <param name="ContentOctets">Octets from the vector to the end, checksum included.</param>
public readonly record struct EncryptedPayload(
    bool IsFragment, ushort FragmentNumber, ushort TotalFragments, PayloadType FirstInner, int IvOffset, int ContentOctets)
{
    /// <summary>Octets of Fragment Number and Total Fragments.</summary>
    public const int FragmentFieldsOctets = 4;

    /// <summary>Walks the chain of a whole IKE message to its SK or SKF, which must be its last payload.</summary>
    public static bool TryLocate(ReadOnlySpan<byte> message, out EncryptedPayload sk, out ParseFault fault)
    {
        sk = default;
        if (!IkeHeader.TryRead(message, out IkeHeader header))
        {
            return ParseFault.IsSound(ParseFaultKind.TooShort, PayloadType.None, 0, out fault);
        }

        var reader = new PayloadReader(header.NextPayload, message[IkeHeader.Octets..]);
        PayloadView last = default;
        while (reader.TryNext(out PayloadView payload))
        {
            last = payload;
        }

        fault = reader.Fault with { Offset = reader.Fault.IsFault ? reader.Fault.Offset + IkeHeader.Octets : 0 };
        return !fault.IsFault && TryPlace(last, reader.EncryptedNext, out sk, out fault);
    }

    private static bool TryPlace(PayloadView last, PayloadType firstInner, out EncryptedPayload sk, out ParseFault fault)
    {
        int bodyAt = IkeHeader.Octets + last.Offset + PayloadView.HeaderOctets;
        ParseFaultKind kind = Judge(last);
        sk = (kind, last.Type) switch
        {
            (ParseFaultKind.None, PayloadType.Encrypted) => new(false, 0, 0, firstInner, bodyAt, last.Body.Length),
            (ParseFaultKind.None, _) => new(
                true,
                BinaryPrimitives.ReadUInt16BigEndian(last.Body),
                BinaryPrimitives.ReadUInt16BigEndian(last.Body[2..]),
                firstInner,
                bodyAt + FragmentFieldsOctets,
                last.Body.Length - FragmentFieldsOctets),
            _ => default,
        };
        return ParseFault.IsSound(kind, last.Type.IsEncrypted() ? last.Type : PayloadType.Encrypted, bodyAt, out fault);
    }

    private static ParseFaultKind Judge(PayloadView last)
    {
        if (last.Type != PayloadType.EncryptedFragment)
        {
            return last.Type == PayloadType.Encrypted ? ParseFaultKind.None : ParseFaultKind.MissingPayload;
        }

        if (last.Body.Length < FragmentFieldsOctets)
        {
            return ParseFaultKind.TooShort;
        }

        int number = BinaryPrimitives.ReadUInt16BigEndian(last.Body);
        int total = BinaryPrimitives.ReadUInt16BigEndian(last.Body[2..]);
        bool isSound = number >= 1 && number <= total && total <= Limits.FragmentsPerMessageMax;
        return isSound ? ParseFaultKind.None : ParseFaultKind.BadFragmentNumbers;
    }
}
