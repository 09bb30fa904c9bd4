using System.Collections.Immutable;
using System.Net.Sockets;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net;

/// <summary>An entry of <c>listen</c>: an address and the two ports on it. Port 0 takes any free one.</summary>
public readonly record struct ListenAddress(IpAddress Address, ushort IkePort, ushort NattPort);

/// <summary>The sockets of one loop: one for each address and port. All loops have the same.</summary>
public sealed class SocketSet : IDisposable
{
    private SocketSet(ImmutableArray<UdpSocket> sockets) => Sockets = sockets;

    /// <summary>What is listened on, in the order of <c>listen</c>, the IKE port before the NAT-T one.</summary>
    public ImmutableArray<UdpEndpoint> Endpoints => [.. Sockets.Select(socket => socket.Local)];

    internal ImmutableArray<UdpSocket> Sockets { get; }

    /// <summary>
    /// Binds everything for <paramref name="loops"/> loops; the kernel spreads the peers over them. IPv6's wildcard is
    /// left out on a machine without IPv6, so that the default configuration serves there too.
    /// </summary>
    /// <exception cref="BindException">A port cannot be had; no socket is left open.</exception>
    public static ImmutableArray<SocketSet> OpenAll(IReadOnlyList<ListenAddress> listen, int loops)
    {
        List<SocketSet> sets = [];
        try
        {
            IReadOnlyList<(UdpEndpoint Local, bool IsNatTraversal)> wanted = FindFree(listen);
            for (int loop = 0; loop < loops; loop++)
            {
                sets.Add(Open(wanted));
            }

            return [.. sets];
        }
        catch
        {
            sets.ForEach(set => set.Dispose());
            throw;
        }
    }

    public void Dispose()
    {
        foreach (UdpSocket socket in Sockets)
        {
            socket.Dispose();
        }
    }

    // Sockets that share a port do not mind each other, not even those of another process of the same user. So each is
    // had unshared first: that fails where anybody listens. It also finds a number for port 0.
    private static List<(UdpEndpoint Local, bool IsNatTraversal)> FindFree(IReadOnlyList<ListenAddress> listen)
    {
        List<(UdpEndpoint, bool)> found = [];
        foreach (ListenAddress entry in listen)
        {
            bool isLeftOut = entry.Address.IsAny && !entry.Address.IsV4 && !Socket.OSSupportsIPv6;
            if (isLeftOut)
            {
                continue;
            }

            var ikePort = new UdpEndpoint(entry.Address, entry.IkePort);
            var nattPort = new UdpEndpoint(entry.Address, entry.NattPort);
            using UdpSocket ike = UdpSocket.Bind(ikePort, isNatTraversal: false, isShared: false);
            using UdpSocket natt = UdpSocket.Bind(nattPort, isNatTraversal: true, isShared: false);
            found.Add((ike.Local, false));
            found.Add((natt.Local, true));
        }

        return found;
    }

    private static SocketSet Open(IReadOnlyList<(UdpEndpoint Local, bool IsNatTraversal)> wanted)
    {
        List<UdpSocket> sockets = [];
        try
        {
            foreach ((UdpEndpoint local, bool isNatTraversal) in wanted)
            {
                sockets.Add(UdpSocket.Bind(local, isNatTraversal, isShared: true));
            }

            return new SocketSet([.. sockets]);
        }
        catch
        {
            sockets.ForEach(socket => socket.Dispose());
            throw;
        }
    }
}
