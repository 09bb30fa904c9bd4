using System.Text.Json;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>Our node, a cable, and a charon that wants in: where most tests begin.</summary>
internal sealed class Site : IAsyncDisposable
{
    private Site(Lab lab, IkeNode node, CharonPeer client)
    {
        Lab = lab;
        Node = node;
        Client = client;
    }

    public Lab Lab { get; }

    public IkeNode Node { get; }

    public CharonPeer Client { get; }

    /// <summary>Starts node and charon; charon has <paramref name="client"/> loaded but has not spoken yet.</summary>
    public static async Task<Site> OpenAsync(
        NodeConf? node = null, string? client = null, string charonSettings = "", Action<CharonPeer>? prepare = null)
    {
        Peers.NeedCharon();
        Lab lab = await Lab.CreateAsync();
        Site site = new(
            lab,
            IkeNode.Prepare(lab.Server, (node ?? new NodeConf()).ToString()),
            await CharonPeer.StartAsync(lab.Client, charonSettings));
        try
        {
            await site.Node.StartAsync();
            prepare?.Invoke(site.Client);
            await site.Client.LoadAsync(client ?? ClientConf.Psk());
            return site;
        }
        catch
        {
            // Nobody else could: the caller has not got it.
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings the child <c>net</c> up, or fails with what both sides said.</summary>
    public async Task<CharonSa> ConnectAsync(string child = "net")
    {
        CommandResult initiated = await Client.InitiateChildAsync(child);
        Assert.True(initiated.Succeeded, $"{initiated.Transcript}\n== node\n{Node.Evidence}");
        await Figures.ShowAsync(Client, $"{child} connected");
        return (await Client.ListSasAsync())
            .Last(sa => sa.Children.Any(candidate => candidate.Name == child && candidate.IsInstalled));
    }

    /// <summary>Our SA as ikectl lists it; there must be exactly one.</summary>
    public async Task<JsonElement> SingleSaAsync() => Assert.Single(await Node.ListSasAsync());

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Node.DisposeAsync();
        await Lab.DisposeAsync();
    }
}
