using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Load;

/// <summary>
/// <c>ikeload dial HOST</c>: establishes one SA, prints what was negotiated, stays until Ctrl-C, deletes. Exit codes: 0
/// done, 1 the responder refused or did not answer, 2 usage.
/// </summary>
internal static class DialCommand
{
    private const int Usage = 2;

    public static Command Make(TextWriter output, TextWriter error)
    {
        var host = new Argument<string>("HOST") { Description = "Name or address of the responder" };
        var port = new Option<ushort>("--port") { Description = "Its IKE port", DefaultValueFactory = _ => 500 };
        var nattPort = new Option<ushort>("--natt-port") { Description = "Its NAT-T port", DefaultValueFactory = _ => 4500 };
        var options = new DialOptions();
        var command = new Command("dial", "Establishes one SA, prints what was negotiated, stays until Ctrl-C, deletes")
        {
            host, port, nattPort,
        };
        options.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            if (!options.TryRead(parsed, out DialRequest? request, out string fault))
            {
                await error.WriteLineAsync($"ikeload: {fault}");
                return Usage;
            }

            return await RunAsync(
                parsed.GetRequiredValue(host), parsed.GetRequiredValue(port), parsed.GetRequiredValue(nattPort), request, output, error, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        string host, ushort port, ushort nattPort, DialRequest request, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stopping);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, stopping);
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, stopping.Token);
            using var wire = new UdpWire(new UdpEndpoint(IpAddress.From(addresses[0]), port), nattPort);
            return await new DialSession(request.Settings with { RemoteNattPort = nattPort }, wire, output, error).RunAsync(stopping.Token);
        }
        catch (SocketException fault)
        {
            await error.WriteLineAsync($"ikeload: {host}: {fault.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return 1;
        }
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stopping) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stopping.Cancel();
        });
}
