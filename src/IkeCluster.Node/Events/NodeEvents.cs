using System.Diagnostics;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Node.Health;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Events;

/// <summary>What happens to SAs, told to the log, the audit file and the metrics. Called by all loops; blocks none.</summary>
internal sealed class NodeEvents(
    string node, ILogger log, IdentityMask identities, AuditLog audit, Metrics metrics, StoreHealth store, TimeProvider clock) : ISaEvents
{
    private readonly LineBudget _refusals = new(linesPerMinute: 60, clock);
    private readonly LineBudget _overruns = new(linesPerMinute: 60, clock);
    private readonly LineBudget _refusalsToPeers = new(linesPerMinute: 60, clock);
    private readonly LineBudget _refusalsOfPeers = new(linesPerMinute: 60, clock);
    private readonly LineBudget _failures = new(linesPerMinute: 60, clock);

    // Evidence is worth more room than a log, but strangers do not get a disk full.
    private readonly LineBudget _failuresAudited = new(linesPerMinute: 600, clock);

    public void Happened(SaEvent happened)
    {
        switch (happened)
        {
            case SaEvent.Established established:
                Happened(established);
                break;
            case SaEvent.LoginFailed failed:
                Happened(failed);
                break;
            case SaEvent.InitRefused refused:
                Happened(refused);
                break;
            case SaEvent.ChildInstalled child:
                Happened(child);
                break;
            case SaEvent.ChildRefused refused:
                Happened(refused);
                break;
            case SaEvent.LimitReached reached:
                Happened(reached);
                break;
            case SaEvent.ChildRemoved removed:
                NodeLog.ChildRemoved(
                    log, Spi(removed.State), removed.Child.Name, removed.Child.InboundSpi.ToString(), Metrics.SnakeCase($"{removed.Cause}"));
                break;
            case SaEvent.PeerRefused refused:
                Happened(refused);
                break;
            case SaEvent.IkeRekeyed rekeyed:
                NodeLog.IkeRekeyed(log, Spi(rekeyed.Old), Spi(rekeyed.New));
                Audit(Line("rekey", rekeyed.Old) with { NewSpi = Spi(rekeyed.New) });
                break;
            case SaEvent.Collided collided:
                metrics.Collided(collided.Sa, collided.KeptOurs);
                NodeLog.Collided(log, Spi(collided.State), collided.Sa == "ike" ? "it" : "its Child SA", collided.KeptOurs ? "ours" : "the peer's");
                break;
            case SaEvent.Moved moved:
                NodeLog.Moved(
                    log, Spi(moved.State), Peer(moved.State), moved.From.Remote.ToString(), moved.State.Path.Remote.ToString());
                Audit(Line("move", moved.State) with { FromAddress = moved.From.Remote.ToString() });
                break;
            case SaEvent.Redirected redirected:
                NodeLog.Redirected(log, Spi(redirected.State), Peer(redirected.State), redirected.Gateway);
                Audit(Line("redirect", redirected.State) with { Gateway = redirected.Gateway });
                break;
            case SaEvent.Ended ended:
                Happened(ended);
                break;
            case SaEvent.WeakAlgorithm weak:
                NodeLog.WeakAlgorithm(log, weak.LocalSpi.ToString(), weak.Algorithms, weak.Connection);
                break;
            case SaEvent.ExchangeDone done:
                metrics.ExchangeDone(done.Exchange, done.Role, Metrics.SnakeCase(done.Result));
                break;
            default:
                throw new UnreachableException();
        }
    }

    public void ExchangeTook(string exchange, TimeSpan took) => metrics.ExchangeTook(exchange, took);

    public void Dropped(DropReason reason) => metrics.Dropped(reason);

    public void CookieSent() => metrics.CookieSent();

    public void CookieChecked(bool valid) => metrics.CookieChecked(valid);

    public void Faulted(IkeSpi localSpi, Exception fault, string action, string datagramShape)
    {
        metrics.Faulted();
        NodeLog.Faulted(log, fault, localSpi.ToString(), action, datagramShape);
    }

    public void Committed(int commits, TimeSpan took)
    {
        metrics.Committed(took);
        store.Committed();
    }

    public void StoreTrouble(string detail) => store.Trouble(detail);

    public void StoreAway(string detail) => store.Away(detail);

    private void Happened(SaEvent.InitRefused refused)
    {
        (string from, string to) = (refused.Path.Remote.ToString(), refused.Path.Local.ToString());
        string notify = Metrics.SnakeCase($"{refused.With}").ToUpperInvariant();

        // These two are how a good client finds the right group, or the right gateway.
        if (refused.With is NotifyType.InvalidKePayload or NotifyType.Redirect)
        {
            NodeLog.InitSentBack(log, from, to, notify, refused.Cause);
        }
        else if (_refusals.TryTake(out long left))
        {
            NodeLog.InitRefused(log, from, to, notify, refused.Cause, LineBudget.Tell(left));
        }
    }

    private void Happened(SaEvent.Established established)
    {
        IkeSaState state = established.State;
        SaFacts facts = state.Facts!;
        metrics.LoginDone(established.Method, "ok");
        string proposal = ProposalText.Write(facts.Proposal);
        string addresses = facts.VirtualIps.IsEmpty ? "-" : string.Join(' ', facts.VirtualIps.Select(leased => leased.Address));
        NodeLog.Established(
            log, Spi(state), facts.Connection, Peer(state), state.Path.Remote.ToString(), established.Method, proposal, addresses);
        Audit(Line("login", state) with { Method = established.Method, Proposal = proposal });
        foreach (LeasedAddress leased in facts.VirtualIps)
        {
            Audit(Line("lease", state) with { Pool = leased.Pool, VirtualIp = leased.Address.ToString() });
        }
    }

    private void Happened(SaEvent.ChildRefused refused)
    {
        if (_refusalsToPeers.TryTake(out long left))
        {
            NodeLog.ChildRefused(
                log, Spi(refused.State), Peer(refused.State), Metrics.SnakeCase(refused.Cause).ToUpperInvariant(),
                refused.Detail.Length == 0 ? "" : $", {refused.Detail}", LineBudget.Tell(left));
        }
    }

    private void Happened(SaEvent.LimitReached reached)
    {
        metrics.LimitReached(reached.Limit);
        if (_overruns.TryTake(out long left))
        {
            NodeLog.LimitReached(log, Spi(reached.State), Peer(reached.State), reached.Limit, LineBudget.Tell(left));
        }
    }

    private void Happened(SaEvent.ChildInstalled installed)
    {
        ChildSa child = installed.Child;
        NodeLog.ChildInstalled(
            log, Spi(installed.State), child.Name, child.InboundSpi.ToString(), child.OutboundSpi.ToString(), string.Join(' ', child.LocalTs),
            string.Join(' ', child.RemoteTs), ProposalText.Write(child.Proposal), installed.Replaces is { } replaced ? $"in place of {replaced}" : "new");
    }

    private void Happened(SaEvent.PeerRefused refused)
    {
        string what = PeerRefusalText.What(refused);
        string why = PeerRefusalText.Why(refused);
        metrics.PeerRefused(PeerRefusalText.Label(refused.Kind));
        Audit(Line("rekey_refused", refused.State) with { Child = refused.ChildName.Length == 0 ? null : refused.ChildName, Cause = why });
        if (_refusalsOfPeers.TryTake(out long left))
        {
            // RFC 7296 §2.25: a peer that is busy says so, and is asked again; only what it will not do needs an operator.
            LogLevel level = refused.Why == NotifyType.TemporaryFailure ? LogLevel.Information : LogLevel.Warning;
            var now = Instant.FromUtc(clock.GetUtcNow().UtcDateTime);
            NodeLog.PeerRefused(log, level, Spi(refused.State), Peer(refused.State), what, why, PeerRefusalText.Next(refused, now), LineBudget.Tell(left));
        }
    }

    private void Happened(SaEvent.LoginFailed failed)
    {
        string failure = Metrics.SnakeCase(failed.Failure.ToString());
        metrics.LoginDone(failed.Method, failure);
        if (failed.Failure == LoginFailure.TooManySessions)
        {
            metrics.LimitReached("sessions_per_identity");
        }

        if (_failures.TryTake(out long left))
        {
            NodeLog.LoginFailed(
                log, failed.LocalSpi.ToString(), identities.Show(failed.EapId ?? failed.RemoteId), failed.Path.Remote.ToString(), failed.Connection ?? "-",
                failure, identities.ShowCause(failed.Cause), LineBudget.Tell(left));
        }

        if (_failuresAudited.TryTake(out left))
        {
            AuditFailure(failed, failure, left);
        }
    }

    private void AuditFailure(SaEvent.LoginFailed failed, string failure, long left) =>
        Audit(new AuditLine(clock.GetUtcNow().UtcDateTime, "login_failed", node, failed.LocalSpi.ToString())
        {
            Connection = failed.Connection,
            Identity = (failed.EapId ?? failed.RemoteId)?.ToString(),
            EapIdentity = failed.EapId?.ToString(),
            ClaimedIdentity = Claimed(failed.EapId, failed.RemoteId),
            Method = failed.Method,
            LocalAddress = failed.Path.Local.ToString(),
            RemoteAddress = failed.Path.Remote.ToString(),
            Failure = failure,
            Cause = failed.Cause,
            LeftOut = left == 0 ? null : left,
        });

    private void Happened(SaEvent.Ended ended)
    {
        string cause = Metrics.SnakeCase(ended.Cause.ToString());
        if (ended.State.Facts is not { } facts)
        {
            NodeLog.HalfOpenEnded(log, Spi(ended.State), ended.State.Path.Remote.ToString(), cause);
            return;
        }

        metrics.SaEnded(cause);
        NodeLog.Ended(log, Spi(ended.State), cause, Peer(ended.State));
        TimeSpan stood = Instant.FromUtc(clock.GetUtcNow().UtcDateTime) - facts.EstablishedAt;
        Audit(Line("end", ended.State) with { Cause = cause, DurationS = (long)Math.Max(0, stood.TotalSeconds) });
    }

    private AuditLine Line(string what, IkeSaState state) => new(clock.GetUtcNow().UtcDateTime, what, node, Spi(state))
    {
        PeerSpi = state.PeerSpi.ToString(),
        Connection = state.Facts?.Connection,
        Identity = state.Facts?.PeerId.ToString(),
        EapIdentity = state.Facts?.EapId?.ToString(),
        ClaimedIdentity = Claimed(state.Facts?.EapId, state.Facts?.RemoteId),
        LocalIdentity = state.Facts?.LocalId.ToString(),
        LocalAddress = state.Path.Local.ToString(),
        RemoteAddress = state.Path.Remote.ToString(),
    };

    private static string? Claimed(Identity? eapId, Identity? idi) => eapId is null || eapId.Equals(idi) ? null : idi?.ToString();

    private void Audit(AuditLine line) => audit.Write(line.ToJson());

    private string Peer(IkeSaState state) => identities.Show(state.Facts?.EapId ?? state.Facts?.RemoteId);

    private static string Spi(IkeSaState state) => state.LocalSpi.ToString();
}
