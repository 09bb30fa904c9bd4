using IkeCluster.Protocol;

namespace IkeCluster.Engine;

/// <summary>
/// What becomes of an IKE_SA_INIT request: dropped, refused without state by <paramref name="Refusal"/> (send it and
/// forget), or taken. <paramref name="Cause"/> of a refusal is for the operator.
/// </summary>
public readonly record struct InitVerdict(DropReason Drop, NotifyType RefusedWith, byte[]? Refusal, Step? Accepted, string Cause = "")
{
    internal static InitVerdict Dropped(DropReason reason) => new(reason, NotifyType.None, null, null);

    internal static InitVerdict Refused(NotifyType type, byte[] reply, string cause) => new(DropReason.None, type, reply, null, cause);

    internal static InitVerdict Take(Step step) => new(DropReason.None, NotifyType.None, null, step);
}
