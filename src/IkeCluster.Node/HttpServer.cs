using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace IkeCluster.Node;

/// <summary>Kestrel without what it brings for web sites; the control socket and the metrics have one each.</summary>
internal static class HttpServer
{
    private const int RequestOctetsMax = 64 * 1024;

    public static WebApplication Build(ILoggerFactory logs, Action<KestrelServerOptions> listen)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestOctetsMax;
            listen(kestrel);
        });
        WebApplication server = builder.Build();
        server.UseRouting();
        return server;
    }

    /// <summary>Listens, or says in one line why not.</summary>
    /// <exception cref="NodeFaultException"><paramref name="what"/> cannot be listened on.</exception>
    public static async Task StartAsync(WebApplication server, string what)
    {
        try
        {
            await server.StartAsync();
        }
        catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            throw new NodeFaultException($"{what} cannot be listened on: {fault.Message}", fault);
        }
    }
}
