using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Prf;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Benchmarks.Crypto;

/// <summary>HMAC-SHA-256 of 256 octets in three ways, and the key schedules made of it.</summary>
[BenchmarkCategory("Crypto")]
public class PrfBenchmarks
{
    private static readonly Prf Sha256 = Prf.Find(PrfId.HmacSha256)!;
    private static readonly Prf Cmac = Prf.Find(PrfId.Aes128Cmac)!;
    private static readonly Prf Xcbc = Prf.Find(PrfId.Aes128Xcbc)!;

    private static readonly Proposal Chosen = new(
        SecurityProtocol.Ike, [Transform.Encr(EncryptionId.AesGcm16, 256), Transform.Prf(PrfId.HmacSha256)]);

    private readonly byte[] _key = new byte[32];
    private readonly byte[] _data = new byte[256];
    private readonly byte[] _output = new byte[32];
    private IncrementalHash _kept = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, [1]);

    [GlobalSetup]
    public void Bind() => _kept = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);

    [GlobalCleanup]
    public void Dispose() => _kept.Dispose();

    [Benchmark]
    public void Hmac_in_one_call() => Sha256.Compute(_key, _data, _output);

    [Benchmark]
    public void Hmac_with_a_new_context() => Sha256.Compute(_key, _data, [], [], _output);

    [Benchmark]
    public void Hmac_with_a_kept_context()
    {
        _kept.AppendData(_data);
        _kept.GetHashAndReset(_output);
    }

    [Benchmark]
    public void Aes_cmac() => Cmac.Compute(_key.AsSpan(0, 16), _data, _output.AsSpan(0, 16));

    [Benchmark]
    public void Aes_xcbc() => Xcbc.Compute(_key.AsSpan(0, 16), _data, _output.AsSpan(0, 16));

    [Benchmark]
    public int Keys_of_an_IKE_SA()
    {
        using IkeKeys keys = KeySchedule.DeriveIke(Chosen, _key, _key, _key, new IkeSpi(1), new IkeSpi(2));
        return keys.SkD.Length;
    }
}
