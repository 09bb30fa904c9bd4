using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>Garbage costs a counter and nothing else.</summary>
public sealed class GarbageTests
{
    [Theory]
    [InlineData(500)]
    [InlineData(4500)]
    public async Task Random_octets_are_counted_and_the_established_client_notices_nothing(int port)
    {
        await using Site site = await Site.OpenAsync(
            client: ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\n    dpd_delay = 1s"));
        CharonSa before = await site.ConnectAsync();
        double droppedBefore = await site.Node.SumMetricAsync("ike_dropped_total");

        (await site.Lab.Client.RunAsync(
            "bash", "-c",
            $"for i in $(seq 200); do head -c $((i * 7 % 1400 + 1)) /dev/urandom > /dev/udp/{Lab.ServerAddress}/{port}; done"))
            .OrThrow();

        // All but single 0xFF octets (keepalives) and empty ones are counted.
        await Wait.UntilAsync(
            "the drops counted",
            async () => await site.Node.SumMetricAsync("ike_dropped_total") - droppedBefore >= 195,
            () => site.Node.Evidence);
        int answered = site.Client.CountInLog("parsed INFORMATIONAL response");
        await Wait.UntilAsync(
            "liveness still answered",
            () => site.Client.CountInLog("parsed INFORMATIONAL response") > answered,
            () => site.Client.Log);
        Assert.Equal(before.ResponderSpi, Assert.Single(await site.Client.ListSasAsync()).ResponderSpi);
        Assert.Equal(0, await site.Node.SumMetricAsync("ike_faults_total"));
    }
}
