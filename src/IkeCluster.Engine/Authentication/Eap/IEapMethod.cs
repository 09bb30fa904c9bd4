using IkeCluster.Crypto;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Authentication.Eap;

/// <summary>
/// One EAP method as its authenticator, at one point of its conversation (RFC 3748 §2). Immutable: each answer leads to
/// the next point. A method that must ask elsewhere, as a RADIUS client does, says <see cref="EapStep.Wait"/> and goes on
/// in <see cref="Resume"/>, so nothing blocks.
/// </summary>
public interface IEapMethod
{
    /// <summary>As it stands behind <c>eap-</c> in a configuration.</summary>
    string Name { get; }

    /// <summary>A failure that is settled, though the peer has not acknowledged it yet; null: none is.</summary>
    EapStep.Failure? Verdict => null;

    /// <summary>The first request; its identifier follows <paramref name="identifier"/>.</summary>
    EapStep Start(byte identifier, in StepContext context);

    /// <summary>A response whose identifier is that of the last request.</summary>
    EapStep Answer(in EapPayload response, in StepContext context);

    /// <summary>What it waited for is there.</summary>
    EapStep Resume(WorkResult result, in StepContext context);

    /// <summary>The conversation is over, well or not: keys are wiped.</summary>
    void Forget();
}

/// <summary>What a method does next.</summary>
public abstract record EapStep
{
    private EapStep()
    {
    }

    /// <summary>Send this request, a whole EAP packet; <paramref name="Next"/> reads the response.</summary>
    public sealed record Ask(IEapMethod Next, byte[] Request) : EapStep;

    /// <summary>Do a sum, or ask a server; then <see cref="IEapMethod.Resume"/> of <paramref name="Next"/>.</summary>
    public sealed record Wait(IEapMethod Next, SlowWork Work) : EapStep;

    /// <summary>The peer said who it is; now the method proper can begin (RFC 3748 §5.1).</summary>
    public sealed record Identified(Identity Identity) : EapStep;

    /// <summary>The peer has proved itself. <paramref name="Msk"/> is null where the method makes no key (RFC 7296 §2.16).</summary>
    public sealed record Success(SecretBytes? Msk) : EapStep;

    /// <summary>The peer has not; <paramref name="Cause"/> is for the operator.</summary>
    public sealed record Failure(LoginFailure Reason, string Cause) : EapStep;
}
