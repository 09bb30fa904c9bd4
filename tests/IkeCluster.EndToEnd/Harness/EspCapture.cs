using System.Buffers.Binary;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>Listens on the server's end of the cable, by tcpdump, for ESP in UDP (RFC 3948).</summary>
internal sealed class EspCapture : IAsyncDisposable
{
    // The classic pcap file: a header of 24 octets, then 16 octets before each frame.
    private const int FileHeaderOctets = 24;
    private const int RecordHeaderOctets = 16;
    private const int EthernetOctets = 14;
    private const int UdpOctets = 8;

    private readonly TemporaryFolder _folder;
    private readonly Daemon _tcpdump;

    private EspCapture(TemporaryFolder folder, Daemon tcpdump)
    {
        _folder = folder;
        _tcpdump = tcpdump;
    }

    public static async Task<EspCapture> StartAsync(Lab lab)
    {
        Peers.NeedPrograms("tcpdump");
        TemporaryFolder folder = new();
        Daemon tcpdump = Daemon.Start(
            lab.Server,
            [
                Tools.Find("tcpdump")!, "-i", lab.ServerDevice, "-n", "-U", "--immediate-mode", "-Z", "root",
                "-w", folder["capture"], "udp dst port 4500 and src host " + Lab.ClientAddress,
            ]);
        EspCapture capture = new(folder, tcpdump);
        await Wait.UntilAsync(
            "tcpdump listening",
            () => tcpdump.Error.Contains("listening on", StringComparison.Ordinal) && File.Exists(folder["capture"]),
            () => tcpdump.Error);
        return capture;
    }

    /// <summary>The first ESP packet under an SPI (8 hexadecimal digits), from the SPI to the end of the ICV.</summary>
    public Task<byte[]> WaitForPacketAsync(string spi)
    {
        byte[] wanted = Convert.FromHexString(spi);
        return Wait.ForAsync(
            $"an ESP packet under {spi}",
            () => Task.FromResult(ReadPackets().FirstOrDefault(packet => packet.AsSpan().StartsWith(wanted))),
            () => _tcpdump.Error);
    }

    public async ValueTask DisposeAsync()
    {
        await _tcpdump.DisposeAsync();
        _folder.Dispose();
    }

    private List<byte[]> ReadPackets()
    {
        using FileStream file = new(_folder["capture"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        List<byte[]> packets = [];
        int at = FileHeaderOctets;
        while (at + RecordHeaderOctets <= content.Length)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(at + 8));
            int frame = at + RecordHeaderOctets;
            at = frame + length;
            if (at <= content.Length)
            {
                int ipHeader = (content[frame + EthernetOctets] & 0x0F) * 4;
                packets.Add(content[(frame + EthernetOctets + ipHeader + UdpOctets)..at]);
            }
        }

        return packets;
    }
}
