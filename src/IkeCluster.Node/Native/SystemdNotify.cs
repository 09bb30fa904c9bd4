using System.Net.Sockets;
using System.Text;

namespace IkeCluster.Node.Native;

/// <summary>Tells systemd how the node is, where systemd asks for it (sd_notify(3)).</summary>
internal static class SystemdNotify
{
    public const string Ready = "READY=1";
    public const string Stopping = "STOPPING=1";

    public static void Tell(string state)
    {
        string? path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
        {
            return;
        }

        try
        {
            // A name that begins with @ is in the abstract namespace, where a zero octet stands for it.
            string address = path[0] == '@' ? $"\0{path[1..]}" : path;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(address));
        }
        catch (SocketException)
        {
            // Nobody listens any more: the node serves all the same.
        }
    }
}
