using System.Buffers.Binary;
using System.Security.Cryptography;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol;
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

    /// <summary>MODP group 18.</summary>
    private const int SharedSecretOctetsMax = 1024;

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
        Span<byte> key = stackalloc byte[2 * Limits.NonceOctetsMax];
        key = prf.HasFixedKey
            ? Concatenate(key, ni[..FixedKeyShareOctets], nr[..FixedKeyShareOctets])
            : Concatenate(key, ni, nr);
        Span<byte> skeyseed = stackalloc byte[prf.OutputOctets];
        prf.Compute(key, sharedSecret, skeyseed);
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
        Span<byte> skeyseed = stackalloc byte[old.OutputOctets];
        old.Compute(oldSkD, sharedSecret, ni, nr, skeyseed);
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
        Span<byte> seed = stackalloc byte[SharedSecretOctetsMax + (2 * Limits.NonceOctetsMax)];
        seed = Concatenate(seed, sharedSecretOrEmpty, ni, nr);
        Span<byte> keymat = stackalloc byte[ChildKeyOctets(chosen)];
        Require(prf).Plus(skD, seed, keymat);
        CryptographicOperations.ZeroMemory(seed);

        var made = new ChildKeys(keymat, suite.EncryptionKeyOctets, suite.IntegrityKeyOctets);
        CryptographicOperations.ZeroMemory(keymat);
        return made;
    }

    /// <summary>
    /// {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr); RFC 5282 §7: an
    /// AEAD's SK_a* are empty, and the salt stands behind the key in SK_e*. SKEYSEED is wiped.
    /// </summary>
    private static IkeKeys Expand(
        Prf.Prf prf,
        Span<byte> skeyseed,
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
        Span<byte> seed = stackalloc byte[(2 * Limits.NonceOctetsMax) + spis.Length];
        Span<byte> keys = stackalloc byte[
            (3 * prf.KeyOctets) + (2 * (suite.IntegrityKeyOctets + suite.EncryptionKeyOctets))];
        prf.Plus(skeyseed, Concatenate(seed, ni, nr, spis), keys);
        CryptographicOperations.ZeroMemory(skeyseed);

        var made = new IkeKeys(keys, prf.KeyOctets, suite.IntegrityKeyOctets, suite.EncryptionKeyOctets);
        CryptographicOperations.ZeroMemory(keys);
        return made;
    }

    private static Prf.Prf Require(PrfId id) => Prf.Prf.Find(id) ?? throw new NotSupportedException($"no PRF {id}");

    private static Span<byte> Concatenate(
        Span<byte> room, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default)
    {
        first.CopyTo(room);
        second.CopyTo(room[first.Length..]);
        third.CopyTo(room[(first.Length + second.Length)..]);
        return room[..(first.Length + second.Length + third.Length)];
    }
}
