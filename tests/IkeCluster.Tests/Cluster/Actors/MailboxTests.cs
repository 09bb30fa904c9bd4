using IkeCluster.Cluster.Actors;

namespace IkeCluster.Tests.Cluster.Actors;

public sealed class MailboxTests
{
    private readonly Mailbox _mailbox = new(datagramsMax: 8);
    private readonly PacketPool _packets = new();

    [Fact]
    public void Orders_go_first_then_established_SAs_then_logins()
    {
        Post(isLogin: true);
        Post(isLogin: false);
        _mailbox.TryPost(new LoopMessage.Drain());

        Assert.IsType<LoopMessage.Drain>(Take());
        Assert.False(Assert.IsType<LoopMessage.Datagram>(Take()).IsLogin);
        Assert.True(Assert.IsType<LoopMessage.Datagram>(Take()).IsLogin);
        Assert.Null(Take());
    }

    [Fact]
    public void Logins_overflow_first_and_leave_room_for_established_SAs()
    {
        int logins = Enumerable.Range(0, 20).Count(_ => Post(isLogin: true));
        int established = Enumerable.Range(0, 20).Count(_ => Post(isLogin: false));

        Assert.Equal((2, 8), (logins, established));
        Assert.Equal(10, _mailbox.Depth);
    }

    [Fact]
    public void A_refused_datagram_has_given_its_buffer_back()
    {
        for (int i = 0; i < 20; i++)
        {
            Post(isLogin: false);
        }

        Assert.Equal(8, _packets.Outstanding);
        while (Take() is LoopMessage.Datagram datagram)
        {
            datagram.Lease.Dispose();
        }

        Assert.Equal(0, _packets.Outstanding);
    }

    [Fact]
    public void A_lease_that_was_given_away_is_empty()
    {
        using PacketLease lease = _packets.Rent([1, 2, 3]);
        using PacketLease moved = lease.Move();

        Assert.Equal([1, 2, 3], moved.Memory.ToArray());
        Assert.ThrowsAny<Exception>(() => lease.Memory);
        lease.Dispose();
        Assert.Equal(1, _packets.Outstanding);
    }

    [Fact]
    public void A_buffer_is_used_again_and_an_outsize_one_is_not_kept()
    {
        byte[] octets = new byte[5_000];
        using (PacketLease large = _packets.Rent(octets))
        {
            Assert.Equal(5_000, large.Memory.Length);
        }

        using (_packets.Rent([7]))
        {
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        using (_packets.Rent([8]))
        {
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200);
        Assert.Equal(0, _packets.Outstanding);
    }

    private bool Post(bool isLogin)
    {
        using PacketLease lease = _packets.Rent([1]);
        return _mailbox.TryPost(new LoopMessage.Datagram(default, default, lease.Move(), isLogin, default));
    }

    private LoopMessage? Take() => _mailbox.TryTake(out LoopMessage? message) ? message : null;
}
