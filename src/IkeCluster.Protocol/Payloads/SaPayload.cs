using System.Collections.Immutable;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Protocol.Payloads;

/// <summary>
/// Proposals offered or the one chosen (RFC 7296 §3.3). <see cref="TryRead"/> checks every length, count, number and
/// Last Substruc at once, so that walking cannot fail.
/// </summary>
/// <remarks>
/// An offer is numbered from 1 upwards by one; a single proposal may have any number, because an answer repeats the
/// chosen one's (RFC 7296 §3.3.1). Whether an SPI of 0 or 8 octets fits the exchange is the engine's to say.
/// </remarks>
public readonly ref struct SaPayload
{
    private readonly ReadOnlySpan<byte> _body;

    private SaPayload(ReadOnlySpan<byte> body) => _body = body;

    public ProposalEnumerator GetEnumerator() => new(_body);

    public static bool TryRead(ReadOnlySpan<byte> body, out SaPayload payload, out ParseFault fault)
    {
        ParseFaultKind kind = SaSyntax.Judge(body, out int offset);
        bool isSound = ParseFault.IsSound(kind, PayloadType.Sa, offset, out fault);
        payload = isSound ? new SaPayload(body) : default;
        return isSound;
    }

    /// <summary>
    /// The proposals as values, without transforms that have an attribute which is not understood (RFC 7296 §3.3.6).
    /// </summary>
    public static bool TryReadProposals(ReadOnlySpan<byte> body, out ImmutableArray<Proposal> proposals)
    {
        proposals = [];
        if (!TryRead(body, out SaPayload payload, out _))
        {
            return false;
        }

        var builder = ImmutableArray.CreateBuilder<Proposal>();
        foreach (ProposalView proposal in payload)
        {
            builder.Add(proposal.ToProposal());
        }

        proposals = builder.ToImmutable();
        return true;
    }

    /// <summary>Walks the proposals.</summary>
    public ref struct ProposalEnumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal ProposalEnumerator(ReadOnlySpan<byte> body) => _rest = body;

        public ProposalView Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int octets = SaSyntax.Octets(_rest);
            Current = new ProposalView(_rest[..octets]);
            _rest = _rest[octets..];
            return true;
        }
    }
}
