namespace IkeCluster.Engine.Mobility;

/// <summary>Which messages move a peer, and what a move asks of the world.</summary>
internal static class PathChange
{
    private const PeerFeatures NatState = PeerFeatures.LocalBehindNat | PeerFeatures.RemoteBehindNat;

    /// <summary>
    /// True where each new authenticated message moves the peer to where it came from: behind a NAT, whose mapping changes
    /// without its knowing (RFC 7296 §2.23). With MOBIKE only UPDATE_SA_ADDRESSES moves (RFC 4555 §3.8).
    /// </summary>
    internal static bool FollowsMessages(PeerFeatures features) =>
        features.HasFlag(PeerFeatures.RemoteBehindNat) && !features.HasFlag(PeerFeatures.Mobike);

    /// <summary>The NAT state of a path is judged anew; all else that the peer said it can do stays.</summary>
    internal static PeerFeatures WithNatState(PeerFeatures features, PeerFeatures found) => (features & ~NatState) | (found & NatState);

    /// <summary>
    /// What follows a move: the Child SAs go along, a request of ours that waits for its answer goes to the new address at
    /// once, and the move is told. Nothing where nothing moved.
    /// </summary>
    internal static IEnumerable<IkeEffect> Effects(IkeSaState before, IkeSaState after)
    {
        bool hasMoved = after.Path != before.Path;
        bool isJudgedAnew = ((after.Facts!.Features ^ before.Facts!.Features) & NatState) != PeerFeatures.None;
        if (!hasMoved && !isJudgedAnew)
        {
            yield break;
        }

        foreach (Children.ChildSa child in after.Children)
        {
            yield return new IkeEffect.MoveChild(child, after.Path);
        }

        if (hasMoved && after.Own.Pending is { } own)
        {
            yield return new IkeEffect.Send(after.Path, own.Datagrams);
        }

        if (hasMoved)
        {
            yield return Steps.Tell(new SaEvent.Moved(after, before.Path));
        }
    }
}
