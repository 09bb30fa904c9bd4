using System.Collections.Immutable;
using System.Globalization;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Crypto.Signatures;

/// <summary>Reads the auth strings of swanctl.conf; a fault says what would be right.</summary>
internal static class AuthSchemeText
{
    private const string IkePrefix = "ike:";
    private const string EapPrefix = "eap-";

    public static bool TryParse(string text, out AuthScheme scheme, out string fault)
    {
        scheme = null!;
        fault = "";
        switch (text)
        {
            case "psk":
                scheme = AuthScheme.Psk;
                break;
            case "eap":
                scheme = new AuthScheme(AuthClass.Eap, "", [], text);
                break;
            case not null when text.StartsWith(EapPrefix, StringComparison.Ordinal) && text.Length > EapPrefix.Length:
                scheme = new AuthScheme(AuthClass.Eap, text[EapPrefix.Length..], [], text);
                break;
            case not null when TryParseRules(text, out ImmutableArray<AuthKeyRule> rules, out fault):
                scheme = new AuthScheme(AuthClass.PublicKey, "", rules, text);
                break;
        }

        return scheme is not null;
    }

    private static bool TryParseRules(string text, out ImmutableArray<AuthKeyRule> rules, out string fault)
    {
        rules = [];
        string[] words = text.Split('-');
        for (int at = 0; at < words.Length;)
        {
            if (!TryParseRule(words, ref at, out AuthKeyRule? rule, out fault))
            {
                return false;
            }

            rules = rules.Add(rule!);
        }

        fault = "";
        return true;
    }

    // family [ size ] *hash
    private static bool TryParseRule(string[] words, ref int at, out AuthKeyRule? rule, out string fault)
    {
        rule = null;
        string word = words[at++];
        bool isIkeOnly = word.StartsWith(IkePrefix, StringComparison.Ordinal);
        if (FamilyOf(isIkeOnly ? word[IkePrefix.Length..] : word) is not { } family)
        {
            fault = $"«{word}» is no auth keyword; there are psk, pubkey, rsa, rsa/pss, ecdsa, ed25519, ed448 and eap, "
                + "behind pubkey, rsa, rsa/pss and ecdsa the hashes sha256, sha384, sha512 (and sha1)";
            return false;
        }

        int bits = TakeBits(family, words, ref at);
        ImmutableArray<SignatureHash> hashes = [];
        while (at < words.Length && HashOf(words[at]) is { } hash)
        {
            hashes = hashes.Add(hash);
            at++;
        }

        rule = new AuthKeyRule(family, bits, hashes, isIkeOnly);
        return IsSound(rule, word, out fault);
    }

    private static int TakeBits(AuthKeyFamily family, string[] words, ref int at)
    {
        bool hasSize = family is AuthKeyFamily.Rsa or AuthKeyFamily.RsaPss or AuthKeyFamily.Ecdsa;
        if (!hasSize || at >= words.Length
            || !int.TryParse(words[at], NumberStyles.None, CultureInfo.InvariantCulture, out int bits))
        {
            return 0;
        }

        at++;
        return bits;
    }

    private static bool IsSound(AuthKeyRule rule, string word, out string fault)
    {
        bool isEdwards = rule.Family is AuthKeyFamily.Ed25519 or AuthKeyFamily.Ed448;
        bool isRsa = rule.Family is AuthKeyFamily.Rsa or AuthKeyFamily.RsaPss;
        bool namesSha1 = rule.Hashes.Contains(SignatureHash.Sha1);
        bool namesIdentity = rule.Hashes.Contains(SignatureHash.Identity);
        fault = isEdwards && rule.Hashes.Any(hash => hash != SignatureHash.Identity)
                ? $"«{word}» takes no hash"
            : namesIdentity && (isRsa || rule.Family == AuthKeyFamily.Ecdsa)
                ? $"the hash «identity» belongs to ed25519 and ed448, not to «{word}»"
            : namesSha1 && rule.Family is AuthKeyFamily.RsaPss or AuthKeyFamily.Ecdsa
                ? $"SHA-1 is not to be had with «{word}»"
            : isRsa && rule.BitsMin != 0 && rule.BitsMin is < KeyLimits.RsaBitsFloor or > KeyLimits.RsaBitsMax
                ? $"an RSA key has {KeyLimits.RsaBitsFloor} to {KeyLimits.RsaBitsMax} bits, not {rule.BitsMin}"
            : "";
        return fault.Length == 0;
    }

    private static AuthKeyFamily? FamilyOf(string word) => word switch
    {
        "pubkey" => AuthKeyFamily.Any,
        "rsa" => AuthKeyFamily.Rsa,
        "rsa/pss" => AuthKeyFamily.RsaPss,
        "ecdsa" => AuthKeyFamily.Ecdsa,
        "ed25519" => AuthKeyFamily.Ed25519,
        "ed448" => AuthKeyFamily.Ed448,
        _ => null,
    };

    private static SignatureHash? HashOf(string word) => word switch
    {
        "sha1" => SignatureHash.Sha1,
        "sha256" => SignatureHash.Sha256,
        "sha384" => SignatureHash.Sha384,
        "sha512" => SignatureHash.Sha512,
        "identity" => SignatureHash.Identity,
        _ => null,
    };
}
