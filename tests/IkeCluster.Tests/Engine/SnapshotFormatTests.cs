using IkeCluster.Engine;

namespace IkeCluster.Tests.Engine;

/// <summary>A release reads what earlier ones wrote (Vectors/snapshots/ORIGIN.md).</summary>
public sealed class SnapshotFormatTests
{
    [Fact]
    public void A_snapshot_of_format_1_is_read_with_sound_defaults_for_what_it_lacks()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Vectors", "snapshots", "format-1.hex");
        byte[] snapshot = Convert.FromHexString(string.Concat(File.ReadLines(path)));

        IkeSaState state = Snapshot.TryRead(snapshot, 1, out string fault)!;

        Assert.Empty(fault);
        Assert.Equal((SaPhase.Established, "rw"), (state.Phase, state.Facts!.Connection));
        Assert.Equal(EngineWorld.Id("alice@example.org"), state.Facts.RemoteId);
        Assert.Equal(2, state.Facts.VirtualIps.Length);
        Assert.Equal("net", Assert.Single(state.Children).Name);
        Assert.Empty(state.PeerAddresses);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Snapshot.FormatVersion + 1)]
    public void A_format_of_another_age_is_refused_by_its_number(int format)
    {
        Assert.Null(Snapshot.TryRead([(byte)(format >> 8), (byte)format, 0, 0], 1, out string fault));
        Assert.Contains($"format {format};", fault);
    }
}
