using System.Diagnostics.CodeAnalysis;

namespace IkeCluster.Protocol.Proposals;

/// <summary>Proposals as strongSwan's swanctl.conf spells them, and as <c>swanctl --list-sas</c> shows them.</summary>
public static class ProposalText
{
    private const string DefaultPrfsAndGroups =
        "-prfsha256-prfsha384-prfsha512-prfaesxcbc-prfaescmac"
        + "-x25519-ecp256-ecp384-ecp521-x448-ecp256bp-ecp384bp-ecp512bp-modp3072-modp4096-modp6144-modp8192-modp2048";

    // The order in which the parts of a proposal are shown: strongSwan puts integrity before the PRF.
    private static readonly TransformType[] Shown =
    [
        TransformType.Encr, TransformType.Integ, TransformType.Prf, TransformType.KeyExchange,
        TransformType.AdditionalKeyExchange1, TransformType.AdditionalKeyExchange2, TransformType.AdditionalKeyExchange3,
        TransformType.AdditionalKeyExchange4, TransformType.AdditionalKeyExchange5, TransformType.AdditionalKeyExchange6,
        TransformType.AdditionalKeyExchange7,
    ];

    private static readonly (IntegrityId Integrity, PrfId Prf)[] SameAlgorithm =
    [
        (IntegrityId.HmacSha1With96, PrfId.HmacSha1), (IntegrityId.HmacSha256With128, PrfId.HmacSha256),
        (IntegrityId.HmacSha384With192, PrfId.HmacSha384), (IntegrityId.HmacSha512With256, PrfId.HmacSha512),
        (IntegrityId.AesXcbc96, PrfId.Aes128Xcbc), (IntegrityId.AesCmac96, PrfId.Aes128Cmac),
    ];

    /// <summary>What stands for <c>default</c> in <c>proposals</c>, with classic ciphers; without SHA-1 and short groups (RFC 8247).</summary>
    public static Proposal DefaultIke { get; } = Parse(
        "aes128-aes192-aes256-aes128ctr-aes192ctr-aes256ctr-sha256-sha384-sha512-aesxcbc-aescmac" + DefaultPrfsAndGroups, SecurityProtocol.Ike);

    /// <summary>What stands for <c>default</c> in <c>proposals</c>, with AEAD ciphers.</summary>
    public static Proposal DefaultIkeAead { get; } = Parse(
        "aes128gcm16-aes192gcm16-aes256gcm16-chacha20poly1305-aes128ccm16-aes192ccm16-aes256ccm16" + DefaultPrfsAndGroups, SecurityProtocol.Ike);

    /// <summary>What stands for <c>default</c> in <c>esp_proposals</c>, with classic ciphers.</summary>
    public static Proposal DefaultEsp { get; } = Parse("aes128-aes192-aes256-sha256-sha384-sha512-aesxcbc", SecurityProtocol.Esp);

    /// <summary>What stands for <c>default</c> in <c>esp_proposals</c>, with AEAD ciphers.</summary>
    public static Proposal DefaultEspAead { get; } = Parse("aes128gcm16-aes192gcm16-aes256gcm16", SecurityProtocol.Esp);

    /// <summary>
    /// Reads one proposal for IKE or ESP. Several words of one kind are alternatives, best first. An IKE proposal
    /// without PRF takes those of its integrity algorithms; an ESP proposal without one has no ESN.
    /// </summary>
    public static bool TryParse(
        string text, SecurityProtocol protocol, [NotNullWhen(true)] out Proposal? proposal, out string fault)
    {
        proposal = null;
        var transforms = new List<Transform>();
        foreach (string word in text.Split('-', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!ProposalKeywords.TryFind(word, out Transform transform))
            {
                fault = $"'{word}' is no algorithm that is known here";
                return false;
            }

            if (!transforms.Contains(transform))
            {
                transforms.Add(transform);
            }
        }

        fault = protocol switch
        {
            SecurityProtocol.Ike => CompleteIke(transforms),
            SecurityProtocol.Esp => CompleteEsp(transforms),
            _ => "only IKE and ESP proposals are served",
        };
        proposal = fault.Length == 0 ? new Proposal(protocol, [.. transforms.OrderBy(t => t.Type)]) : null;
        return proposal is not null;
    }

    /// <summary>As <c>AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519</c>; ESN shows only where it is on.</summary>
    public static string Write(Proposal proposal)
    {
        IEnumerable<string> names =
            from type in Shown
            from transform in proposal.Transforms
            where transform.Type == type && transform is not { Type: TransformType.Integ or TransformType.KeyExchange, Id: 0 }
            select Transforms.Name(transform);
        bool hasEsn = proposal.Transforms.Contains(Transform.Esn(SequenceNumbersId.PartiallyTransmitted64Bit));
        return string.Join('/', hasEsn ? names.Append("ESN") : names);
    }

    private static string CompleteIke(List<Transform> transforms)
    {
        if (!Has(transforms, TransformType.Prf))
        {
            transforms.AddRange(
                from transform in transforms.ToArray()
                from pair in SameAlgorithm
                where transform == Transform.Integ(pair.Integrity)
                select Transform.Prf(pair.Prf));
        }

        transforms.RemoveAll(t => t.Type == TransformType.SequenceNumbers);
        transforms.Remove(Transform.KeyExchange(KeyExchangeMethod.None));
        string fault = JudgeEncryption(transforms);
        return fault.Length > 0 ? fault
            : !Has(transforms, TransformType.Prf) ? "an IKE proposal needs a PRF, as prfsha256"
            : !Has(transforms, TransformType.KeyExchange) ? "an IKE proposal needs a key exchange method, as x25519"
            : "";
    }

    private static string CompleteEsp(List<Transform> transforms)
    {
        transforms.RemoveAll(t => t.Type == TransformType.Prf);
        if (!Has(transforms, TransformType.SequenceNumbers))
        {
            transforms.Add(Transform.Esn(SequenceNumbersId.ThirtyTwoBit));
        }

        return JudgeEncryption(transforms);
    }

    // RFC 5282 §8: no integrity transform beside an AEAD. RFC 8221 §4: no encryption without integrity.
    private static string JudgeEncryption(List<Transform> transforms)
    {
        bool hasAead = transforms.Exists(t => t.Type == TransformType.Encr && ((EncryptionId)t.Id).IsAead());
        bool hasClassic = transforms.Exists(t => t.Type == TransformType.Encr && !((EncryptionId)t.Id).IsAead());
        if (hasAead && !hasClassic)
        {
            transforms.RemoveAll(t => t.Type == TransformType.Integ);
            return "";
        }

        return (hasAead, hasClassic) switch
        {
            (true, true) => "AEAD and classic ciphers do not go together in one proposal: write two",
            (false, false) => "a proposal needs an encryption algorithm, as aes256gcm16",
            _ => Has(transforms, TransformType.Integ) ? "" : "a classic cipher needs an integrity algorithm, as sha256",
        };
    }

    private static bool Has(List<Transform> transforms, TransformType type) => transforms.Exists(t => t.Type == type);

    private static Proposal Parse(string text, SecurityProtocol protocol) =>
        TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));
}
