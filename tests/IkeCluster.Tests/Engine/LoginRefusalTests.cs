using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>What the operator is told of a refused login: the true cause, and the method in the words of a success.</summary>
public sealed class LoginRefusalTests
{
    [Fact]
    public void A_peer_that_wants_another_server_is_told_apart_from_one_that_proves_itself_otherwise()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { RemoteId = EngineWorld.Id("mail.example.org") });

        world.Login(client);

        SaEvent.LoginFailed failed = Assert.Single(world.Events.OfType<SaEvent.LoginFailed>());
        Assert.Equal(LoginFailure.NoPolicy, failed.Failure);
        Assert.Equal(
            "the peer wants to reach «mail.example.org», and the connections for this identity answer as vpn.example.org", failed.Cause);
    }

    [Fact]
    public void A_refused_key_counts_under_the_same_method_as_one_that_is_taken()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator alice = world.Client(EngineWorld.Alice());
        using IkeInitiator mallory = world.Client(EngineWorld.Alice(secret: "wrong"), seed: 98);

        world.Login(alice);
        world.Login(mallory);

        Assert.Equal("psk", Assert.Single(world.Events.OfType<SaEvent.Established>()).Method);
        Assert.Equal("psk", Assert.Single(world.Events.OfType<SaEvent.LoginFailed>()).Method);
    }

    // RFC 7296 §2.21.2: it says so in an INFORMATIONAL of its own, when our side is established already.
    [Fact]
    public void A_peer_that_refuses_our_proof_takes_the_sa_down()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);

        world.Talk(client, client.Inject(
            ExchangeType.Informational, PayloadChain.Of((ref PayloadWriter writer) => writer.Notify(NotifyType.AuthenticationFailed))));

        Assert.Empty(world.Sas);
        Assert.Equal(SaWriteKind.Delete, world.Writes[^1].Kind);
    }
}
