using IkeCluster.Crypto.Integrity;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Prf;

/// <summary>PRF_AES128_CMAC (RFC 4615): CMAC whose key may have any length.</summary>
internal sealed class AesCmacPrf() : Prf(PrfId.Aes128Cmac, outputOctets: 16, hasFixedKey: true)
{
    public override void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> output) =>
        Compute(key, data, [], [], output);

    private protected override KeyedMac Bind(ReadOnlySpan<byte> key)
    {
        if (key.Length == KeyOctets)
        {
            return new AesCmac(key);
        }

        // RFC 4615 §3: any other length is made 128 bits by CMAC under the zero key.
        using var fitted = new SecretBytes(KeyOctets);
        using (var zeroKeyed = new AesCmac(stackalloc byte[16]))
        {
            zeroKeyed.Compute(key, fitted.Reveal());
        }

        return new AesCmac(fitted.Reveal());
    }
}
