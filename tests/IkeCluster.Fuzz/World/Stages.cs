using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Fuzz.World;

/// <summary>All stages, recorded once a run from real peers that go through every exchange. The same in every run.</summary>
internal static class Stages
{
    /// <summary>The node's configuration in every world.</summary>
    public static PolicySet Policy { get; } = Policies.Of(Policies.RoadWarrior with { DpdDelay = TimeSpan.FromSeconds(30) });

    /// <summary>First messages in clear, whole, as peers with different wishes send them.</summary>
    public static ImmutableArray<byte[]> Inits { get; } = [.. Wishes().Select(InitOf)];

    /// <summary>The plainest of them, from which logins and clones are made.</summary>
    public static byte[] PlainInit => Inits[0];

    public static ImmutableArray<Stage> All { get; } = [.. Record()];

    public static ImmutableArray<Stage> Logins { get; } = [.. All.Where(stage => stage.IsLogin)];

    public static ImmutableArray<Stage> Established { get; } = [.. All.Where(stage => !stage.IsLogin)];

    private static IEnumerable<InitiatorSettings> Wishes() =>
    [
        Talker.Alice,
        Talker.Alice with { Fragmentation = false, ForcesEncapsulation = true },
        Talker.Alice with { IkeProposals = [Policies.Ike("aes128-sha256-modp2048")] },
        Talker.Alice with { IkeProposals = [ProposalText.DefaultIke, ProposalText.DefaultIkeAead], FirstGuess = KeyExchangeMethod.Modp2048 },
    ];

    private static byte[] InitOf(InitiatorSettings wish)
    {
        var path = new DatagramPath(new UdpEndpoint(IpAddress.V4(0xc6336401), 500), new UdpEndpoint(IpAddress.V4(0xcb007101), 500), false);
        using var one = new IkeInitiator(wish, new TestKit.SeededEntropy(1).FillSecret, path);
        return one.Start(FuzzWorld.Start).Send[0].Message;
    }

    private static List<Stage> Record()
    {
        List<Stage> stages = [];
        ulong seed = 1;
        foreach ((string name, InitiatorSettings wish, Action<Talker, FuzzWorld> act) in Scenarios())
        {
            using var world = new FuzzWorld(seed, Policy) { Recorder = new StageRecorder(name) };
            using var peer = new Talker(world, seed++, wish);
            act(peer, world);
            Assert.Null(world.Watch.Objection);
            Assert.NotEmpty(world.Recorder.Stages);
            stages.AddRange(world.Recorder.Stages);
        }

        return stages;
    }

    private static IEnumerable<(string Name, InitiatorSettings Wish, Action<Talker, FuzzWorld> Act)> Scenarios() =>
    [
        ("life", Talker.Alice, WholeLife),
        ("cbc", Talker.Alice with { IkeProposals = [Policies.Ike("aes128-sha256-x25519")], WantsIpv6 = false, Fragmentation = false }, WholeLife),
        ("answers", Talker.Alice, AnswerUs),
    ];

    /// <summary>Everything that a client begins.</summary>
    private static void WholeLife(Talker peer, FuzzWorld world)
    {
        Assert.Contains(peer.Login(), one => one is InitiatorEvent.Established);
        peer.Run((one, now) => one.CheckLiveness(now));
        peer.Run((one, now) => one.CreateChild(now));
        peer.Run((one, now) => one.CreateChild(now, KeyExchangeMethod.Curve25519));
        peer.Run((one, now) => one.RekeyChild(one.Children[0], now));
        peer.Run((one, now) => one.RekeyChild(one.Children[^1], now, KeyExchangeMethod.Curve25519));
        peer.Run((one, now) => one.DeleteChild(one.Children[0], now));
        Assert.Contains(peer.Run((one, now) => one.RekeyIke(now)), one => one is InitiatorEvent.IkeRekeyed);
        peer.Run((one, now) => one.CheckLiveness(now));
        Assert.Contains(peer.Run((one, now) => one.DeleteIke(now)), one => one is InitiatorEvent.Closed);
    }

    /// <summary>Answers to everything that this side begins.</summary>
    private static void AnswerUs(Talker peer, FuzzWorld world)
    {
        peer.Login();
        world.Pass(TimeSpan.FromSeconds(31));
        Assert.Contains(peer.Listen(), one => one is InitiatorEvent.PeerAsked);
        world.Terminate(peer.Initiator.Sa!.ResponderSpi, "net");
        peer.Listen();
        world.Terminate(peer.Initiator.Sa!.ResponderSpi);
        peer.Listen();
    }
}
