using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Protocol;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>Who has copied one request must not be able to have us send at will.</summary>
public sealed class RepeatBudgetTests : IDisposable
{
    private const int Copies = 50;

    private readonly LoopWorld _world = new(admission: AdmissionSettings.Default with { InitRatePerSource = 1000 });

    [Fact]
    public void An_established_SA_answers_few_repeats_a_second()
    {
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Liveness);
        Flood(peer);

        _world.Pass(RepeatBudget.Window);
        Assert.NotNull(peer.Repeat());
        Assert.NotNull(peer.Ask(Wish.Liveness));
    }

    [Fact]
    public void A_half_open_SA_answers_few_repeats_a_second()
    {
        ScriptedPeer peer = _world.NewPeer();
        peer.Init();
        Flood(peer);
    }

    [Fact]
    public void An_SA_that_is_gone_answers_few_repeats_a_second()
    {
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Delete);
        Flood(peer, refused: DropReason.DeadSpi);

        _world.Pass(RepeatBudget.Window);
        Assert.NotNull(peer.Repeat());
    }

    [Fact]
    public void New_requests_are_not_repeats()
    {
        ScriptedPeer peer = _world.Login();
        Assert.All(Enumerable.Range(0, Copies), _ => Assert.NotNull(peer.Ask(Wish.Liveness)));
    }

    public void Dispose() => _world.Dispose();

    private void Flood(ScriptedPeer peer, DropReason refused = DropReason.RateLimited)
    {
        int sent = _world.Sender.Sent.Count;
        for (int i = 0; i < Copies; i++)
        {
            peer.Repeat();
        }

        Assert.Equal(RepeatBudget.AnswersPerWindow, _world.Sender.Sent.Count - sent);
        Assert.Equal(Enumerable.Repeat(refused, Copies - RepeatBudget.AnswersPerWindow), _world.Events.Drops);
    }
}
