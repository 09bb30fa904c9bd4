namespace IkeCluster.EndToEnd.Harness;

/// <summary>While it stands, nothing of IKE leaves the server: what was committed is not heard (nftables, its own table).</summary>
internal sealed class Gag : IAsyncDisposable
{
    private readonly NetworkNamespace _server;
    private bool _isGone;

    private Gag(NetworkNamespace server) => _server = server;

    public static async Task<Gag> PutOnAsync(Lab lab, string ports = "500, 4500")
    {
        Peers.NeedPrograms("nft");
        await NftAsync(lab.Server, "add", "table", "inet", "gag");
        await NftAsync(
            lab.Server, "add", "chain", "inet", "gag", "out", "{ type filter hook output priority 0 ; }");
        await NftAsync(
            lab.Server, "add", "rule", "inet", "gag", "out", "udp", "sport", "{ " + ports + " }", "drop");
        return new Gag(lab.Server);
    }

    public async Task TakeOffAsync()
    {
        await NftAsync(_server, "delete", "table", "inet", "gag");
        _isGone = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isGone)
        {
            await TakeOffAsync();
        }
    }

    private static async Task NftAsync(NetworkNamespace server, params string[] arguments) =>
        (await server.RunAsync(["nft", .. arguments])).OrThrow();
}
