using System.Collections.Immutable;

namespace IkeCluster.Protocol.Proposals;

/// <summary>
/// A proposal as configured, offered or chosen (RFC 7296 §3.3.1). Configured ones have number 0 and list transforms
/// in order of preference; a chosen one has exactly one transform of each type it holds.
/// </summary>
public sealed record Proposal(SecurityProtocol Protocol, ImmutableArray<Transform> Transforms, byte Number = 0)
{
    /// <summary>The first transform of a type, or null: on a chosen proposal, the one.</summary>
    public Transform? Find(TransformType type)
    {
        foreach (Transform transform in Transforms)
        {
            if (transform.Type == type)
            {
                return transform;
            }
        }

        return null;
    }

    public EncryptionId Encryption => (EncryptionId)(Find(TransformType.Encr)?.Id ?? 0);

    public int EncryptionKeyBits => Find(TransformType.Encr)?.KeyLengthBits ?? 0;

    public IntegrityId Integrity => (IntegrityId)(Find(TransformType.Integ)?.Id ?? 0);

    public PrfId Prf => (PrfId)(Find(TransformType.Prf)?.Id ?? 0);

    public KeyExchangeMethod KeyExchange => (KeyExchangeMethod)(Find(TransformType.KeyExchange)?.Id ?? 0);

    public SequenceNumbersId SequenceNumbers => (SequenceNumbersId)(Find(TransformType.SequenceNumbers)?.Id ?? 0);

    public bool Equals(Proposal? other) => other is not null && Protocol == other.Protocol && Number == other.Number
        && Transforms.SequenceEqual(other.Transforms);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Protocol);
        hash.Add(Number);
        foreach (Transform transform in Transforms)
        {
            hash.Add(transform);
        }

        return hash.ToHashCode();
    }
}
