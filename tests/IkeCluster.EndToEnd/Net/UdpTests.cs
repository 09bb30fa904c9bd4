using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using IkeCluster.Cluster.Ports;
using IkeCluster.Net;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.EndToEnd.Net;

public sealed class UdpTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Datagrams_arrive_whole_and_in_order(string address)
    {
        using var node = new Loopback(address);
        using Socket client = Loopback.Client(address);
        client.Connect(IPAddress.Parse(address), node.IkePort);
        for (int i = 0; i < 200; i++)
        {
            client.Send(Numbered(i));
        }

        node.ReceiveUntil(200);

        Assert.Equal(Enumerable.Range(0, 200).Select(Numbered), node.Came.Select(came => came.Octets));
        Assert.Equal(200, node.Ingress.Received);
        Assert.Empty(node.Drops);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void The_path_names_both_ends(string address)
    {
        using var node = new Loopback(address);
        using Socket client = Loopback.Client(address);
        client.SendTo([1, 2, 3], new IPEndPoint(IPAddress.Parse(address), node.NattPort));

        node.ReceiveUntil(1);

        var from = (IPEndPoint)client.LocalEndPoint!;
        Assert.Equal(
            new DatagramPath(
                new UdpEndpoint(Loopback.Parse(address), (ushort)from.Port),
                new UdpEndpoint(Loopback.Parse(address), (ushort)node.NattPort),
                NonEspMarker: true),
            node.Came[0].Path);
    }

    // RFC 7296 §2.11; trap 16. All of 127.0.0.0/8 is ours, so one wildcard socket has many addresses here.
    [Fact]
    public void A_wildcard_socket_knows_the_address_asked_and_answers_from_it()
    {
        using var node = new Loopback("0.0.0.0");
        using Socket client = Loopback.Client();
        client.SendTo([1], new IPEndPoint(IPAddress.Parse("127.0.0.77"), node.IkePort));
        node.ReceiveUntil(1);
        node.Reply(node.Came[0].Path, [2]);

        byte[] answer = new byte[100];
        EndPoint answeredFrom = new IPEndPoint(IPAddress.Any, 0);
        int octets = client.ReceiveFrom(answer, ref answeredFrom);

        Assert.Equal(Loopback.Parse("127.0.0.77"), node.Came[0].Path.Local.Address);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("127.0.0.77"), node.IkePort), answeredFrom);
        Assert.Equal([2], answer[..octets]);
    }

    [Fact]
    public void A_wildcard_socket_of_IPv6_takes_no_IPv4()
    {
        using var node = new Loopback("::");
        using Socket client = Loopback.Client("::1");
        client.SendTo([1], new IPEndPoint(IPAddress.IPv6Loopback, node.IkePort));
        node.ReceiveUntil(1);

        Assert.Equal(Loopback.Parse("::1"), node.Came[0].Path.Local.Address);
        using Socket free = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        free.Bind(new IPEndPoint(IPAddress.Any, node.IkePort));
    }

    // RFC 3948 §2.2.
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Answers_on_the_NAT_traversal_port_have_a_marker_and_others_none(string address)
    {
        using var node = new Loopback(address);
        using Socket client = Loopback.Client(address);
        byte[] answer = new byte[100];

        foreach ((int port, byte[] expected) in new[] { (node.IkePort, new byte[] { 9 }), (node.NattPort, [0, 0, 0, 0, 9]) })
        {
            client.SendTo([1], new IPEndPoint(IPAddress.Parse(address), port));
            node.Came.Clear();
            node.ReceiveUntil(1);
            node.Reply(node.Came[0].Path, [9]);

            Assert.Equal(expected, answer[..client.Receive(answer)]);
        }
    }

    [Fact]
    public void A_datagram_longer_than_its_slot_is_dropped_and_counted_and_its_neighbours_arrive()
    {
        using var node = new Loopback();
        using Socket client = Loopback.Client();
        client.Connect(IPAddress.Loopback, node.IkePort);
        foreach (int octets in new[] { 100, Limits.DatagramOctetsMax + 1, Limits.DatagramOctetsMax, 0, 1 })
        {
            client.Send(new byte[octets]);
        }

        node.ReceiveUntil(5);

        Assert.Equal([DropReason.Truncated], node.Drops);
        Assert.Equal([100, Limits.DatagramOctetsMax, 0, 1], node.Came.Select(came => came.Octets.Length));
    }

    [Fact]
    public void A_long_answer_travels_in_fragments()
    {
        using var node = new Loopback();
        using Socket client = Loopback.Client();
        client.SendTo([1], new IPEndPoint(IPAddress.Loopback, node.NattPort));
        node.ReceiveUntil(1);
        byte[] answer = new byte[65_507];
        node.Reply(node.Came[0].Path, new byte[65_503]);

        Assert.Equal(65_507, client.Receive(answer));
        Assert.False(node.Egress.Send(node.Came[0].Path, new byte[65_504]));
    }

    [Fact]
    public void A_datagram_that_cannot_leave_is_counted_and_holds_up_no_other()
    {
        using var node = new Loopback("0.0.0.0");
        using Socket client = Loopback.Client();
        client.SendTo([1], new IPEndPoint(IPAddress.Loopback, node.IkePort));
        node.ReceiveUntil(1);
        DatagramPath good = node.Came[0].Path;
        DatagramPath bad = good with { Local = good.Local with { Address = Loopback.Parse("203.0.113.1") } };

        node.Egress.Send(bad, [1]);
        node.Egress.Send(good, [2]);
        node.Egress.Send(bad, [3]);
        node.Egress.Send(good, [4]);
        node.Egress.Flush();

        byte[] answer = new byte[10];
        Assert.Equal(1, client.Receive(answer));
        Assert.Equal(2, answer[0]);
        Assert.Equal(1, client.Receive(answer));
        Assert.Equal(4, answer[0]);
        Assert.Equal([DropReason.SendFailed, DropReason.SendFailed], node.Drops);
        Assert.Equal(2, node.Egress.Sent);
    }

    [Fact]
    public void A_path_that_no_socket_holds_is_refused()
    {
        using var node = new Loopback();
        var elsewhere = new UdpEndpoint(Loopback.Parse("127.0.0.1"), 1);

        Assert.False(node.Egress.Send(new DatagramPath(elsewhere, elsewhere, NonEspMarker: false), [1]));
    }

    [Fact]
    public void More_answers_than_a_batch_holds_all_leave()
    {
        using var node = new Loopback();
        using Socket client = Loopback.Client();
        client.SendTo([1], new IPEndPoint(IPAddress.Loopback, node.IkePort));
        node.ReceiveUntil(1);
        for (int i = 0; i < 200; i++)
        {
            Assert.True(node.Egress.Send(node.Came[0].Path, Numbered(i)));
        }

        node.Egress.Flush();

        byte[] answer = new byte[100];
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal(Numbered(i), answer[..client.Receive(answer)]));
    }

    [Fact]
    public void The_bell_ends_the_wait_from_another_thread()
    {
        using var node = new Loopback();
        for (int i = 0; i < 100; i++)
        {
            var ringing = new Thread(node.Bell.Wake);
            ringing.Start();
            DateTime before = DateTime.UtcNow;
            node.Ingress.Wait(TimeSpan.FromSeconds(30));
            Assert.True(DateTime.UtcNow - before < TimeSpan.FromSeconds(20));
            Assert.Equal(0, node.Ingress.Deliver(node));
            ringing.Join();
        }
    }

    [Fact]
    public void Two_loops_share_a_port_and_every_peer_stays_with_one()
    {
        ImmutableArray<SocketSet> sets = SocketSet.OpenAll([new ListenAddress(Loopback.Parse("127.0.0.1"), 0, 0)], loops: 2);
        using var first = new Loopback(sets[0]);
        using var second = new Loopback(sets[1]);
        Assert.Equal(sets[0].Endpoints, sets[1].Endpoints);
        Socket[] clients = [.. Enumerable.Range(0, 40).Select(_ => Loopback.Client())];
        foreach (Socket client in clients.Concat(clients))
        {
            client.SendTo([1], new IPEndPoint(IPAddress.Loopback, first.IkePort));
        }

        first.ReceiveUntil(1);
        second.ReceiveUntil(80 - first.Came.Count);

        Assert.Equal(80, first.Came.Count + second.Came.Count);
        Assert.NotEmpty(second.Came);
        Assert.Empty(first.Came.Select(came => came.Path.Remote).Intersect(second.Came.Select(came => came.Path.Remote)));
        Assert.All(clients, client => client.Dispose());
    }

    [Fact]
    public void A_port_that_is_taken_is_told_in_one_line_though_it_could_be_shared()
    {
        using var node = new Loopback();

        BindException fault = Assert.Throws<BindException>(() =>
            SocketSet.OpenAll([new ListenAddress(Loopback.Parse("127.0.0.1"), (ushort)node.IkePort, 0)], loops: 1));

        Assert.StartsWith($"port {node.IkePort} on 127.0.0.1 is taken: ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void An_address_that_is_not_ours_is_told_in_one_line()
    {
        BindException fault = Assert.Throws<BindException>(() =>
            SocketSet.OpenAll([new ListenAddress(Loopback.Parse("203.0.113.1"), 0, 0)], loops: 1));

        Assert.Equal("203.0.113.1 is no address of this machine: correct it under `listen`", fault.Message);
    }

    [Fact]
    public void Receiving_and_answering_allocate_nothing()
    {
        using var node = new Loopback();
        using Socket client = Loopback.Client();
        client.Connect(IPAddress.Loopback, node.IkePort);
        var echo = new Echo(node);
        byte[] octets = new byte[100];
        Exchange(times: 2000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(times: 2000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Exchange(int times)
        {
            for (int i = 0; i < times; i++)
            {
                client.Send(octets);
                node.Ingress.Wait(TimeSpan.FromSeconds(1));
                node.Ingress.Deliver(echo);
                node.Egress.Flush();
                client.Receive(octets);
            }
        }
    }

    private static byte[] Numbered(int number) => [(byte)(number >> 8), (byte)number, .. new byte[50]];

    private sealed class Echo(Loopback node) : IDatagramSink
    {
        public void Receive(DatagramPath path, Memory<byte> datagram) => node.Egress.Send(path, datagram.Span);
    }
}
