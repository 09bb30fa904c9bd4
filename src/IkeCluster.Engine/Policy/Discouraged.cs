using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Engine.Policy;

/// <summary>
/// Algorithms that RFC 8247 and RFC 9395 discourage. They are never in a default: only a connection that names one has
/// it, and then its use is told.
/// </summary>
public static class Discouraged
{
    /// <summary>Their names, or null where there is none.</summary>
    public static string? Among(params ReadOnlySpan<Proposal?> proposals)
    {
        List<string> found = [];
        foreach (Proposal? proposal in proposals)
        {
            found.AddRange((proposal?.Transforms ?? []).Where(IsDiscouraged).Select(Transforms.Name));
        }

        return found.Count == 0 ? null : string.Join(", ", found.Distinct(StringComparer.Ordinal));
    }

    public static bool IsDiscouraged(Transform transform) => transform.Type switch
    {
        TransformType.Encr => (EncryptionId)transform.Id is EncryptionId.TripleDes or EncryptionId.Null,
        TransformType.Prf => (PrfId)transform.Id is PrfId.HmacMd5 or PrfId.HmacSha1,
        TransformType.Integ => (IntegrityId)transform.Id is IntegrityId.HmacMd5With96 or IntegrityId.HmacSha1With96,
        TransformType.KeyExchange => (KeyExchangeMethod)transform.Id
            is KeyExchangeMethod.Modp768 or KeyExchangeMethod.Modp1024 or KeyExchangeMethod.Modp1536,
        _ => false,
    };
}
