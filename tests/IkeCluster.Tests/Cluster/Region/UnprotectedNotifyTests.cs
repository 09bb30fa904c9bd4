using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>Notifies without protection, outgoing and incoming (trap 24).</summary>
public sealed class UnprotectedNotifyTests : IDisposable
{
    private readonly LoopWorld _world = LoopWorld.WithRealEngine(Policies.Telling(Policies.RoadWarrior));

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_request_for_an_SA_that_is_gone_is_told_so()
    {
        using var client = new RealPeer(_world, seed: 1);
        client.Login();
        client.TakeSent();
        client.CheckLiveness();
        (DatagramPath path, byte[] liveness) = client.TakeSent().Single();
        client.Run((initiator, now) => initiator.DeleteIke(now));
        _world.Pass(TimeSpan.FromMinutes(10));
        int sent = _world.Sender.Sent.Count;

        _world.Receive(path, liveness);

        (DatagramPath to, byte[] told) = _world.Sender.Sent[sent..].Single();
        Assert.Equal(path, to);
        Assert.True(IkeHeader.TryRead(told, out IkeHeader header));
        Assert.True(header.IsResponse);
        Assert.True(PayloadIndex.TryRead(header.NextPayload, told.AsSpan(IkeHeader.Octets), out PayloadIndex payloads, out _));
        Assert.True(payloads.HasNotify(NotifyType.InvalidIkeSpi));
        Assert.Equal(DropReason.DeadSpi, _world.Events.Drops[^1]);
    }

    [Theory]
    [InlineData(NotifyType.InvalidIkeSpi, HeaderFlags.Initiator | HeaderFlags.Response)]
    [InlineData(NotifyType.InvalidIkeSpi, HeaderFlags.Initiator)]
    [InlineData(NotifyType.InvalidSpi, HeaderFlags.Initiator)]
    [InlineData(NotifyType.AuthenticationFailed, HeaderFlags.Initiator | HeaderFlags.Response)]
    [InlineData(NotifyType.InvalidMajorVersion, HeaderFlags.Initiator | HeaderFlags.Response)]
    public void One_that_comes_in_changes_nothing_and_gets_no_answer(NotifyType type, HeaderFlags flags)
    {
        using var client = new RealPeer(_world, seed: 1);
        client.Login();
        (DatagramPath path, _) = client.TakeSent()[^1];
        (int sent, int commits) = (_world.Sender.Sent.Count, _world.Events.Commits);

        for (uint id = 0; id < 4; id++)
        {
            _world.Receive(path, Clear(client, type, flags, id));
        }

        Assert.Equal((sent, commits, 1L), (_world.Sender.Sent.Count, _world.Events.Commits, _world.Established));
        Assert.Contains(client.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
        Assert.Empty(_world.Events.Faults);
    }

    private static byte[] Clear(RealPeer client, NotifyType type, HeaderFlags flags, uint id)
    {
        byte[] buffer = new byte[64];
        var writer = new PayloadWriter(buffer.AsSpan(IkeHeader.Octets));
        writer.Notify(type);
        int octets = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(
            buffer, client.Initiator.Sa!.InitiatorSpi, client.OurSpi, writer.First, ExchangeType.Informational, flags, new MessageId(id), (uint)octets);
        return buffer[..octets];
    }
}
