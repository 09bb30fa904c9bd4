using IkeCluster.Engine;
using IkeCluster.Protocol.Message;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// No message reveals what the store does not have: an answer leaves when the row is past its request, the answer to a Delete of
/// the IKE SA when the row is a tombstone, a request of the gateway when the row holds its octets.
/// </summary>
internal sealed class DurableBeforeVisible(World world, Requests requests) : Checker(world)
{
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
            CheckRequest(message, row?.State);
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

    private void CheckRequest(SentMessage request, IkeSaState? row)
    {
        bool isPending = row?.Own.Pending is { } own && own.Id == request.Id
            && own.Datagrams.Any(datagram => datagram.AsSpan().SequenceEqual(request.Octets));
        if (row is null || (!isPending && row.Own.NextId.Value <= request.Id.Value))
        {
            Broken($"{request.LocalSpi} asked {request.Exchange} {request.Id}, which its row does not hold");
        }
    }
}
