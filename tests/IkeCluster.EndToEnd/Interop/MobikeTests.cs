using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>A strongSwan client that moves (RFC 4555): to another address, and behind a NAT that forgets it.</summary>
public sealed class MobikeTests
{
    private const string SecondAddress = "192.0.2.77";
    private const string ThirdAddress = "192.0.2.78";

    [Fact]
    public async Task A_client_that_changes_its_address_keeps_its_SPIs_and_virtual_addresses()
    {
        await using Site site = await Site.OpenAsync(new NodeConf { ConnectionOptions = "dpd_delay: 1s" });
        CharonSa before = await site.ConnectAsync();
        Assert.Contains("N(MOBIKE_SUP)", site.Client.Log, StringComparison.Ordinal);
        Assert.Equal(4500, before.RemotePort);

        await site.Lab.MoveClientAsync(Lab.ClientAddress, SecondAddress);
        CharonSa after = await MovedAsync(site, SecondAddress);
        Assert.Equal((before.InitiatorSpi, before.ResponderSpi), (after.InitiatorSpi, after.ResponderSpi));
        Assert.Equal(before.VirtualAddresses, after.VirtualAddresses);

        // kernel-libipsec cannot move a Child SA, so charon makes another one in its place.
        Assert.Contains(after.Children, child => child.IsInstalled);

        await site.Lab.MoveClientAsync(SecondAddress, ThirdAddress);
        await MovedAsync(site, ThirdAddress);
        await AskedAndAnsweredAsync(site);
        Assert.Equal(2, site.Node.CountAudit("move"));
    }

    [Fact]
    public async Task A_client_that_moved_is_found_there_after_kill_minus_9()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa before = await site.ConnectAsync();
        await site.Lab.MoveClientAsync(Lab.ClientAddress, SecondAddress);
        await MovedAsync(site, SecondAddress);

        await site.Node.Kill9Async();
        await site.Node.StartAsync();

        JsonElement ours = await site.SingleSaAsync();
        Assert.StartsWith(SecondAddress, ours.GetProperty("remote_address").GetString(), StringComparison.Ordinal);
        CommandResult terminated = await site.Node.CtlAsync("sa", "terminate", before.ResponderSpi);
        Assert.True(terminated.Succeeded, terminated.Transcript);
        await site.Client.WaitForLogAsync("received DELETE for IKE_SA");
    }

    [Fact]
    public async Task A_client_whose_NAT_forgot_it_sees_so_by_our_answer_and_tells_its_new_port()
    {
        await using NatLab lab = await NatLab.CreateAsync();
        await using IkeNode node = await IkeNode.StartAsync(lab.Server, new NodeConf().ToString());
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        await client.LoadAsync(ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\ndpd_delay = 1s"));
        CharonSa sa = await client.ConnectAsync("net");
        string? oldAddress = Assert.Single(await node.ListSasAsync()).GetProperty("remote_address").GetString();

        // charon compares what we see of it from one liveness to the next, so it needs a first one.
        await client.WaitForLogAsync("parsed INFORMATIONAL response 3 [ N(NATD_S_IP) N(NATD_D_IP) ]");
        await lab.ForgetAsync();
        await node.WaitForSasAsync(
            "the client at another port",
            sas => sas.Single().GetProperty("remote_address").GetString() != oldAddress);

        Assert.Contains("N(UPD_SA_ADDR)", client.Log, StringComparison.Ordinal);
        CommandResult terminated = await node.CtlAsync("sa", "terminate", sa.ResponderSpi);
        Assert.True(terminated.Succeeded, terminated.Transcript);
        await client.WaitForLogAsync("received DELETE for IKE_SA");
    }

    private static async Task<CharonSa> MovedAsync(Site site, string address)
    {
        await site.Node.WaitForSasAsync(
            $"the client at {address}",
            sas => sas.Single().GetProperty("remote_address").GetString()!.StartsWith(address + ":", StringComparison.Ordinal));
        return (await site.Client.WaitForSasAsync(
            $"charon at {address}", sas => sas.Single() is { IsEstablished: true } sa && sa.LocalAddress == address)).Single();
    }

    /// <summary>Liveness from either side, after the move.</summary>
    private static async Task AskedAndAnsweredAsync(Site site)
    {
        string[] ours = ["exchange=\"informational\"", "role=\"initiator\"", "result=\"ok\""];
        double before = await site.Node.SumMetricAsync("ike_exchanges_total", ours);
        await Wait.UntilAsync(
            "an answer to our liveness", async () => await site.Node.SumMetricAsync("ike_exchanges_total", ours) > before,
            () => site.Node.Evidence);
        CommandResult rekeyed = await site.Client.RekeyChildAsync("net");
        Assert.True(rekeyed.Succeeded, rekeyed.Transcript);
    }
}
