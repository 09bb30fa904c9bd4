using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>Other: no request, or one of a login, which has limits of its own.</summary>
internal enum AskedAs : byte { Other, New, Repeat }

/// <summary>
/// What the peer of one SA may ask, looked at before anything is deciphered. Only what was taken counts: who forges datagrams of
/// an SA spends nothing of its peer's.
/// </summary>
internal struct RequestBudget
{
    private RepeatBudget _repeats;
    private RateMeter _requests;

    public static AskedAs Classify(IkeSaState state, IkeInput input)
    {
        if (input is not IkeInput.Datagram datagram || !IkeHeader.TryRead(datagram.Message.Span, out IkeHeader header) || header.IsResponse)
        {
            return AskedAs.Other;
        }

        if (state.Window.IsRepeat(header.MessageId))
        {
            return AskedAs.Repeat;
        }

        return state.IsEstablished ? AskedAs.New : AskedAs.Other;
    }

    /// <summary>None where there is room.</summary>
    public readonly DropReason Judge(AskedAs asked, IkeLimits limits, Instant now) => asked switch
    {
        AskedAs.Repeat when !_repeats.HasRoom(now) => DropReason.RateLimited,
        AskedAs.New when !_requests.HasRoom(limits.RequestsPerSecond, IkeLimits.RequestPeriod, now) => DropReason.RequestRate,
        _ => DropReason.None,
    };

    /// <summary>The request was taken. Of one in fragments only the last counts, which makes it whole.</summary>
    public void Spend(AskedAs asked, in Step step, IkeLimits limits, Instant now)
    {
        if (step.IsDrop)
        {
            return;
        }

        if (asked == AskedAs.Repeat)
        {
            _repeats.Spend(now);
        }
        else if (asked == AskedAs.New && step.State is not { Window.Reassembly: not null })
        {
            _requests = _requests.Take(limits.RequestsPerSecond, IkeLimits.RequestPeriod, now);
        }
    }
}
