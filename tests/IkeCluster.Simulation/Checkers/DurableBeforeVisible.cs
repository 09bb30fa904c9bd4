using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;
using IkeCluster.Protocol.Message;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// No message reveals what the store does not have: an answer leaves when the row is past its request, the answer to a Delete of
/// the IKE SA when the row is a tombstone, a request of the gateway when its octets were written.
/// </summary>
internal sealed class DurableBeforeVisible(World world, Requests requests) : Checker(world)
{
    private readonly HashSet<UInt128> _written = [];

    public override void Applied(SentCommit sent, SaOutcome outcome)
    {
        if (outcome.Kind != SaOutcomeKind.Committed)
        {
            return;
        }

        foreach (IkeSaState state in sent.States.OfType<IkeSaState>())
        {
            foreach (byte[] datagram in state.Own.Pending?.Datagrams ?? [])
            {
                _written.Add(Digest.Of(datagram));
            }
        }
    }

    public override void Sent(SentMessage message)
    {
        if (message is { Exchange: ExchangeType.IkeSaInit } or { Chain: null or { IsFragment: true } })
        {
            return;
        }

        RestingRow? row = World.Store.Row(message.LocalSpi);
        if (row is { IsTombstone: true })
        {
            return;
        }

        if (!message.IsResponse)
        {
            CheckRequest(message);
        }
        else if (message.Exchange == ExchangeType.IkeAuth ? HasLoggedIn(message.Chain!) : ChangesSomething(message))
        {
            CheckAnswer(message, row?.State);
        }
    }

    private static bool HasLoggedIn(TappedChain answer) =>
        PayloadIndex.TryRead(answer.First, answer.Octets, out PayloadIndex payloads, out _)
        && payloads.TryFind(PayloadType.Auth, out _) && !payloads.TryFind(PayloadType.Eap, out _);

    private bool ChangesSomething(SentMessage answer) =>
        requests.Find(answer.Key) is { } request
        && (answer.Exchange != ExchangeType.Informational || !Requests.AsksNothing(request));

    private void CheckAnswer(SentMessage answer, IkeSaState? row)
    {
        bool isEnd = answer.Exchange == ExchangeType.Informational && Requests.EndsSa(requests.Find(answer.Key)!);

        // In a collision of rekeys the old SA may linger, empty, for what is still under way (RFC 7296 §2.8.2).
        bool isOver = row is { Phase: SaPhase.Rekeyed, Children.IsEmpty: true };
        if (row is null || row.Window.Expected.Value <= answer.Id.Value || (isEnd && !isOver))
        {
            string known = row is null ? "has no row" : $"expects {row.Window.Expected} in its row";
            Broken($"{answer.LocalSpi} answered {answer.Exchange} {answer.Id} and {known}");
        }
    }

    private void CheckRequest(SentMessage request)
    {
        if (!_written.Contains(Digest.Of(request.Octets)))
        {
            Broken($"{request.LocalSpi} asked {request.Exchange} {request.Id}, which no row of it ever held");
        }
    }
}
