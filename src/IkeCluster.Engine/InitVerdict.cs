using IkeCluster.Protocol;

namespace IkeCluster.Engine;

/// <summary>
/// What becomes of an IKE_SA_INIT request: dropped, refused without state by <paramref name="Refusal"/> (send it and
/// forget), or taken.
/// </summary>
public readonly record struct InitVerdict(DropReason Drop, NotifyType RefusedWith, byte[]? Refusal, Step? Accepted)
{
    internal static InitVerdict Dropped(DropReason reason) => new(reason, NotifyType.None, null, null);

    internal static InitVerdict Refused(NotifyType type, byte[] reply) => new(DropReason.None, type, reply, null);

    internal static InitVerdict Take(Step step) => new(DropReason.None, NotifyType.None, null, step);
}
