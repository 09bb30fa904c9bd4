namespace IkeCluster.EndToEnd.Interop;

/// <summary>A suite in strongSwan's words, and as <c>swanctl --list-sas</c> shows it.</summary>
internal sealed record SuiteWords(string Words, string Display);

/// <summary>All the suites that are ours: each cipher, and each of the other algorithms with one cipher.</summary>
internal static class Suites
{
    private static readonly int[] KeyBits = [128, 192, 256];

    private static readonly SuiteWords[] Aeads =
    [
        .. from kind in (string[])["gcm", "ccm"]
           from icv in (int[])[8, 12, 16]
           from bits in KeyBits
           select new SuiteWords($"aes{bits}{kind}{icv}", $"AES_{kind.ToUpperInvariant()}_{icv}-{bits}"),
        new("chacha20poly1305", "CHACHA20_POLY1305"),
    ];

    private static readonly SuiteWords[] Ciphers =
    [
        .. KeyBits.Select(bits => new SuiteWords($"aes{bits}", $"AES_CBC-{bits}")),
        .. KeyBits.Select(bits => new SuiteWords($"aes{bits}ctr", $"AES_CTR-{bits}")),
    ];

    private static readonly SuiteWords[] Integrities =
    [
        new("sha1", "HMAC_SHA1_96"),
        new("sha256", "HMAC_SHA2_256_128"),
        new("sha384", "HMAC_SHA2_384_192"),
        new("sha512", "HMAC_SHA2_512_256"),
        new("aesxcbc", "AES_XCBC_96"),
        new("aescmac", "AES_CMAC_96"),
    ];

    private static readonly SuiteWords[] Prfs =
    [
        new("prfsha1", "PRF_HMAC_SHA1"),
        new("prfsha256", "PRF_HMAC_SHA2_256"),
        new("prfsha384", "PRF_HMAC_SHA2_384"),
        new("prfsha512", "PRF_HMAC_SHA2_512"),
        new("prfaesxcbc", "PRF_AES128_XCBC"),
        new("prfaescmac", "PRF_AES128_CMAC"),
    ];

    public static SuiteWords[] Groups { get; } =
    [
        .. ((int[])[1024, 1536, 2048, 3072, 4096, 6144, 8192])
            .Select(bits => new SuiteWords($"modp{bits}", $"MODP_{bits}")),
        .. ((int[])[256, 384, 521]).Select(bits => new SuiteWords($"ecp{bits}", $"ECP_{bits}")),
        .. ((int[])[256, 384, 512]).Select(bits => new SuiteWords($"ecp{bits}bp", $"ECP_{bits}_BP")),
        new("x25519", "CURVE_25519"),
        new("x448", "CURVE_448"),
    ];

    public static SuiteWords[] Ike { get; } =
    [
        .. from aead in Aeads select Join(aead, Prfs[1], "x25519", "CURVE_25519"),
        .. from cipher in Ciphers select Join(cipher, Integrities[1], Prfs[1], "x25519", "CURVE_25519"),
        .. from integrity in Integrities where integrity.Words != "sha256"
           select Join(Ciphers[0], integrity, Prfs[1], "x25519", "CURVE_25519"),
        .. from prf in Prfs where prf.Words != "prfsha256" select Join(Aeads[8], prf, "x25519", "CURVE_25519"),
        .. from prf in Prfs where prf.Words != "prfsha256"
           select Join(Ciphers[2], Integrities[3], prf, "x25519", "CURVE_25519"),
        .. from cipher in Ciphers[..1] from group_ in Groups where group_.Words != "x25519"
           select Join(cipher, Integrities[1], Prfs[1], group_.Words, group_.Display),
    ];

    public static SuiteWords[] Esp { get; } =
    [
        .. Aeads,
        .. from cipher in Ciphers select Join(cipher, Integrities[1]),
        .. from integrity in Integrities where integrity.Words != "sha256" select Join(Ciphers[0], integrity),
    ];

    private static SuiteWords Join(SuiteWords first, SuiteWords second, string words, string display) =>
        new($"{first.Words}-{second.Words}-{words}", $"{first.Display}/{second.Display}/{display}");

    private static SuiteWords Join(
        SuiteWords first, SuiteWords second, SuiteWords third, string words, string display) =>
        new(
            $"{first.Words}-{second.Words}-{third.Words}-{words}",
            $"{first.Display}/{second.Display}/{third.Display}/{display}");

    private static SuiteWords Join(SuiteWords first, SuiteWords second) =>
        new($"{first.Words}-{second.Words}", $"{first.Display}/{second.Display}");
}
