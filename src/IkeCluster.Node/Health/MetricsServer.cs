using System.Net;
using IkeCluster.Node.Control;

namespace IkeCluster.Node.Health;

/// <summary><c>/metrics</c>, <c>/healthz</c> and <c>/readyz</c>: for Prometheus, and for who starts and stops nodes.</summary>
internal static class MetricsServer
{
    /// <summary>Listens, or nothing where no address is configured.</summary>
    /// <exception cref="NodeFaultException">The address cannot be had.</exception>
    public static async Task<WebApplication?> StartAsync(IPEndPoint? endpoint, Metrics metrics, NodeDesk desk, Readiness readiness, ILoggerFactory logs)
    {
        if (endpoint is null)
        {
            return null;
        }

        WebApplication server = HttpServer.Build(logs, kestrel => kestrel.Listen(endpoint));
        server.MapGet("/metrics", () => Results.Text(metrics.Write(desk.Read()), MetricsWriter.ContentType));
        server.MapGet("/healthz", () => Results.Text("ok\n"));
        server.MapGet("/readyz", () => Results.Text(
            $"{readiness.Word}\n", statusCode: readiness.Phase == NodePhase.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
        await HttpServer.StartAsync(server, $"metrics.listen: {endpoint}");
        return server;
    }
}
