using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Engine.Authentication.Eap;

/// <summary>
/// EAP-MSCHAPv2 after Success or Failure was sent: the peer repeats its opcode, and <paramref name="end"/> comes true. A
/// peer that doubts our proof says Failure to a Success.
/// </summary>
internal sealed class MsChapV2End(byte opCode, EapStep end) : IEapMethod
{
    public string Name => MsChapV2.MethodName;

    public EapStep.Failure? Verdict => end as EapStep.Failure;

    public EapStep Start(byte identifier, in StepContext context) => throw new InvariantException("MSCHAPv2 is at its end");

    public EapStep Answer(in EapPayload response, in StepContext context)
    {
        bool isAgreed = response.Type == EapPacket.MsChapV2Type && response.TypeData is [var said, ..] && said == opCode;
        return isAgreed || end is EapStep.Failure
            ? end
            : new EapStep.Failure(LoginFailure.PeerGaveUp, "the peer does not acknowledge the server's proof");
    }

    public EapStep Resume(WorkResult result, in StepContext context) => throw new InvariantException("MSCHAPv2 waits for nothing");

    public void Forget() => (end as EapStep.Success)?.Msk?.Dispose();
}
