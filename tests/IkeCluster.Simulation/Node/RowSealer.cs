using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Store;

namespace IkeCluster.Simulation.Node;

/// <summary>Seals rows as a store on disk does, and opens them again.</summary>
internal sealed class RowSealer : IDisposable
{
    private const int SaltOctets = 24;

    private readonly World _world;
    private readonly Dictionary<(IkeSpi Spi, long Version), Epoch> _epochs = [];
    private RowCipher? _cipher;

    public RowSealer(World world) => _world = world;

    private RowCipher Cipher => _cipher ??= new RowCipher(_world.Gateway.Keys, new SimEntropy(_world.Chance.Next(), _world));

    public RowWrite Seal(SaCommit commit, RowWrite row)
    {
        if (row.Kind == SaWriteKind.Delete)
        {
            return row;
        }

        byte[] blob = Cipher.Seal(new RowSeat(commit.Shard, row.LocalSpi, row.RowVersion, commit.Epoch), row.Snapshot.Span);
        _epochs.TryAdd((row.LocalSpi, row.RowVersion), commit.Epoch);
        _world.Checks.RowSealed(blob.AsSpan(0, SaltOctets));
        return row with { Snapshot = blob };
    }

    public SaRow Open(SaRow row)
    {
        Epoch epoch = _epochs[(row.LocalSpi, row.RowVersion)];
        byte[]? plain = Cipher.Open(
            RowCipher.Format, Cipher.Newest, new RowSeat(row.Shard, row.LocalSpi, row.RowVersion, epoch), row.Snapshot.Span);
        return row with { Snapshot = plain ?? throw new IOException($"the row of {row.LocalSpi} does not open") };
    }

    public void Dispose() => _epochs.Clear();
}
