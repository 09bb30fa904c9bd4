using IkeCluster.Crypto.Prf;
using IkeCluster.Engine.Exchanges;

namespace IkeCluster.Engine.Authentication;

/// <summary>
/// What AUTH covers (RFC 7296 §2.15): the sender's first message as it was on the wire, the other side's nonce, and the
/// MAC of the sender's identity.
/// </summary>
internal static class SignedOctets
{
    /// <summary><c>RealMessage1 | NonceRData | prf(SK_pi, IDi')</c></summary>
    internal static byte[] OfInitiator(IkeSaState state, ReadOnlySpan<byte> restOfId)
    {
        Handshake handshake = state.Handshake!;
        return Join(state, handshake.InitRequest, handshake.NonceResponder, state.Keys!.SkPi.Reveal(), restOfId);
    }

    /// <summary><c>RealMessage2 | NonceIData | prf(SK_pr, IDr')</c></summary>
    internal static byte[] OfResponder(IkeSaState state, ReadOnlySpan<byte> restOfId)
    {
        Handshake handshake = state.Handshake!;
        return Join(state, handshake.InitResponse, handshake.NonceInitiator, state.Keys!.SkPr.Reveal(), restOfId);
    }

    private static byte[] Join(
        IkeSaState state, ReadOnlySpan<byte> message, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key, ReadOnlySpan<byte> restOfId)
    {
        Prf prf = Prf.Find(state.Proposal.Prf)!;
        byte[] octets = new byte[message.Length + nonce.Length + prf.OutputOctets];
        message.CopyTo(octets);
        nonce.CopyTo(octets.AsSpan(message.Length));
        prf.Compute(key, restOfId, octets.AsSpan(message.Length + nonce.Length));
        return octets;
    }
}
