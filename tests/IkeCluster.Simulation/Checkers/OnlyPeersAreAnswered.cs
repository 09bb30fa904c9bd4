using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// No answer under an SA's keys but to a request that its peer has sent: what does not pass its ICV gets no word at all (RFC 7296
/// §2.21: not even an error). Without protection the gateway says only what needs no SA.
/// </summary>
internal sealed class OnlyPeersAreAnswered(World world, Requests requests) : Checker(world)
{
    public override void Sent(SentMessage message)
    {
        if (message.Exchange == ExchangeType.IkeSaInit)
        {
            return;
        }

        if (!message.IsProtected)
        {
            CheckBare(message);
        }
        else if (message.Chain is null && message.Exchange != ExchangeType.IkeAuth)
        {
            // A login that is refused at once was never seen with its keys.
            Broken($"{message.LocalSpi} sent {message.Exchange} {message.Id} under keys that are not its own");
        }
        else if (message.IsResponse && !requests.HasCome(message.Key))
        {
            Broken($"{message.LocalSpi} answered request {message.Id}, which its peer never sent");
        }
    }

    // RFC 7296 §1.5: what is said outside an SA is one notify, and changes nothing.
    private void CheckBare(SentMessage message)
    {
        IkeHeader.TryRead(message.Octets, out IkeHeader header);
        bool isSound = PayloadIndex.TryRead(header.NextPayload, message.Octets.AsSpan(IkeHeader.Octets), out PayloadIndex payloads, out _)
            && payloads.Count == 1 && NotifyPayload.TryRead(payloads[0].Body, out NotifyPayload notify, out _)
            && notify.Type is NotifyType.InvalidMajorVersion or NotifyType.InvalidIkeSpi or NotifyType.InvalidSpi;
        if (!isSound)
        {
            Broken($"{message.Exchange} {message.Id} of {message.LocalSpi} was sent without protection");
        }
    }
}
