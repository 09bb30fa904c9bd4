using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>AUTH_LIFETIME (RFC 4478): a login holds for <c>reauth_time</c>, less chance, and <c>over_time</c> more.</summary>
public sealed class LoginLifetimeTests
{
    private static ConnectionPolicy ThreeHours(TimeSpan randTime) => EngineWorld.Psk() with
    {
        RekeyTime = TimeSpan.Zero,
        ReauthTime = TimeSpan.FromHours(3),
        RandTime = randTime,
        OverTime = TimeSpan.FromMinutes(10),
        Children = [EngineWorld.Child("net") with { RekeyTime = TimeSpan.Zero, LifeTime = TimeSpan.Zero }],
    };

    [Fact]
    public void The_peer_is_told_when_to_come_back_and_deleted_when_it_has_not()
    {
        using var world = new EngineWorld(ThreeHours(TimeSpan.Zero));
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        Assert.Equal(TimeSpan.FromHours(3), client.Sa!.AuthLifetime);

        world.Clock.Advance(TimeSpan.FromMinutes(189));
        world.Turn(world.Sa, new IkeInput.TimerFired());
        Assert.Equal(SaPhase.Established, world.Sa.Phase);

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        world.Turn(world.Sa, new IkeInput.TimerFired());
        client.Receive(world.Sent[^1], world.Clock.Now);
        Assert.Null(client.Sa);
    }

    [Fact]
    public void The_time_told_lies_within_rand_time_before_reauth_time()
    {
        using var world = new EngineWorld(ThreeHours(TimeSpan.FromMinutes(30)));
        for (ulong seed = 1; seed <= 8; seed++)
        {
            using IkeInitiator client = world.Client(EngineWorld.Alice(), seed);
            world.Login(client);
            Assert.InRange(client.Sa!.AuthLifetime!.Value, TimeSpan.FromMinutes(150), TimeSpan.FromHours(3));
        }
    }

    [Fact]
    public void A_rekey_does_not_make_a_login_younger()
    {
        using var world = new EngineWorld(ThreeHours(TimeSpan.Zero));
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        Instant ends = world.Sa.Facts!.LoginEndsAt;
        world.Clock.Advance(TimeSpan.FromHours(1));

        world.Talk(client, client.RekeyIke(world.Clock.Now));

        Assert.Equal(ends, world.Sa.Facts!.LoginEndsAt);
        Assert.Equal(ends, Snapshot.TryRead(Snapshot.Write(world.Sa), 1, out _)!.Facts!.LoginEndsAt);
    }

    [Fact]
    public void Without_reauth_time_nothing_is_told()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        Assert.Null(client.Sa!.AuthLifetime);
    }
}
