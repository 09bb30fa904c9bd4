using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Fuzz.World;

/// <summary>All stages, recorded once a run from real peers that go through every exchange. The same in every run.</summary>
internal static class Stages
{
    /// <summary>First messages in clear, whole, as peers with different wishes send them.</summary>
    public static ImmutableArray<byte[]> Inits { get; } = [.. Wishes().Select(InitOf)];

    /// <summary>The plainest of them, from which logins and clones are made.</summary>
    public static byte[] PlainInit => Inits[0];

    public static ImmutableArray<Stage> All { get; } = [.. Record()];

    public static ImmutableArray<Stage> Logins { get; } = [.. All.Where(stage => stage.IsLogin)];

    public static ImmutableArray<Stage> Established { get; } = [.. All.Where(stage => !stage.IsLogin)];

    private static IEnumerable<InitiatorSettings> Wishes() =>
    [
        Gateway.Alice,
        Gateway.Alice with { Fragmentation = false, ForcesEncapsulation = true },
        Gateway.Alice with { IkeProposals = [Policies.Ike("aes128-sha256-modp2048")] },
        Gateway.Alice with { IkeProposals = [ProposalText.DefaultIke, ProposalText.DefaultIkeAead], FirstGuess = KeyExchangeMethod.Modp2048 },
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
            using var world = new FuzzWorld(seed, Gateway.Policy) { Recorder = new StageRecorder(name) };
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
        ("life", Gateway.Alice, WholeLife),
        ("cbc", Gateway.Alice with { IkeProposals = [Policies.Ike("aes128-sha256-x25519")], WantsIpv6 = false, Fragmentation = false }, WholeLife),
        ("eap", Gateway.Bob, WholeLife),
        ("certificate", Gateway.Laptop, WholeLife),
        ("initial", Gateway.Alice with { InitialContact = true, Childless = true, InitNotifies = [NotifyType.RedirectSupported] }, Login),
        ("answers", Gateway.Alice, AnswerUs),
        ("rekeys", Gateway.Alice, AnswerRekeys),
        ("collisions", Gateway.Alice, Collide),
        ("mobile", Gateway.Alice, Move),
    ];

    private static void Login(Talker peer, FuzzWorld world) => Assert.Contains(peer.Login(), one => one is InitiatorEvent.Established);

    /// <summary>Everything that a client begins.</summary>
    private static void WholeLife(Talker peer, FuzzWorld world)
    {
        Login(peer, world);
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

    /// <summary>Answers to liveness and to both Deletes of this side.</summary>
    private static void AnswerUs(Talker peer, FuzzWorld world)
    {
        Login(peer, world);
        world.Pass(TimeSpan.FromSeconds(31));
        Assert.Contains(peer.Listen(), one => one is InitiatorEvent.PeerAsked);
        world.Terminate(peer.Initiator.Sa!.ResponderSpi, "net");
        peer.Listen();
        world.Terminate(peer.Initiator.Sa!.ResponderSpi);
        peer.Listen();
    }

    /// <summary>Answers to rekeys of this side, until both kinds were seen.</summary>
    private static void AnswerRekeys(Talker peer, FuzzWorld world)
    {
        Login(peer, world);
        List<InitiatorEvent> learned = [];
        for (int i = 0; i < 100; i++)
        {
            world.Pass(TimeSpan.FromSeconds(5));
            learned.AddRange(peer.Listen());
        }

        Assert.Contains(learned, one => one is InitiatorEvent.ChildRekeyed { ByPeer: true });
        Assert.Contains(learned, one => one is InitiatorEvent.IkeRekeyed);
    }

    /// <summary>Both sides rekey the same at once (RFC 7296 §2.8.1, 2.8.2): ours is under way when the peer's comes.</summary>
    private static void Collide(Talker peer, FuzzWorld world)
    {
        Login(peer, world);
        WaitForRekey(peer, world);
        peer.Run((one, now) => one.RekeyChild(one.Children[0], now));
        WaitForRekey(peer, world);
        peer.Run((one, now) => one.RekeyIke(now));
        peer.Listen();
    }

    /// <summary>A peer that asks for liveness is not asked for it, so what comes from this side is a rekey.</summary>
    private static void WaitForRekey(Talker peer, FuzzWorld world)
    {
        for (int seconds = 0; !peer.HasMail; seconds++)
        {
            Assert.InRange(seconds, 0, 600);
            world.Pass(TimeSpan.FromSeconds(1));
            if (!peer.HasMail && seconds % 10 == 0)
            {
                peer.Run((one, now) => one.CheckLiveness(now));
            }
        }
    }

    /// <summary>MOBIKE (RFC 4555): moves, probes, cookies, lists of addresses.</summary>
    private static void Move(Talker peer, FuzzWorld world)
    {
        Login(peer, world);
        Assert.True(peer.Initiator.SpeaksMobike);
        ImmutableArray<byte> cookie = [1, 2, 3, 4, 5, 6, 7, 8];
        ImmutableArray<IpAddress> more = [IpAddress.V4(0xcb0071c8), Policies.Address("2001:db8::77")];
        peer.Run((one, now) => one.UpdateAddresses(now, new AddressUpdate { Moves = false, Cookie = cookie }));
        peer.Run((one, now) => one.UpdateAddresses(now, new AddressUpdate { Moves = false, Addresses = more }));
        peer.Run((one, now) => one.UpdateAddresses(now, new AddressUpdate { Moves = false, Addresses = [] }));
        peer.Run((one, now) => one.UpdateAddresses(now, new AddressUpdate { Cookie = cookie, Addresses = more, ForbidsNat = true }));
        peer.Run((one, now) => one.UpdateAddresses(now, new AddressUpdate()));
    }
}
