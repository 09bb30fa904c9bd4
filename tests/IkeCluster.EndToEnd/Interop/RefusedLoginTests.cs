using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>
/// A login that fails tells the wire one thing, AUTHENTICATION_FAILED, and tells the operator the cause; nothing of it
/// stays (RFC 7296 §2.21.2).
/// </summary>
public sealed class RefusedLoginTests
{
    [Fact]
    public async Task A_wrong_secret_is_refused()
    {
        await using Site site = await Site.OpenAsync(client: ClientConf.Psk(secret: "wrong horse"));
        await AssertRefusedAsync(site, "psk");
    }

    [Fact]
    public async Task An_identity_that_no_connection_allows_is_refused()
    {
        await using Site site = await Site.OpenAsync(client: ClientConf.Psk(id: "mallory@example.com"));
        await AssertRefusedAsync(site);
    }

    [Fact]
    public async Task An_identity_without_a_secret_is_refused()
    {
        await using Site site = await Site.OpenAsync(client: ClientConf.Psk(id: "bob@example.org"));
        await AssertRefusedAsync(site);
    }

    /// <summary>What the client was told, what the operator finds, and that nothing is left of it.</summary>
    internal static Task AssertRefusedAsync(Site site, params string[] causeWords) =>
        AssertRefusedAsync(site, clientSays: "AUTHENTICATION_FAILED", causeWords);

    /// <summary>The same, where the client has other words for it.</summary>
    internal static async Task AssertRefusedAsync(Site site, string clientSays, string[] causeWords)
    {
        CommandResult initiated = await site.Client.InitiateChildAsync("net");

        Assert.False(initiated.Succeeded, initiated.Transcript);
        Assert.True(
            site.Client.Log.Contains(clientSays, StringComparison.Ordinal),
            $"{initiated.Transcript}\n== node\n{site.Node.Evidence}");
        Assert.Empty(await site.Client.ListSasAsync());

        foreach (string word in causeWords)
        {
            await site.Node.WaitForLogAsync(word);
        }

        Assert.Equal(0, await site.Node.SumMetricAsync("ike_auth_total", "result=\"ok\""));
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_auth_total"));
        await Wait.UntilAsync(
            "no half-open SA",
            async () => await site.Node.SumMetricAsync("ike_sas", "state=\"half_open\"") == 0,
            () => site.Node.Evidence);
        Assert.Empty(await site.Node.ListSasAsync());
    }
}
