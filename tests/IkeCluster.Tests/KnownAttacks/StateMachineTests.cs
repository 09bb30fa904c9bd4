using IkeCluster.Engine;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 62 to 71 of the table of known attacks: states, rekeys, deletes.</summary>
public sealed class StateMachineTests : IDisposable
{
    private readonly EngineWorld _world = new(EngineWorld.Psk());
    private readonly IkeInitiator _client;

    public StateMachineTests()
    {
        _client = _world.Client(EngineWorld.Alice());
        _world.Login(_client);
    }

    [Theory]
    [Trait("row", "63")]
    [InlineData(SecurityProtocol.None, 4)]
    [InlineData(SecurityProtocol.Ike, 8)]
    [InlineData(SecurityProtocol.Esp, 0)]
    [InlineData(SecurityProtocol.Esp, 3)]
    [InlineData(SecurityProtocol.Esp, 255)]
    [InlineData((SecurityProtocol)200, 16)]
    public void A_rekey_of_what_cannot_be_a_child_is_refused_without_an_echo(SecurityProtocol protocol, int spiOctets)
    {
        Step step = Ask(ChildRequest((ref PayloadWriter writer) => writer.Notify(NotifyType.RekeySa, [], protocol, new byte[spiOctets])));

        Assert.Equal($"{NotifyType.ChildSaNotFound}", ResultOf(step));
        Assert.Single(step.State!.Children);
        using var keys = new KeyHolder(_world.Sa);
        InnerMessage answer = keys.Open(step.Effects.OfType<IkeEffect.Send>().Single().Datagrams.Single())!;
        Assert.True(PayloadIndex.TryRead(answer.First, answer.Chain, out PayloadIndex index, out _));
        Assert.True(index.TryFindNotify(NotifyType.ChildSaNotFound, out NotifyPayload notify));
        Assert.Equal((SecurityProtocol.None, 0, 0), (notify.Protocol, notify.Spi.Length, notify.Data.Length));
    }

    private delegate void Write(ref PayloadWriter writer);

    private static string ResultOf(Step step) =>
        step.Effects.OfType<IkeEffect.Report>().Select(report => report.Event).OfType<SaEvent.ExchangeDone>().Single().Result;

    private static InnerMessage ChildRequest(Write extra)
    {
        byte[] buffer = new byte[2048];
        var writer = new PayloadWriter(buffer);
        extra(ref writer);
        writer.Sa(EngineWorld.Proposals("aes256gcm16", SecurityProtocol.Esp), [0, 0, 4, 1]);
        writer.Nonce(new byte[32]);
        writer.Ts(PayloadType.TsInitiator, [TrafficSelector.AllV4]);
        writer.Ts(PayloadType.TsResponder, [TrafficSelector.AllV4]);
        return new InnerMessage(writer.First, buffer[..writer.Written]);
    }

    private Step Ask(InnerMessage request) => CreateChildSa.Answer(_world.Sa, _world.Sa.Path, request, _world.Context);

    public void Dispose()
    {
        _client.Dispose();
        _world.Dispose();
    }
}
