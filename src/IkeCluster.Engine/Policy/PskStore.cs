using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Policy;

/// <summary>
/// Pre-shared keys by identity. Exact identities are looked up by index, so that 100,000 of them cost no more than ten;
/// only secrets with wildcards, or with no identity at all, are tried in turn.
/// </summary>
public sealed class PskStore
{
    /// <summary>The peer's match counts more than any match of ours.</summary>
    private const int RemoteWeight = 1000;

    private readonly Dictionary<Identity, List<SharedSecret>> _byIdentity = [];
    private readonly List<SharedSecret> _patterns = [];

    public PskStore(ImmutableArray<SharedSecret> secrets)
    {
        foreach (SharedSecret secret in secrets)
        {
            foreach (Identity id in secret.Ids.Where(id => !id.IsAny && !id.HasWildcards))
            {
                if (!_byIdentity.TryGetValue(id, out List<SharedSecret>? sharing))
                {
                    _byIdentity[id] = sharing = [];
                }

                sharing.Add(secret);
            }

            if (secret.Ids.IsEmpty || secret.Ids.Any(id => id.IsAny || id.HasWildcards))
            {
                _patterns.Add(secret);
            }
        }
    }

    /// <summary>
    /// The secret of this pair of identities, as swanctl decides: the peer's own counts most, ours beside it; a secret
    /// without identities serves everybody, last.
    /// </summary>
    public SecretBytes? Find(Identity local, Identity remote)
    {
        SharedSecret? best = null;
        int bestScore = 0;
        foreach (SharedSecret secret in Candidates(remote).Concat(Candidates(local)).Concat(_patterns))
        {
            int score = Score(secret, local, remote);
            if (score > bestScore)
            {
                (best, bestScore) = (secret, score);
            }
        }

        return best?.Secret;
    }

    private List<SharedSecret> Candidates(Identity id) =>
        _byIdentity.TryGetValue(id, out List<SharedSecret>? found) ? found : [];

    private static int Score(SharedSecret secret, Identity local, Identity remote)
    {
        if (secret.Ids.IsEmpty)
        {
            return 1;
        }

        int ofRemote = secret.Ids.Max(id => id.Match(remote));
        int ofLocal = secret.Ids.Max(id => id.Match(local));

        // A secret that names only us serves every peer. One that names anybody beside us is theirs alone: matching our
        // own identity must never lend alice's secret to bob.
        bool isTheirs = secret.Ids.Any(id => id.Match(local) == 0);
        return ofRemote == 0 && isTheirs ? 0 : (ofRemote * RemoteWeight) + ofLocal;
    }
}
