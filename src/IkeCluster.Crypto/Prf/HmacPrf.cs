using System.Security.Cryptography;
using IkeCluster.Crypto.Integrity;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Prf;

/// <summary>PRF_HMAC_SHA1 (RFC 2104) and PRF_HMAC_SHA2_* (RFC 4868).</summary>
internal sealed class HmacPrf(PrfId id, HashAlgorithmName hash, int outputOctets)
    : Prf(id, outputOctets, hasFixedKey: false)
{
    public override void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> output)
    {
        OctetCount.MustBe(OutputOctets, output.Length);
        CryptographicOperations.HmacData(hash, key, data, output);
    }

    private protected override KeyedMac Bind(ReadOnlySpan<byte> key) => new HmacMac(hash, key);
}
