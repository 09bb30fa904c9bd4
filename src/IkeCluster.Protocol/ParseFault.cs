using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol;

/// <summary>The ways in which octets from a peer can fail to be a message.</summary>
public enum ParseFaultKind : byte
{
    None, TooShort, LengthBelowHeader, LengthBeyondEnd, TrailingOctets,
    TooManyPayloads, TooManyProposals, TooManyTransforms, TooManyAttributes, TooManySelectors, TooManySpis,
    BadSpiSize, BadCount, BadNumbering, BadLastSubstruc, BadAttribute, BadSelector, BadNonceLength, BadFragmentNumbers,
    BadIdType, BadIdLength, BadHashListLength, DuplicatePayload, MissingPayload,
}

/// <summary>
/// What was wrong with a peer's octets. <paramref name="Offset"/> counts octets from the start of what the reader was
/// given: a chain for the walkers, a body for the payload readers, a message for <c>EncryptedPayload</c>.
/// </summary>
public readonly record struct ParseFault(ParseFaultKind Kind, PayloadType Payload, int Offset)
{
    public static ParseFault None => default;

    public bool IsFault => Kind != ParseFaultKind.None;

    /// <summary>Makes the fault of a check, if there is one; true when the octets are sound.</summary>
    internal static bool IsSound(ParseFaultKind kind, PayloadType payload, int offset, out ParseFault fault)
    {
        fault = kind == ParseFaultKind.None ? None : new ParseFault(kind, payload, offset);
        return kind == ParseFaultKind.None;
    }

    public override string ToString() => IsFault ? $"{Place()}, octet {Offset}: {Text()}" : "no fault";

    private string Place() => Payload == PayloadType.None ? "message" : $"{Payload} payload";

    private string Text() => Kind switch
    {
        ParseFaultKind.TooShort => "ends before its fixed fields do",
        ParseFaultKind.LengthBelowHeader => "claims a length smaller than its own header",
        ParseFaultKind.LengthBeyondEnd => "claims a length beyond the end of what holds it",
        ParseFaultKind.TrailingOctets => "octets follow after the last element",
        ParseFaultKind.TooManyPayloads => $"more than {Limits.PayloadsPerMessageMax} payloads",
        ParseFaultKind.TooManyProposals => $"more than {Limits.ProposalsPerSaMax} proposals",
        ParseFaultKind.TooManyTransforms => $"more than {Limits.TransformsPerProposalMax} transforms in a proposal",
        ParseFaultKind.TooManyAttributes => "more attributes than allowed",
        ParseFaultKind.TooManySelectors => $"more than {Limits.TrafficSelectorsPerPayloadMax} traffic selectors",
        ParseFaultKind.TooManySpis => $"more than {Limits.SpisPerDeleteMax} SPIs",
        ParseFaultKind.BadSpiSize => "an SPI size that its protocol does not have",
        ParseFaultKind.BadCount => "a count that differs from what is there",
        ParseFaultKind.BadNumbering => "proposal numbers that do not rise by one from 1",
        ParseFaultKind.BadLastSubstruc => "a Last Substruc field that is wrong about what follows",
        ParseFaultKind.BadAttribute => "an attribute that does not fit its holder",
        ParseFaultKind.BadSelector => "a traffic selector with a wrong length or a range that runs backwards",
        ParseFaultKind.BadNonceLength => $"a nonce not of {Limits.NonceOctetsMin} to {Limits.NonceOctetsMax} octets",
        ParseFaultKind.BadFragmentNumbers => "a fragment number of zero, above its total, or a total above the limit",
        ParseFaultKind.BadIdType => "an identification of the reserved type 0",
        ParseFaultKind.BadIdLength => "identification data of a length that its type does not have",
        ParseFaultKind.BadHashListLength => "a list of hashes that is no multiple of 20 octets",
        ParseFaultKind.DuplicatePayload => "stands more often than once",
        ParseFaultKind.MissingPayload => "is missing",
        _ => "malformed",
    };
}
