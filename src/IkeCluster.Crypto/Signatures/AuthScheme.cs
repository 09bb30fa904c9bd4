using System.Collections.Immutable;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Crypto.Signatures;

/// <summary>What a side of a connection proves itself with.</summary>
public enum AuthClass { Psk, PublicKey, Eap }

/// <summary>
/// The value of <c>local.auth</c> and <c>remote.auth</c>, written as in swanctl.conf: <c>psk</c>, <c>pubkey</c>,
/// <c>rsa-3072-sha256-sha384</c>, <c>rsa/pss-sha256</c>, <c>ecdsa-384</c>, <c>ed25519</c>, <c>ike:rsa/pss-sha256</c>,
/// <c>eap-mschapv2</c>; parts may follow one another. It chooses our signature and limits the peer's.
/// </summary>
public sealed class AuthScheme
{
    internal AuthScheme(AuthClass authClass, string eapMethod, ImmutableArray<AuthKeyRule> rules, string text)
    {
        Class = authClass;
        EapMethod = eapMethod;
        Rules = rules;
        Text = text;
    }

    public static AuthScheme Psk { get; } = new(AuthClass.Psk, "", [], "psk");

    /// <summary>Any key and signature, but SHA-1 and RSA keys under <see cref="KeyLimits.RsaBitsMin"/>.</summary>
    public static AuthScheme PublicKey { get; } = Of("pubkey");

    /// <summary>The same, SHA-1 too.</summary>
    public static AuthScheme PublicKeyOrSha1 { get; } = Of("pubkey-sha1-sha256-sha384-sha512-identity");

    public AuthClass Class { get; }

    /// <summary>What stands behind <c>eap-</c>; empty for <c>eap</c> alone and for the other classes.</summary>
    public string EapMethod { get; }

    public ImmutableArray<AuthKeyRule> Rules { get; }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>True when the connection names SHA-1, which is worth a line in the log (RFC 8247 §4).</summary>
    public bool NamesSha1 => Rules.Any(rule => rule.Hashes.Contains(SignatureHash.Sha1));

    public static bool TryParse(string text, out AuthScheme scheme, out string fault) =>
        AuthSchemeText.TryParse(text, out scheme, out fault);

    /// <summary>True when an AUTH payload may be signed this way with a key of this kind and size.</summary>
    public bool AcceptsSignature(SignatureAlgorithm algorithm, KeyKind kind, int bits, out string fault)
    {
        ReadOnlySpan<AuthKeyRule> rules = Rules.Any(rule => rule.IsIkeOnly)
            ? Rules.RemoveAll(rule => !rule.IsIkeOnly).AsSpan()
            : Rules.AsSpan();
        bool isNamed = false;
        foreach (AuthKeyRule rule in rules)
        {
            isNamed |= rule.Speaks(algorithm) && rule.TakesHashOf(algorithm);
        }

        fault = isNamed ? "" : $"{algorithm.Name()} is not among the signatures of {Text}";
        return isNamed && AcceptsKey(kind, bits, out fault);
    }

    /// <summary>
    /// True when a certificate of the chain may be signed this way. As in swanctl.conf, only named hashes limit it;
    /// SHA-1 in a certificate is refused unless named.
    /// </summary>
    public bool AcceptsCertificateSignature(SignatureAlgorithm algorithm)
    {
        ImmutableArray<AuthKeyRule> limiting = Rules.RemoveAll(rule => rule.IsIkeOnly || rule.Hashes.IsEmpty);
        return limiting.IsEmpty
            ? algorithm.Hash() != SignatureHash.Sha1
            : limiting.Any(rule => rule.Speaks(algorithm) && rule.TakesHashOf(algorithm));
    }

    /// <summary>True when a key of this kind is large enough, in the AUTH payload and in certificates.</summary>
    public bool AcceptsKey(KeyKind kind, int bits, out string fault)
    {
        int least = LeastBits(kind);
        fault = bits >= least ? "" : $"the {FamilyName(kind)} key has {bits} bits and the least here is {least}";
        return bits >= least;
    }

    public override string ToString() => Text;

    private static string FamilyName(KeyKind kind) =>
        kind == KeyKind.Rsa ? "RSA" : kind.IsEcdsa() ? "ECDSA" : kind.ToString();

    // Where several parts name a size, the smallest is meant: each stands for itself.
    private int LeastBits(KeyKind kind)
    {
        int named = 0;
        foreach (AuthKeyRule rule in Rules)
        {
            if (rule.BitsMin != 0 && rule.IsAbout(kind))
            {
                named = named == 0 ? rule.BitsMin : Math.Min(named, rule.BitsMin);
            }
        }

        return named != 0 ? named : kind == KeyKind.Rsa ? KeyLimits.RsaBitsMin : 0;
    }

    private static AuthScheme Of(string text) => TryParse(text, out AuthScheme scheme, out string fault)
        ? scheme
        : throw new ArgumentException(fault, nameof(text));
}
