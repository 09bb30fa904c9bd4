using System.Buffers.Binary;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Simulation.Core;
using IkeCluster.Store;

namespace IkeCluster.Simulation.Node;

/// <summary>Seals rows as a store on disk does, with the epoch in front, and opens them again.</summary>
internal sealed class RowSealer(World world)
{
    private const int EpochOctets = sizeof(uint);
    private const int SaltOctets = 24;

    private RowCipher? _cipher;

    private RowCipher Cipher => _cipher ??= new RowCipher(world.Gateway.Keys, new SimEntropy(world.Chance.Next(), world));

    public RowWrite Seal(SaCommit commit, RowWrite row)
    {
        if (row.Kind == SaWriteKind.Delete)
        {
            return row;
        }

        var seat = new RowSeat(commit.Shard, row.LocalSpi, row.RowVersion, commit.Epoch);
        byte[] blob = [0, 0, 0, 0, .. Cipher.Seal(seat, row.Snapshot.Span)];
        BinaryPrimitives.WriteUInt32BigEndian(blob, commit.Epoch.Value);
        world.Checks.RowSealed(blob.AsSpan(EpochOctets, SaltOctets));
        return row with { Snapshot = blob };
    }

    public SaRow Open(SaRow row)
    {
        ReadOnlySpan<byte> blob = row.Snapshot.Span;
        var seat = new RowSeat(row.Shard, row.LocalSpi, row.RowVersion, new Epoch(BinaryPrimitives.ReadUInt32BigEndian(blob)));
        byte[]? plain = Cipher.Open(RowCipher.Format, Cipher.Newest, seat, blob[EpochOctets..]);
        return row with { Snapshot = plain ?? throw new IOException($"the row of {row.LocalSpi} does not open") };
    }
}
