using System.Net;
using IkeCluster.Node.Control;

namespace IkeCluster.Node.Health;

/// <summary><c>/metrics</c>, <c>/healthz</c> and <c>/readyz</c>: for Prometheus, and for who starts and stops nodes.</summary>
internal static class MetricsServer
{
    /// <summary>Listens, or nothing where no address is configured.</summary>
    /// <exception cref="NodeFaultException">The address cannot be had.</exception>
    public static async Task<WebApplication?> StartAsync(IPEndPoint? endpoint, Metrics metrics, NodeDesk desk, ILoggerFactory logs)
    {
        if (endpoint is null)
        {
            return null;
        }

        WebApplication server = HttpServer.Build(logs, kestrel => kestrel.Listen(endpoint));
        server.MapGet("/metrics", () => Results.Text(metrics.Write(desk.Read()), MetricsWriter.ContentType));
        server.MapGet("/healthz", () => Results.Text("ok\n"));
        server.MapGet("/readyz", () => Ready(desk.State, desk.Trouble));
        await HttpServer.StartAsync(server, $"metrics.listen: {endpoint}");
        return server;
    }

    /// <summary>A balancer sends new clients elsewhere; those that are here go on being served.</summary>
    private static IResult Ready(string state, string? trouble) => Results.Text(
        trouble is null ? $"{state}\n" : $"{state}: {trouble}\n",
        statusCode: state == "ready" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
