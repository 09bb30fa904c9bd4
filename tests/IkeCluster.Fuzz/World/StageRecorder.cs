using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Fuzz.World;

/// <summary>Looks over the engine's shoulder while a real peer talks to it, and keeps a <see cref="Stage"/> of each message.</summary>
internal sealed class StageRecorder(string scenario)
{
    private readonly List<byte[]> _unopened = [];
    private byte[] _snapshot = [];

    public List<Stage> Stages { get; } = [];

    public void Before(IkeSaState state, IkeInput input)
    {
        _unopened.Clear();
        _snapshot = state.IsEstablished ? Snapshot.Write(state) : [];
        if (input is IkeInput.Datagram datagram)
        {
            _unopened.Add(datagram.Message.ToArray());
            Open(state);
        }
        else if (state.Pending?.Stage is PendingStage.DerivingInitSecret waiting)
        {
            // These could not be opened when they came: there were no keys yet.
            _unopened.AddRange(waiting.Held.Select(held => held.Octets.ToArray()));
        }
    }

    public void After(in Step step)
    {
        if (step.State is { } state)
        {
            Open(state);
        }
    }

    private void Open(IkeSaState state)
    {
        if (state.Keys is not { } keys)
        {
            return;
        }

        bool byInitiator = !state.IsInitiator;
        using MessageCipher cipher = MessageCipher.Create(
            CipherSuite.From(state.Proposal), (byInitiator ? keys.SkEi : keys.SkEr).Reveal(), (byInitiator ? keys.SkAi : keys.SkAr).Reveal());
        foreach (byte[] message in _unopened)
        {
            Open(cipher, state, message);
        }

        _unopened.Clear();
    }

    private void Open(MessageCipher cipher, IkeSaState state, byte[] message)
    {
        if (IkeHeader.TryRead(message, out IkeHeader header)
            && MessageOpener.TryOpen(cipher, message, out EncryptedPayload outer, out ReadOnlySpan<byte> plain) == DropReason.None
            && !outer.IsFragment)
        {
            string name = $"{scenario}-{Stages.Count}";
            Stages.Add(new Stage(name, _snapshot, state.PeerSpi, header.Exchange, header.IsResponse, outer.FirstInner, plain.ToArray()));
        }
    }
}
