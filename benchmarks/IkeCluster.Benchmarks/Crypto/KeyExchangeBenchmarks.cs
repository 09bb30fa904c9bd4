using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Benchmarks.Crypto;

/// <summary>One side's share: a pair from a seed, and the secret with a peer's value, checks included.</summary>
[BenchmarkCategory("Crypto")]
public class KeyExchangeBenchmarks
{
    private readonly byte[] _seed = new byte[128];
    private readonly Dictionary<KeyExchangeMethod, byte[]> _peers = [];
    private ECDiffieHellman _peerOfBaseLibrary = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    [GlobalSetup]
    public void MakePeers()
    {
        RandomNumberGenerator.Fill(_seed);
        foreach (KeyExchangeMethod method in Enum.GetValues<KeyExchangeMethod>().Where(KeyExchange.IsSupported))
        {
            byte[] seed = RandomNumberGenerator.GetBytes(KeyExchange.PrivateSeedOctets(method));
            using KeyExchange peer = KeyExchange.FromSeed(method, seed);
            _peers[method] = peer.PublicValue.ToArray();
        }
    }

    [GlobalCleanup]
    public void Dispose() => _peerOfBaseLibrary.Dispose();

    [Benchmark]
    public int Curve25519() => PairAndSecret(KeyExchangeMethod.Curve25519);

    [Benchmark]
    public int Curve448() => PairAndSecret(KeyExchangeMethod.Curve448);

    [Benchmark]
    public int Ecp256() => PairAndSecret(KeyExchangeMethod.Ecp256);

    [Benchmark]
    public int Ecp384() => PairAndSecret(KeyExchangeMethod.Ecp384);

    [Benchmark]
    public int Ecp521() => PairAndSecret(KeyExchangeMethod.Ecp521);

    [Benchmark]
    public int BrainpoolP256() => PairAndSecret(KeyExchangeMethod.BrainpoolP256);

    [Benchmark]
    public int Modp2048() => PairAndSecret(KeyExchangeMethod.Modp2048);

    [Benchmark]
    public int Modp3072() => PairAndSecret(KeyExchangeMethod.Modp3072);

    [Benchmark]
    public int Modp4096() => PairAndSecret(KeyExchangeMethod.Modp4096);

    /// <summary>The base class library's P-256, whose pair cannot come from a seed of ours.</summary>
    [Benchmark]
    public int Ecp256_of_the_base_library()
    {
        using ECDiffieHellman own = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using ECDiffieHellmanPublicKey peer = _peerOfBaseLibrary.PublicKey;
        ECParameters publicValue = own.ExportParameters(includePrivateParameters: false);
        return publicValue.Q.X!.Length + own.DeriveRawSecretAgreement(peer).Length;
    }

    /// <summary>libcrypto's EVP with its named group, which proves y^q = 1 unless told not to.</summary>
    [Benchmark]
    public int Modp2048_of_EVP_with_full_check() => EvpModp.PairAndSecret("modp_2048", validates: true);

    [Benchmark]
    public int Modp2048_of_EVP_without_it() => EvpModp.PairAndSecret("modp_2048", validates: false);

    private int PairAndSecret(KeyExchangeMethod method)
    {
        using KeyExchange own = KeyExchange.FromSeed(method, _seed.AsSpan(0, KeyExchange.PrivateSeedOctets(method)));
        using SecretBytes? secret = own.Derive(_peers[method]);
        return secret!.Length;
    }
}
