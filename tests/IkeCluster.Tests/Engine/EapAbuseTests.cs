using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>EAP peers that do not keep to the method (RFC 3748 §4, §5; cves.md rows 57 to 59, 61).</summary>
public sealed class EapAbuseTests
{
    private const byte MsChapV2 = 26;

    /// <summary>A response of that type to that request, with a Length field that is right.</summary>
    private static byte[] Response(byte[] request, byte type, params byte[] data) =>
        [2, request[1], (byte)((5 + data.Length) >> 8), (byte)(5 + data.Length), type, .. data];

    public static TheoryData<string, Func<byte[], byte[]?>> Odd => new()
    {
        { "a Success of the peer's own", request => [3, request[1], 0, 4] },
        { "a Failure of the peer's own", request => [4, request[1], 0, 4] },
        { "a Request of the peer's own", request => [1, request[1], 0, 5, 1] },
        { "no method data at all", request => Response(request, MsChapV2) },
        { "a Success code instead of a response", request => Response(request, MsChapV2, 3) },
        { "a response that is cut short", request => Response(request, MsChapV2, [2, 1, 0, 54, 49, .. new byte[48]]) },
        { "a value size that is not 49", request => Response(request, MsChapV2, [2, 1, 0, 54, 255, .. new byte[49]]) },
        { "a method that nobody asked for", request => Response(request, 13, 0) },
        { "a Nak for another method", request => Response(request, 3, 13, 25) },
        { "a Nak that wants nothing", request => Response(request, 3, 0) },
        { "a Nak without any data", request => Response(request, 3) },
        { "an expanded Nak", request => Response(request, 254, 0, 0, 0, 0, 0, 0, 3) },
        { "a packet longer than any method's", request => Response(request, MsChapV2, new byte[Limits.EapPacketOctetsMax]) },
    };

    [Theory]
    [MemberData(nameof(Odd), DisableDiscoveryEnumeration = true)]
    public void It_ends_in_eap_failure_and_authentication_failed(string what, Func<byte[], byte[]?> answer)
    {
        using var world = EapWorld.Of();

        ImmutableArray<InitiatorEvent> learned = world.Login(EapWorld.Odd(answer));

        InitiatorEvent.Failed failed = Assert.Single(learned.OfType<InitiatorEvent.Failed>());
        Assert.True(failed is { Cause: "EAP failed", Refusal: NotifyType.AuthenticationFailed }, what);
        Assert.Equal("eap-mschapv2", world.Failure.Method);
        Assert.Empty(world.Engine.Sas);
        Assert.Empty(world.Engine.Writes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    public void A_right_response_to_another_request_is_none(int later)
    {
        using var world = EapWorld.Of();
        world.Login(EapWorld.Odd((_, sound) => [sound[0], (byte)(sound[1] + later), .. sound[2..]]));
        Assert.Equal("the identifier of the EAP response is not that of the request", world.Failure.Cause);
        Assert.Empty(world.Engine.Writes);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(0xffff)]
    public void An_eap_length_that_is_not_the_payloads_is_bad_syntax(int length)
    {
        using var world = EapWorld.Of();

        ImmutableArray<InitiatorEvent> learned = world.Login(
            EapWorld.Odd(request => [2, request[1], (byte)(length >> 8), (byte)length, MsChapV2, 2, 0, 0, 0]));

        Assert.Equal(NotifyType.InvalidSyntax, Assert.Single(learned.OfType<InitiatorEvent.Failed>()).Refusal);
        Assert.Empty(world.Engine.Sas);
    }

    [Fact]
    public void A_peer_that_doubts_our_proof_is_not_let_in()
    {
        using var world = EapWorld.Of();
        world.Login(EapWorld.Odd(request => request[5] == 3 ? Response(request, MsChapV2, 4) : null));
        Assert.Equal(LoginFailure.PeerGaveUp, world.Failure.Failure);
        Assert.Empty(world.Engine.Writes);
    }

    [Fact]
    public void An_acknowledged_failure_is_a_failure_whatever_the_peer_calls_it()
    {
        using var world = EapWorld.Of();
        InitiatorSettings alice = EapWorld.Alice("wrong");
        world.Login(alice with
        {
            Proof = (InitiatorProof.Eap)alice.Proof with { Override = (request, _) => request[5] == 4 ? Response(request, MsChapV2, 3) : null },
        });
        Assert.Equal(LoginFailure.WrongPassword, world.Failure.Failure);
        Assert.Empty(world.Engine.Writes);
    }

    [Theory]
    [InlineData("an AUTH before EAP is through", PayloadType.Auth)]
    [InlineData("nothing that belongs here", PayloadType.Nonce)]
    public void What_is_no_eap_in_the_middle_of_eap_ends_the_login(string what, PayloadType type)
    {
        using var world = EapWorld.Of();
        using IkeInitiator client = BeginLogin(world);

        Inject(world, client, ExchangeType.IkeAuth, (ref PayloadWriter writer) => writer.Raw(type, new byte[32]));

        Assert.True(world.Failure.Failure == LoginFailure.Malformed, what);
        Assert.Empty(world.Engine.Sas);
    }

    [Fact]
    public void A_peer_may_give_a_login_up_by_informational_and_gets_its_answer()
    {
        using var world = EapWorld.Of();
        using IkeInitiator client = BeginLogin(world);

        List<byte[]> answer = Inject(
            world, client, ExchangeType.Informational, (ref PayloadWriter writer) => writer.Notify(NotifyType.AuthenticationFailed));

        Assert.Single(answer);
        Assert.Equal((LoginFailure.PeerGaveUp, "eap-mschapv2"), (world.Failure.Failure, world.Failure.Method));
        Assert.Empty(world.Engine.Sas);
    }

    // charon does not acknowledge the method's Failure: it leaves.
    [Fact]
    public void A_peer_that_leaves_after_a_wrong_password_had_a_wrong_password()
    {
        using var world = EapWorld.Of();
        using IkeInitiator client = BeginLogin(world, EapWorld.Alice("wrong"), answers: 2);

        Inject(world, client, ExchangeType.Informational, (ref PayloadWriter writer) => writer.Notify(NotifyType.AuthenticationFailed), id: 3);

        Assert.Equal((LoginFailure.WrongPassword, "the password is wrong"), (world.Failure.Failure, world.Failure.Cause));
    }

    [Fact]
    public void Any_other_informational_waits_for_the_login()
    {
        using var world = EapWorld.Of();
        using IkeInitiator client = BeginLogin(world);

        List<byte[]> answer = Inject(world, client, ExchangeType.Informational, (ref PayloadWriter _) => { });

        Assert.Empty(answer);
        Assert.Equal(DropReason.UnexpectedExchange, world.Engine.Drops[^1]);
        Assert.Single(world.Engine.Sas);
    }

    [Fact]
    public void A_method_that_never_ends_is_ended()
    {
        using var world = EapWorld.Of(EapWorld.Connection(eapId: "%any"));
        using IkeInitiator client = BeginLogin(world);
        IkeSaState state = Assert.Single(world.Engine.Sas).Value;
        LoginProgress login = state.Handshake!.Login!;
        world.Engine.Sas[state.LocalSpi] = state with
        {
            Handshake = state.Handshake with { Login = login with { Eap = login.Eap! with { Rounds = Limits.EapRoundsMax } } },
        };

        Inject(world, client, ExchangeType.IkeAuth, (ref PayloadWriter writer) => writer.Eap([2, 1, 0, 6, 1, (byte)'a']));

        Assert.Equal("EAP takes more than 64 rounds", world.Failure.Cause);
    }

    /// <summary>A client whose IKE_AUTH has been answered so often, the last answer not seen by it.</summary>
    private static IkeInitiator BeginLogin(EapWorld world, InitiatorSettings? settings = null, int answers = 1)
    {
        IkeInitiator client = world.Engine.Client(settings ?? EapWorld.Alice());
        OutgoingMessage ask = client.Start(world.Engine.Clock.Now).Send.Single();
        for (int i = 0; i < answers; i++)
        {
            byte[] answer = world.Engine.Receive(ask.Path, ask.Message).Single();
            ask = client.Receive(answer, world.Engine.Clock.Now).Send.Single();
        }

        world.Engine.Receive(ask.Path, ask.Message);
        return client;
    }

    private static List<byte[]> Inject(EapWorld world, IkeInitiator client, ExchangeType exchange, WritePayloads write, uint id = 2)
    {
        OutgoingMessage sent = Assert.Single(client.Inject(exchange, PayloadChain.Of(write), new MessageId(id)).Send);
        return world.Engine.Receive(sent.Path, sent.Message);
    }
}
