using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.TestKit;

/// <summary>What a test can make the initiator say beside the exchanges that it knows.</summary>
public sealed class InjectionTests : IDisposable
{
    private readonly EngineWorld _world = new(EngineWorld.Psk());

    public void Dispose() => _world.Dispose();

    [Fact]
    public void An_informational_with_any_payloads_has_its_answer_read_by_who_sent_it()
    {
        using IkeInitiator initiator = LoggedIn();
        int answers = 0;
        InitiatorStep asked = initiator.SendInformational(
            _world.Clock.Now,
            (ref PayloadWriter writer) => writer.Notify(NotifyType.NoAdditionalAddresses),
            (in PayloadIndex answer, Instant _) => answers += 1 + answer.Count);
        Assert.True(initiator.IsBusy);
        _world.Talk(initiator, asked);
        Assert.Equal((1, false), (answers, initiator.IsBusy));
    }

    [Fact]
    public void An_injected_request_takes_its_own_id_and_its_answer_is_told()
    {
        using IkeInitiator initiator = LoggedIn();
        ImmutableArray<InitiatorEvent> learned = _world.Talk(
            initiator, initiator.Inject(ExchangeType.Informational, PayloadChain.Empty));
        InitiatorEvent.InjectionAnswered answered = Assert.IsType<InitiatorEvent.InjectionAnswered>(Assert.Single(learned));
        Assert.Equal((new MessageId(2), PayloadType.None), (answered.Id, answered.Answer.First));

        // The window goes on behind it.
        Assert.Single(_world.Talk(initiator, initiator.CheckLiveness(_world.Clock.Now)).OfType<InitiatorEvent.LivenessAnswered>());
    }

    [Fact]
    public void An_injected_request_out_of_turn_is_dropped_by_the_engine()
    {
        using IkeInitiator initiator = LoggedIn();
        Assert.Empty(_world.Talk(initiator, initiator.Inject(ExchangeType.Informational, PayloadChain.Empty, new MessageId(40))));
        Assert.NotEmpty(_world.Drops);
    }

    [Fact]
    public void It_goes_on_from_another_address()
    {
        using IkeInitiator initiator = LoggedIn();
        DatagramPath moved = initiator.Path with { Local = new UdpEndpoint(IpAddress.V4(0xcb007109), 4500) };
        initiator.MoveTo(moved);
        Assert.Equal(moved, Assert.Single(initiator.CheckLiveness(_world.Clock.Now).Send).Path);
    }

    private IkeInitiator LoggedIn()
    {
        IkeInitiator initiator = _world.Client(EngineWorld.Alice());
        _world.Login(initiator);
        return initiator;
    }
}
