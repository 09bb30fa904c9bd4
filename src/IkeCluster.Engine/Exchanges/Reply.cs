using System.Collections.Immutable;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>Seals our answer to the expected request and moves the window on; the octets are kept for repeats.</summary>
internal static class Reply
{
    /// <summary>Answers the request numbered <c>state.Window.Expected</c>; the effect sends it where the request came from.</summary>
    internal static (IkeSaState Next, IkeEffect Send) To(
        IkeSaState state, DatagramPath path, ExchangeType exchange, in PayloadWriter chain, ReadOnlySpan<byte> buffer, in StepContext context)
    {
        Invariant.That(!chain.Overflowed);
        ImmutableArray<byte[]> datagrams = Seal(
            state, path, exchange, HeaderFlags.Response, state.Window.Expected, chain.First, buffer[..chain.Written], context);
        IkeSaState next = state with { Window = Advance(state.Window, datagrams), Pending = null };
        return (next, new IkeEffect.Send(path, datagrams));
    }

    /// <summary>An answer that is one notify.</summary>
    internal static (IkeSaState Next, IkeEffect Send) Notify(
        IkeSaState state, DatagramPath path, ExchangeType exchange, NotifyType type, ReadOnlySpan<byte> data, in StepContext context)
    {
        Span<byte> buffer = stackalloc byte[64];
        var writer = new PayloadWriter(buffer);
        writer.Notify(type, data);
        return To(state, path, exchange, writer, buffer, context);
    }

    /// <summary>A message of ours, request or response, in as many datagrams as it takes.</summary>
    internal static ImmutableArray<byte[]> Seal(
        IkeSaState state, DatagramPath path, ExchangeType exchange, HeaderFlags flags, MessageId id, PayloadType first,
        ReadOnlySpan<byte> chain, in StepContext context)
    {
        MessageCipher cipher = context.Ciphers.Of(state.Keys!, state.Proposal, sentByInitiator: state.IsInitiator);
        Envelope envelope = state.IsInitiator
            ? new(state.LocalSpi, state.PeerSpi, exchange, flags | HeaderFlags.Initiator, id)
            : new(state.PeerSpi, state.LocalSpi, exchange, flags, id);
        ImmutableArray<byte[]> datagrams = MessageSealer.Seal(context, cipher, envelope, path, first, chain, MayFragment(state, context.Policy));
        context.Trace?.Sealed(exchange, id, flags.HasFlag(HeaderFlags.Response), first, chain, datagrams.Length);
        return datagrams;
    }

    private static bool MayFragment(IkeSaState state, PolicySet policy)
    {
        PeerFeatures features = state.Facts?.Features ?? state.Handshake!.Features;
        FragmentationMode? mode = state.Facts is { } facts
            ? policy.FindConnection(facts.Connection)?.Fragmentation
            : state.Handshake!.Candidates[0].Fragmentation;
        return features.HasFlag(PeerFeatures.Fragmentation) && mode is FragmentationMode.Yes or FragmentationMode.Force or null;
    }

    // RFC 7296 §2.2: the ID would wrap; the caller ends such an SA before it answers (MessageId.IsLast).
    private static RequestWindow Advance(RequestWindow window, ImmutableArray<byte[]> reply) => new(window.Expected.Next, reply);
}
