using System.Security.Cryptography;

namespace IkeCluster.Crypto.Integrity;

/// <summary>HMAC (RFC 2104) with its two keyed states kept.</summary>
internal sealed class HmacMac(HashAlgorithmName hash, ReadOnlySpan<byte> key) : KeyedMac
{
    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(hash, key);

    internal override int Octets => _hmac.HashLengthInBytes;

    internal override void Append(ReadOnlySpan<byte> data) => _hmac.AppendData(data);

    internal override void Finish(Span<byte> mac) => _hmac.GetHashAndReset(mac);

    public override void Dispose() => _hmac.Dispose();
}
