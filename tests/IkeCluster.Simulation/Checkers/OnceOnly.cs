using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// No request takes effect twice (RFC 7296 §2.1). The peer's SPI in a request is its own and stands for it: one SPI never makes two
/// SAs. And the answer to a request that changed something is one sequence of octets for ever, as is each request of ours.
/// </summary>
internal sealed class OnceOnly(World world, Requests requests) : Checker(world)
{
    private readonly Dictionary<EspSpi, EspSpi> _children = [];
    private readonly Dictionary<IkeSpi, IkeSpi> _sas = [];
    private readonly Dictionary<(ExchangeKey Exchange, bool IsResponse), UInt128> _said = [];

    public override void Applying(SentCommit sent, SaOutcome outcome)
    {
        if (outcome.Kind != SaOutcomeKind.Committed || World.Store.IsWritten(sent.Commit))
        {
            return;
        }

        foreach (IkeSaState state in sent.States.OfType<IkeSaState>())
        {
            CheckSa(state);
            foreach (ChildSa child in state.Children)
            {
                CheckChild(child);
            }
        }
    }

    public override void Sent(SentMessage message)
    {
        if (message.Chain is not { IsFragment: false } || (message.IsResponse && IsLiveness(message)))
        {
            return;
        }

        World.Tally.Count(Faults.RepeatAnswered, _said.ContainsKey((message.Key, message.IsResponse)) ? 1 : 0);
        UInt128 octets = Digest.Of(message.Octets);
        if (!_said.TryAdd((message.Key, message.IsResponse), octets)
            && _said[(message.Key, message.IsResponse)] != octets)
        {
            string kind = message.IsResponse ? "answer to" : "request";
            Broken($"{message.LocalSpi}: {kind} {message.Exchange} {message.Id} was sent in two forms");
        }
    }

    private bool IsLiveness(SentMessage message) =>
        message.Exchange == ExchangeType.Informational
        && (requests.Find(message.Key) is not { } request || Requests.AsksNothing(request));

    private void CheckSa(IkeSaState state)
    {
        if (!_sas.TryAdd(state.PeerSpi, state.LocalSpi) && _sas[state.PeerSpi] != state.LocalSpi)
        {
            Broken($"the peer's SPI {state.PeerSpi} made {_sas[state.PeerSpi]} and {state.LocalSpi}");
        }

        if (World.Store.Row(state.LocalSpi) is { State: { } before } && state.Window.Expected.Value < before.Window.Expected.Value)
        {
            Broken($"{state.LocalSpi} goes back from request {before.Window.Expected} to {state.Window.Expected}");
        }
    }

    private void CheckChild(ChildSa child)
    {
        if (!_children.TryAdd(child.OutboundSpi, child.InboundSpi) && _children[child.OutboundSpi] != child.InboundSpi)
        {
            Broken($"the peer's SPI {child.OutboundSpi} made {_children[child.OutboundSpi]} and {child.InboundSpi}");
        }
    }
}
