using System.Buffers.Binary;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Crypto;

/// <summary>
/// SKEYSEED and its children, to be read beside RFC 7296 §2.14, §2.17 and §2.18. Ni and Nr are the nonces of the
/// exchange that makes the keys, with "initiator" being whoever began that exchange.
/// </summary>
public static class KeySchedule
{
    /// <summary>RFC 7296 §2.14: octets of each nonce in SKEYSEED's key, where the PRF has a fixed one.</summary>
    private const int FixedKeyShareOctets = 8;

    /// <summary>SKEYSEED = prf(Ni | Nr, g^ir), and the seven keys of the first IKE SA.</summary>
    public static IkeKeys DeriveIke(
        Proposal chosen,
        ReadOnlySpan<byte> ni,
        ReadOnlySpan<byte> nr,
        ReadOnlySpan<byte> sharedSecret,
        IkeSpi spiI,
        IkeSpi spiR)
    {
        Prf.Prf prf = Require(chosen.Prf);
        using var key = new SecretBytes(prf.HasFixedKey ? 2 * FixedKeyShareOctets : ni.Length + nr.Length);
        if (prf.HasFixedKey)
        {
            Concatenate(key.Reveal(), ni[..FixedKeyShareOctets], nr[..FixedKeyShareOctets]);
        }
        else
        {
            Concatenate(key.Reveal(), ni, nr);
        }

        using var skeyseed = new SecretBytes(prf.OutputOctets);
        prf.Compute(key.Reveal(), sharedSecret, skeyseed.Reveal());
        return Expand(prf, skeyseed, chosen, ni, nr, spiI, spiR);
    }

    /// <summary>
    /// RFC 7296 §2.18: SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr) by the old SA's PRF, while prf+ and the keys'
    /// lengths are the new one's.
    /// </summary>
    public static IkeKeys DeriveRekeyedIke(
        PrfId oldPrf,
        ReadOnlySpan<byte> oldSkD,
        Proposal chosen,
        ReadOnlySpan<byte> ni,
        ReadOnlySpan<byte> nr,
        ReadOnlySpan<byte> sharedSecret,
        IkeSpi spiI,
        IkeSpi spiR)
    {
        Prf.Prf old = Require(oldPrf);
        using var skeyseed = new SecretBytes(old.OutputOctets);
        old.Compute(oldSkD, sharedSecret, ni, nr, skeyseed.Reveal());
        return Expand(Require(chosen.Prf), skeyseed, chosen, ni, nr, spiI, spiR);
    }

    /// <summary>Octets of KEYMAT for both directions.</summary>
    public static int ChildKeyOctets(Proposal chosen)
    {
        CipherSuite suite = CipherSuite.From(chosen);
        return 2 * (suite.EncryptionKeyOctets + suite.IntegrityKeyOctets);
    }

    /// <summary>
    /// KEYMAT = prf+(SK_d, [g^ir (new)] | Ni | Nr), cut in the order of RFC 7296 §2.17: initiator's encryption and
    /// integrity, then the responder's. The PRF is the IKE SA's; an empty secret means that there was no exchange.
    /// </summary>
    public static ChildKeys DeriveChild(
        PrfId prf,
        ReadOnlySpan<byte> skD,
        Proposal chosen,
        ReadOnlySpan<byte> sharedSecretOrEmpty,
        ReadOnlySpan<byte> ni,
        ReadOnlySpan<byte> nr)
    {
        CipherSuite suite = CipherSuite.From(chosen);
        using var seed = new SecretBytes(sharedSecretOrEmpty.Length + ni.Length + nr.Length);
        Concatenate(seed.Reveal(), sharedSecretOrEmpty, ni, nr);
        using var keymat = new SecretBytes(ChildKeyOctets(chosen));
        Require(prf).Plus(skD, seed.Reveal(), keymat.Reveal());

        ReadOnlySpan<byte> rest = keymat.Reveal();
        return new ChildKeys(
            Take(ref rest, suite.EncryptionKeyOctets),
            Take(ref rest, suite.IntegrityKeyOctets),
            Take(ref rest, suite.EncryptionKeyOctets),
            Take(ref rest, suite.IntegrityKeyOctets));
    }

    /// <summary>
    /// {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr); RFC 5282 §7: an
    /// AEAD's SK_a* are empty, and the salt stands behind the key in SK_e*.
    /// </summary>
    private static IkeKeys Expand(
        Prf.Prf prf,
        SecretBytes skeyseed,
        Proposal chosen,
        ReadOnlySpan<byte> ni,
        ReadOnlySpan<byte> nr,
        IkeSpi spiI,
        IkeSpi spiR)
    {
        CipherSuite suite = CipherSuite.From(chosen);
        Span<byte> spis = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(spis, spiI.Value);
        BinaryPrimitives.WriteUInt64BigEndian(spis[8..], spiR.Value);
        using var seed = new SecretBytes(ni.Length + nr.Length + spis.Length);
        Concatenate(seed.Reveal(), ni, nr, spis);
        using var keys = new SecretBytes((3 * prf.KeyOctets) + (2 * (suite.IntegrityKeyOctets + suite.EncryptionKeyOctets)));
        prf.Plus(skeyseed.Reveal(), seed.Reveal(), keys.Reveal());

        ReadOnlySpan<byte> rest = keys.Reveal();
        return new IkeKeys(
            Take(ref rest, prf.KeyOctets),
            Take(ref rest, suite.IntegrityKeyOctets),
            Take(ref rest, suite.IntegrityKeyOctets),
            Take(ref rest, suite.EncryptionKeyOctets),
            Take(ref rest, suite.EncryptionKeyOctets),
            Take(ref rest, prf.KeyOctets),
            Take(ref rest, prf.KeyOctets));
    }

    private static Prf.Prf Require(PrfId id) => Prf.Prf.Find(id) ?? throw new NotSupportedException($"no PRF {id}");

    private static SecretBytes Take(ref ReadOnlySpan<byte> rest, int octets)
    {
        SecretBytes taken = SecretBytes.CopyOf(rest[..octets]);
        rest = rest[octets..];
        return taken;
    }

    private static void Concatenate(
        Span<byte> into, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default)
    {
        first.CopyTo(into);
        second.CopyTo(into[first.Length..]);
        third.CopyTo(into[(first.Length + second.Length)..]);
    }
}
