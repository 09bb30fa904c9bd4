using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>
/// A way to log in through IKE_AUTH, in one round or in several (RFC 7296 §2.16, RFC 4739). What is sealed, repeated and
/// numbered is the initiator's business; here is only what stands in the messages.
/// </summary>
internal interface IAuthRounds
{
    /// <summary>The first request, or why there can be none.</summary>
    AuthTurn Begin();

    /// <summary>What follows from an answer: the next request, or the end.</summary>
    AuthTurn Answered(in PayloadIndex answer, Instant now);
}

/// <summary>What IKE_AUTH does next.</summary>
internal abstract record AuthTurn
{
    private AuthTurn()
    {
    }

    /// <summary>One more round.</summary>
    public sealed record Ask(PayloadChain Request) : AuthTurn;

    public sealed record Done(AuthResult Result) : AuthTurn;

    /// <summary><paramref name="Refusal"/> is None where the fault is not the responder's word.</summary>
    public sealed record Failed(string Cause, NotifyType Refusal = NotifyType.None) : AuthTurn;
}

/// <summary>What IKE_AUTH settled: the IKE SA, and its first child or why there is none; neither for a childless login.</summary>
internal sealed record AuthResult(NegotiatedSa Sa, InitiatorChild? Child, NotifyType ChildRefusal);

/// <summary>Picks the rounds that fit the initiator's proof.</summary>
internal static class AuthRounds
{
    public static IAuthRounds For(InitiatorSettings settings, InitResult init, FillRandom random) =>
        settings.LaterRounds.IsEmpty && settings.Proof is not InitiatorProof.Eap
            ? new AuthExchange(settings, init, random)
            : new RoundsExchange(settings, init, random);
}
