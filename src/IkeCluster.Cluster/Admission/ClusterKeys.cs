using System.Security.Cryptography;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;

namespace IkeCluster.Cluster.Admission;

/// <summary>
/// The keys that HKDF (RFC 5869) makes from each version of <c>cluster.keys</c>, one for each use (DESIGN.md, Keys of
/// the cluster). All versions are read, the newest is written. Thread-safe.
/// </summary>
public sealed class ClusterKeys : IDisposable
{
    /// <summary>An SPI has two bits for the key version, so versions in use must differ in these.</summary>
    public const int VersionsMax = 4;

    /// <summary>Octets of a cluster key at least.</summary>
    public const int KeyOctetsMin = 16;

    private const int LongKeyOctets = 32;
    private readonly SortedDictionary<byte, DerivedKeys> _byVersion = [];

    private ClusterKeys()
    {
    }

    /// <summary>The version that is written.</summary>
    public byte Newest { get; private set; }

    /// <summary>All versions that are read, in rising order.</summary>
    public IEnumerable<byte> Versions => _byVersion.Keys;

    /// <summary>The keys given stay the caller's own.</summary>
    /// <exception cref="ArgumentException">No key, one too short, or versions with the same last two bits.</exception>
    public static ClusterKeys From(IReadOnlyList<(byte Version, SecretBytes Key)> keys)
    {
        if (FaultOf(keys) is { } fault)
        {
            throw new ArgumentException(fault, nameof(keys));
        }

        var derived = new ClusterKeys { Newest = keys.Max(key => key.Version) };
        foreach ((byte version, SecretBytes key) in keys)
        {
            derived._byVersion.Add(version, DerivedKeys.From(version, key));
        }

        return derived;
    }

    /// <summary>What is wrong with a set of keys, in a sentence; null when it will do.</summary>
    public static string? FaultOf(IReadOnlyList<(byte Version, SecretBytes Key)> keys)
    {
        if (keys.Count == 0)
        {
            return "at least one cluster key is needed";
        }

        if (keys.Any(key => key.Key.Length < KeyOctetsMin))
        {
            return $"a cluster key must have at least {KeyOctetsMin} octets";
        }

        bool areDistinct = keys.Select(key => key.Version % VersionsMax).Distinct().Count() == keys.Count;
        return areDistinct ? null : $"versions of cluster keys in use at once must differ modulo {VersionsMax}";
    }

    public bool Has(byte version) => _byVersion.ContainsKey(version);

    /// <summary>16 octets: the permutation of IKE SPIs.</summary>
    public SecretBytes SpiKey(byte version) => _byVersion[version].Spi;

    /// <summary>16 octets: the permutation of inbound ESP SPIs.</summary>
    public SecretBytes EspSpiKey(byte version) => _byVersion[version].EspSpi;

    /// <summary>32 octets: the secrets of cookies.</summary>
    public SecretBytes CookieKey(byte version) => _byVersion[version].Cookie;

    /// <summary>32 octets: the keys of rows at rest.</summary>
    public SecretBytes RowKey(byte version) => _byVersion[version].Row;

    public void Dispose()
    {
        foreach (DerivedKeys keys in _byVersion.Values)
        {
            keys.Dispose();
        }
    }

    private sealed record DerivedKeys(SecretBytes Spi, SecretBytes EspSpi, SecretBytes Cookie, SecretBytes Row)
        : IDisposable
    {
        public static DerivedKeys From(byte version, SecretBytes key) => new(
            Derive(key, $"ikecluster spi {version}", AesBlock.KeyOctets),
            Derive(key, $"ikecluster esp-spi {version}", AesBlock.KeyOctets),
            Derive(key, $"ikecluster cookie {version}", LongKeyOctets),
            Derive(key, $"ikecluster row {version}", LongKeyOctets));

        public void Dispose()
        {
            Spi.Dispose();
            EspSpi.Dispose();
            Cookie.Dispose();
            Row.Dispose();
        }

        private static SecretBytes Derive(SecretBytes key, string label, int octets)
        {
            var derived = new SecretBytes(octets);
            byte[] info = Encoding.ASCII.GetBytes(label);
            HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Reveal(), derived.Reveal(), salt: [], info);
            return derived;
        }
    }
}
