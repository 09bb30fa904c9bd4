using System.Security.Cryptography;
using IkeCluster.Engine;

namespace IkeCluster.Node;

/// <summary>
/// The system's generator behind <see cref="IEntropy"/>: drawn a pool at a time, since most draws are a few octets, and
/// from one pool for each kind, so that no octet on the wire lies beside a secret one. Thread-safe.
/// </summary>
internal sealed class OsEntropy : IEntropy, IDisposable
{
    private readonly Pool _public = new();
    private readonly Pool _secret = new();

    /// <inheritdoc/>
    public void FillPublic(Span<byte> visibleOnTheWire) => _public.Fill(visibleOnTheWire);

    /// <inheritdoc/>
    public void FillSecret(Span<byte> neverLeaves) => _secret.Fill(neverLeaves);

    public void Dispose()
    {
        _public.Dispose();
        _secret.Dispose();
    }

    private sealed class Pool : IDisposable
    {
        private const int PoolOctets = 1024;

        private readonly Lock _lock = new();
        private readonly byte[] _octets = GC.AllocateArray<byte>(PoolOctets, pinned: true);
        private int _used = PoolOctets;

        public void Fill(Span<byte> into)
        {
            if (into.Length > PoolOctets / 4)
            {
                RandomNumberGenerator.Fill(into);
                return;
            }

            lock (_lock)
            {
                if (into.Length > PoolOctets - _used)
                {
                    RandomNumberGenerator.Fill(_octets);
                    _used = 0;
                }

                // Nothing is drawn twice, and what was drawn is nowhere else.
                Span<byte> drawn = _octets.AsSpan(_used, into.Length);
                drawn.CopyTo(into);
                CryptographicOperations.ZeroMemory(drawn);
                _used += into.Length;
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                CryptographicOperations.ZeroMemory(_octets);
                _used = PoolOctets;
            }
        }
    }
}
