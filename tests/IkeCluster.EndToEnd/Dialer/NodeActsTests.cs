using System.Text.Json;
using IkeCluster.EndToEnd.Harness;
using IkeCluster.Protocol.Message;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary>What our own node begins on an established SA, as the test kit's initiator at the other end sees it.</summary>
public sealed class NodeActsTests
{
    [Fact]
    public async Task A_silent_peer_is_asked_whether_it_lives_and_stays_as_long_as_it_answers()
    {
        await using NodeWorld world = await NodeWorld.StartAsync("dpd_delay: 1s");
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(ExchangeType.Informational, (await world.Dialer.HearAsync<InitiatorEvent.PeerAsked>()).Exchange);
        }

        Assert.Single(await world.Node.ListSasAsync());
        await world.AssertAgreedAsync();
    }

    [Fact]
    public async Task A_child_and_then_the_ike_sa_are_ended_by_the_operator()
    {
        await using NodeWorld world = await NodeWorld.StartAsync();
        string spi = $"{world.Dialer.Initiator.Sa!.PeerSpi}";
        (await world.Node.CtlAsync("sa", "terminate", spi, "--child", "net")).OrThrow();
        Assert.True((await world.Dialer.HearAsync<InitiatorEvent.ChildDeleted>()).ByPeer);
        await world.AssertAgreedAsync();

        (await world.Node.CtlAsync("sa", "terminate", spi)).OrThrow();
        Assert.True((await world.Dialer.HearAsync<InitiatorEvent.Closed>()).ByPeer);
        await world.Node.WaitForSasAsync("no SA at the node", sas => sas.Length == 0);
    }

    [Fact]
    public async Task A_child_is_rekeyed_when_its_time_has_come_and_again()
    {
        await using NodeWorld world = await NodeWorld.StartAsync(child: ", rekey_time: 3s, rand_time: 1s");
        for (int i = 0; i < 2; i++)
        {
            InitiatorEvent.ChildRekeyed rekeyed = await world.Dialer.HearAsync<InitiatorEvent.ChildRekeyed>();
            Assert.True(rekeyed.ByPeer);
            Assert.Equal(rekeyed.Old, (await world.Dialer.HearAsync<InitiatorEvent.ChildDeleted>()).Child);
        }

        await world.AssertAgreedAsync();
    }

    [Fact]
    public async Task The_ike_sa_is_rekeyed_when_its_time_has_come_and_again()
    {
        await using NodeWorld world = await NodeWorld.StartAsync("rekey_time: 3s\n    rand_time: 1s");
        for (int i = 0; i < 2; i++)
        {
            Assert.True((await world.Dialer.HearAsync<InitiatorEvent.IkeRekeyed>()).ByPeer);
            await world.Dialer.UntilOnlyOneSaAsync();
        }

        Assert.False(world.Dialer.Initiator.Sa!.IsInitiator);
        await world.AssertAgreedAsync();
        await world.Dialer.UntilAsync<InitiatorEvent.LivenessAnswered>((one, now) => one.CheckLiveness(now));
        await world.Dialer.UntilAsync<InitiatorEvent.Closed>((one, now) => one.DeleteIke(now));
        Assert.Empty(await world.Node.ListSasAsync());
    }

    [Fact]
    public async Task The_operator_rekeys_a_child_and_the_ike_sa()
    {
        await using NodeWorld world = await NodeWorld.StartAsync();
        string spi = $"{world.Dialer.Initiator.Sa!.PeerSpi}";
        (await world.Node.CtlAsync("sa", "rekey", spi, "--child", "net")).OrThrow();
        Assert.True((await world.Dialer.HearAsync<InitiatorEvent.ChildRekeyed>()).ByPeer);
        await world.Dialer.HearAsync<InitiatorEvent.ChildDeleted>();
        await world.AssertAgreedAsync();

        (await world.Node.CtlAsync("sa", "rekey", spi)).OrThrow();
        Assert.True((await world.Dialer.HearAsync<InitiatorEvent.IkeRekeyed>()).ByPeer);
        await world.Dialer.UntilOnlyOneSaAsync();
        await world.AssertAgreedAsync();
    }

    /// <summary>Our node, and the initiator logged in at it.</summary>
    private sealed class NodeWorld : IAsyncDisposable
    {
        private readonly Lab _lab;

        private NodeWorld(Lab lab, IkeNode node)
        {
            (_lab, Node) = (lab, node);
            Dialer = new SocketInitiator(lab, DialerAgreement.Alice);
        }

        public IkeNode Node { get; }

        public SocketInitiator Dialer { get; }

        public static async Task<NodeWorld> StartAsync(string options = "", string child = "")
        {
            Peers.NeedPrograms("ip");
            Lab lab = await Lab.CreateAsync();
            IkeNode node = await IkeNode.StartAsync(lab.Server, new NodeConf { ConnectionOptions = options, ChildOptions = child }.ToString());
            var world = new NodeWorld(lab, node);
            await world.Dialer.UntilAsync<InitiatorEvent.ChildEstablished>((one, now) => one.Start(now));
            return world;
        }

        /// <summary>Both list the same SA with the same children.</summary>
        public async Task AssertAgreedAsync()
        {
            IkeInitiator ours = Dialer.Initiator;
            JsonElement theirs = Assert.Single(await Node.ListSasAsync());
            Assert.Equal(
                ($"{ours.Sa!.PeerSpi}", $"{ours.Sa.LocalSpi}"),
                (theirs.GetProperty("local_spi").GetString(), theirs.GetProperty("peer_spi").GetString()));
            Assert.Equal(
                ours.Children.Select(child => $"{child.OutboundSpi} {child.InboundSpi}").Order(),
                theirs.GetProperty("children").EnumerateArray()
                    .Select(child => $"{child.GetProperty("spi_in").GetString()} {child.GetProperty("spi_out").GetString()}").Order());
        }

        public async ValueTask DisposeAsync()
        {
            Dialer.Dispose();
            await Node.DisposeAsync();
            await _lab.DisposeAsync();
        }
    }
}
