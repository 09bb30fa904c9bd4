using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.TestKit;

/// <summary>
/// Carries datagrams between an initiator and the engine until both are silent, and keeps what the initiator learned.
/// </summary>
internal sealed class InProcessWire(IkeInitiator initiator, EngineResponder responder, Func<Instant> now)
{
    private const int DatagramsMax = 1000;

    public List<InitiatorEvent> Learned { get; } = [];

    /// <summary>Octets of each datagram that the initiator sent.</summary>
    public List<byte[]> FromInitiator { get; } = [];

    public List<byte[]> FromResponder { get; } = [];

    /// <summary>All that follows from one step of the initiator.</summary>
    public List<InitiatorEvent> Run(InitiatorStep step)
    {
        int before = Learned.Count;
        Take(step);
        for (int i = 0; responder.Sent.Count > 0; i++)
        {
            Assert.True(i < DatagramsMax, "the two sides never fall silent");
            byte[] message = responder.Sent.Dequeue().Message;
            FromResponder.Add(message);
            Take(initiator.Receive(message, now()));
        }

        return Learned[before..];
    }

    private void Take(InitiatorStep step)
    {
        Learned.AddRange(step.Events);
        foreach (OutgoingMessage sent in step.Send)
        {
            FromInitiator.Add(sent.Message);
            responder.Receive(new DatagramPath(sent.Path.Local, sent.Path.Remote, sent.Path.NonEspMarker), sent.Message);
        }
    }
}
