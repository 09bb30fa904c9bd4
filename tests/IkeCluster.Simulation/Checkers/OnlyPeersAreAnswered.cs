using IkeCluster.Protocol.Message;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// No answer under an SA's keys but to a request that its peer has sent: what does not pass its ICV gets no word at all (RFC 7296
/// §2.21: not even an error).
/// </summary>
internal sealed class OnlyPeersAreAnswered(World world, Requests requests) : Checker(world)
{
    public override void Sent(SentMessage message)
    {
        bool isAnswer = message is { IsResponse: true, Exchange: not ExchangeType.IkeSaInit };
        if (isAnswer && !requests.HasCome(message.LocalSpi, message.Id))
        {
            Broken($"{message.LocalSpi} answered request {message.Id}, which its peer never sent");
        }
    }
}
