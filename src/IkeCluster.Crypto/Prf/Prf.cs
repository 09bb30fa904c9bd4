using System.Security.Cryptography;
using IkeCluster.Crypto.Integrity;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Prf;

/// <summary>A transform of type 2 (PRF; RFC 7296 §2.13). Stateless, one for all.</summary>
public abstract class Prf
{
    /// <summary>RFC 7296 §2.13: the counter is one octet and begins with 1.</summary>
    private const int BlocksMax = 255;

    private static readonly Prf[] All =
    [
        new HmacPrf(PrfId.HmacSha1, HashAlgorithmName.SHA1, 20),
        new HmacPrf(PrfId.HmacSha256, HashAlgorithmName.SHA256, 32),
        new HmacPrf(PrfId.HmacSha384, HashAlgorithmName.SHA384, 48),
        new HmacPrf(PrfId.HmacSha512, HashAlgorithmName.SHA512, 64),
        new AesXcbcPrf(),
        new AesCmacPrf(),
    ];

    private protected Prf(PrfId id, int outputOctets, bool hasFixedKey) =>
        (Id, OutputOctets, HasFixedKey) = (id, outputOctets, hasFixedKey);

    public PrfId Id { get; }

    public int OutputOctets { get; }

    /// <summary>Octets of the preferred key: the length of SK_d, SK_pi and SK_pr (RFC 7296 §2.14).</summary>
    public int KeyOctets => OutputOctets;

    /// <summary>RFC 7296 §2.14: SKEYSEED's key takes 64 bits of each nonce, not all of both.</summary>
    public bool HasFixedKey { get; }

    /// <summary>Null: not one of ours.</summary>
    public static Prf? Find(PrfId id) => Array.Find(All, one => one.Id == id);

    /// <summary>A key of any length; <paramref name="output"/> has exactly <see cref="OutputOctets"/>.</summary>
    public abstract void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> output);

    /// <summary>prf(key, first | second | third).</summary>
    public void Compute(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        ReadOnlySpan<byte> third,
        Span<byte> output)
    {
        OctetCount.MustBe(OutputOctets, output.Length);
        using KeyedMac mac = Bind(key);
        mac.Append(first);
        mac.Append(second);
        mac.Append(third);
        mac.Finish(output);
    }

    /// <summary>prf+ (RFC 7296 §2.13): T1 | T2 | .., Tn = prf(key, Tn-1 | seed | n).</summary>
    public void Plus(ReadOnlySpan<byte> key, ReadOnlySpan<byte> seed, Span<byte> output)
    {
        OctetCount.MustNotExceed(BlocksMax * OutputOctets, output.Length);
        using KeyedMac mac = Bind(key);
        Span<byte> block = stackalloc byte[KeyedMac.OctetsMax];
        block = block[..OutputOctets];
        for (byte counter = 1; !output.IsEmpty; counter++)
        {
            mac.Append(counter == 1 ? [] : block);
            mac.Append(seed);
            mac.Append([counter]);
            mac.Finish(block);
            int taken = Math.Min(block.Length, output.Length);
            block[..taken].CopyTo(output);
            output = output[taken..];
        }

        CryptographicOperations.ZeroMemory(block);
    }

    private protected abstract KeyedMac Bind(ReadOnlySpan<byte> key);
}
