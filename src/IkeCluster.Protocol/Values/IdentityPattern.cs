namespace IkeCluster.Protocol.Values;

/// <summary>Which identities a configured pattern takes, by strongSwan's rules.</summary>
internal static class IdentityPattern
{
    internal static bool HasWildcards(Identity pattern) => pattern.Type switch
    {
        IdType.Any => true,
        IdType.Fqdn or IdType.Rfc822Addr => pattern.Data is [(byte)'*', ..],
        IdType.DerAsn1Dn => CountWildcards(pattern.Data.AsSpan()) > 0,
        _ => false,
    };

    internal static int Match(Identity pattern, Identity peer)
    {
        if (pattern.IsAny)
        {
            return Identity.AnyMatch;
        }

        if (pattern.Type != peer.Type)
        {
            return Identity.NoMatch;
        }

        return pattern.Equals(peer) ? Identity.PerfectMatch : pattern.Type switch
        {
            IdType.Fqdn or IdType.Rfc822Addr => MatchTail(pattern.Data.AsSpan(), peer.Data.AsSpan()),
            IdType.DerAsn1Dn => MatchName(pattern.Data.AsSpan(), peer.Data.AsSpan()),
            _ => Identity.NoMatch,
        };
    }

    // One asterisk, at the head: *@example.org and *.example.org. A name with control octets in it fits no wildcard.
    private static int MatchTail(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> peer)
    {
        bool fits = pattern is [(byte)'*', .. var tail] && peer.Length >= tail.Length && !HasControls(peer)
            && System.Text.Ascii.EqualsIgnoreCase(peer[^tail.Length..], tail);
        return !fits ? Identity.NoMatch : pattern.Length == 1 ? Identity.AnyMatch : Identity.OneWildcardMatch;
    }

    private static bool HasControls(ReadOnlySpan<byte> text) => text.ContainsAnyInRange((byte)0, (byte)0x1F) || text.Contains((byte)0x7F);

    // Attribute by attribute, in order: the same types, and the same values where the pattern has no asterisk.
    private static int MatchName(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> peer)
    {
        var wanted = new DistinguishedName(pattern);
        var found = new DistinguishedName(peer);
        int wildcards = 0;
        while (wanted.TryNext(out NameAttribute want))
        {
            if (!found.TryNext(out NameAttribute have) || !want.Oid.SequenceEqual(have.Oid)
                || (!want.IsWildcard && !want.HasValueOf(have)))
            {
                return Identity.NoMatch;
            }

            wildcards += want.IsWildcard ? 1 : 0;
        }

        bool isWhole = !found.TryNext(out _) && !found.IsBroken && !wanted.IsBroken;
        return isWhole ? Math.Max(Identity.PerfectMatch - wildcards, Identity.ManyWildcardsMatch) : Identity.NoMatch;
    }

    private static int CountWildcards(ReadOnlySpan<byte> pattern)
    {
        var name = new DistinguishedName(pattern);
        int wildcards = 0;
        while (name.TryNext(out NameAttribute attribute))
        {
            wildcards += attribute.IsWildcard ? 1 : 0;
        }

        return wildcards;
    }
}
