using IkeCluster.Crypto.Integrity;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Prf;

/// <summary>PRF_AES128_XCBC (RFC 4434): XCBC whose key may have any length.</summary>
internal sealed class AesXcbcPrf() : Prf(PrfId.Aes128Xcbc, outputOctets: 16, hasFixedKey: true)
{
    public override void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> output) =>
        Compute(key, data, [], [], output);

    private protected override KeyedMac Bind(ReadOnlySpan<byte> key)
    {
        // RFC 4434 §2: a shorter key gets zeroes behind it, a longer one is first hashed under the zero key.
        using var fitted = new SecretBytes(KeyOctets);
        if (key.Length <= KeyOctets)
        {
            key.CopyTo(fitted.Reveal());
        }
        else
        {
            using var zeroKeyed = new AesXcbc(stackalloc byte[16]);
            zeroKeyed.Compute(key, fitted.Reveal());
        }

        return new AesXcbc(fitted.Reveal());
    }
}
