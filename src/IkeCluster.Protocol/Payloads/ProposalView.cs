using System.Collections.Immutable;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  | Last Substruc |   RESERVED    |        Proposal Length        |
//  +---------------+---------------+---------------+---------------+
//  | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
//  +---------------+---------------+---------------+---------------+
//  |                   SPI, then the transforms                    ~

/// <summary>One proposal in place (RFC 7296 §3.3.1); its protocol may be one that nobody knows.</summary>
public readonly ref struct ProposalView
{
    private readonly ReadOnlySpan<byte> _octets;

    internal ProposalView(ReadOnlySpan<byte> octets) => _octets = octets;

    public byte Number => _octets[4];

    public SecurityProtocol Protocol => (SecurityProtocol)_octets[5];

    public int TransformCount => _octets[7];

    /// <summary>0, 4 or 8 octets.</summary>
    public ReadOnlySpan<byte> Spi => _octets.Slice(SaSyntax.ProposalHeaderOctets, _octets[6]);

    public TransformList Transforms => new(_octets[(SaSyntax.ProposalHeaderOctets + _octets[6])..]);

    /// <summary>As a value, without transforms that have an attribute which is not understood.</summary>
    public Proposal ToProposal()
    {
        var transforms = ImmutableArray.CreateBuilder<Transform>(TransformCount);
        foreach (TransformView transform in Transforms)
        {
            if (!transform.HasUnknownAttribute)
            {
                transforms.Add(transform.ToTransform());
            }
        }

        return new Proposal(Protocol, transforms.DrainToImmutable(), Number);
    }

    /// <summary>The transforms of one proposal.</summary>
    public readonly ref struct TransformList
    {
        private readonly ReadOnlySpan<byte> _octets;

        internal TransformList(ReadOnlySpan<byte> octets) => _octets = octets;

        public TransformEnumerator GetEnumerator() => new(_octets);
    }

    /// <summary>Walks the transforms.</summary>
    public ref struct TransformEnumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal TransformEnumerator(ReadOnlySpan<byte> octets) => _rest = octets;

        public TransformView Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int octets = SaSyntax.Octets(_rest);
            Current = new TransformView(_rest[..octets]);
            _rest = _rest[octets..];
            return true;
        }
    }
}
