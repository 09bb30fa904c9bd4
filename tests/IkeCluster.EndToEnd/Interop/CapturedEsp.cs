using IkeCluster.Crypto.Ciphers;
using IkeCluster.EndToEnd.Harness;
using IkeCluster.Engine.Children;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>
/// The keys that we derived (RFC 7296 §2.17) open what charon sent. Our node need not carry ESP for that: the packet is
/// caught on the wire and opened with the keys in the SA's row.
/// </summary>
internal static class CapturedEsp
{
    private const int HeaderOctets = 8; // SPI and sequence number: all of the associated data without ESN (RFC 4303 §2)
    private const byte Ipv4 = 4;        // next header of a tunnelled IPv4 packet

    /// <summary>Lets the client ping through the tunnel and opens the packet with the stored keys of our SA.</summary>
    public static async Task AssertOpensAsync(Site site, EspCapture capture, CharonSa sa)
    {
        await site.Lab.Client.RunAsync("ping", "-c", "1", "-W", "1", "-I", sa.VirtualAddresses[0], "10.99.0.1");
        CharonChildSa theirs = sa.Children.Last(child => child.IsInstalled);
        byte[] packet = await capture.WaitForPacketAsync(theirs.SpiOut);

        ChildSa ours = Assert.Single(
            StoredState.Read(site.Node.DataFolder, sa.ResponderSpi).Children,
            child => child.InboundSpi.Value.ToString("x8") == theirs.SpiOut);
        using MessageCipher cipher = MessageCipher.Create(
            CipherSuite.From(ours.Proposal),
            ours.Keys.EncryptionInitiator.Reveal(), ours.Keys.IntegrityInitiator.Reveal());
        Assert.True(cipher.TryOpen(packet, HeaderOctets), "the ICV does not hold under our keys");

        byte[] inner = packet[(HeaderOctets + cipher.IvOctets)..^cipher.IcvOctets];
        Assert.Equal(Ipv4, inner[^1]);
        Assert.Equal(0x45, inner[0]);
        Assert.Equal(System.Net.IPAddress.Parse(sa.VirtualAddresses[0]).GetAddressBytes(), inner[12..16]);
        Assert.Equal([10, 99, 0, 1], inner[16..20]);
    }
}
