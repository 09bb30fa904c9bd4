using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Tracing;

/// <summary>
/// The traces that operators asked for, on one loop. Each ends by itself; while there is none, a turn costs one comparison more.
/// </summary>
internal sealed class Tracer
{
    internal const int TracesMax = 16;

    /// <summary>Lines of one SA that wait until it is known whose it is: a login by EAP has some two in each of a dozen rounds.</summary>
    internal const int UntoldMax = 64;

    private readonly List<(ISaTrace Trace, Instant Until)> _traces = [];

    /// <summary>The oldest gives way where there are too many.</summary>
    public void Add(ISaTrace trace, Instant until)
    {
        if (_traces.Count == TracesMax)
        {
            _traces.RemoveAt(0);
        }

        _traces.Add((trace, until));
    }

    /// <summary>Null: nothing is traced.</summary>
    public TurnTrace? Begin(Instant now)
    {
        if (_traces.Count > 0)
        {
            _traces.RemoveAll(one => one.Until <= now);
        }

        return _traces.Count == 0 ? null : new TurnTrace();
    }

    /// <summary>An IKE_SA_INIT, and the SA that it made, if any.</summary>
    public void Begun(TurnTrace turn, SaActor? actor, DatagramPath path, ReadOnlySpan<byte> message, in InitVerdict verdict)
    {
        string line = $"{Arrived(path, message)}: {turn.Heard ?? "not read"}";
        if (actor is not null)
        {
            Tell(actor, Subject(actor.State, step: null), [$"{line}; new -> {TraceText.State(actor.State)}"]);
            return;
        }

        string what = verdict switch
        {
            { Refusal: not null } => $"refused, {TraceText.Name(verdict.RefusedWith)}",
            { Accepted: not null } => $"dropped, {TraceText.Reason(DropReason.Overload)}",
            _ => $"dropped, {TraceText.Reason(verdict.Drop)}",
        };
        var subject = new TraceSubject(IkeSpi.Zero, path, null, null, []);
        Find(subject)?.Tell(subject, $"{line}; {what}");
    }

    /// <summary>A datagram that had no turn.</summary>
    public void Dropped(SaActor actor, IkeInput input, DropReason reason)
    {
        if (_traces.Count > 0 && input is IkeInput.Datagram datagram)
        {
            Tell(actor, Subject(actor.State, step: null), [$"{Arrived(datagram.Path, datagram.Message.Span)}: dropped, {TraceText.Reason(reason)}"]);
        }
    }

    /// <summary>A turn of an SA is over; <paramref name="actor"/> still has the state before it.</summary>
    public void Turned(TurnTrace turn, SaActor actor, IkeInput input, in Step step)
    {
        var lines = new List<string>();
        if (input is IkeInput.Datagram datagram)
        {
            lines.Add($"{Arrived(datagram.Path, datagram.Message.Span)}: {turn.Heard ?? Unopened(actor, step)}{Change(actor.State, step)}");
        }
        else if (turn.HeardMessage is { } heard)
        {
            // It had waited for the shared secret.
            lines.Add($"opened {heard}{Change(actor.State, step)}");
        }
        else if (Change(actor.State, step) is { Length: > 0 } change)
        {
            lines.Add($"{TraceText.Name(input)}{change}");
        }

        lines.AddRange(turn.Made);
        Tell(actor, Subject(actor.State, step), lines);
    }

    /// <summary>A message goes out, for the first time or again; <paramref name="step"/> is what it came of.</summary>
    public void Sent(SaActor actor, in Step step, IkeEffect.Send send, bool isSent)
    {
        if (_traces.Count > 0)
        {
            Tell(actor, Subject(actor.State, step), [$"{Left(send)}{(isSent ? "" : ": not sent, the kernel refuses")}"]);
        }
    }

    private void Tell(SaActor actor, in TraceSubject subject, List<string> lines)
    {
        if (Find(subject) is { } trace)
        {
            foreach (string line in (IEnumerable<string>)[.. actor.Untold ?? [], .. lines])
            {
                trace.Tell(subject, line);
            }

            actor.Untold = null;
        }
        else if (subject.IsAnonymous)
        {
            actor.Untold ??= [];
            actor.Untold.AddRange(lines.Take(UntoldMax - actor.Untold.Count));
        }
        else
        {
            actor.Untold = null;
        }
    }

    private ISaTrace? Find(in TraceSubject subject)
    {
        foreach ((ISaTrace trace, _) in _traces)
        {
            if (trace.Wants(subject))
            {
                return trace;
            }
        }

        return null;
    }

    private static TraceSubject Subject(IkeSaState before, Step? step)
    {
        IkeSaState known = step?.State ?? before;
        SaEvent.LoginFailed? failed = step?.Effects.OfType<IkeEffect.Report>().Select(report => report.Event).OfType<SaEvent.LoginFailed>().FirstOrDefault();
        return new TraceSubject(
            known.LocalSpi,
            known.Path,
            known.Facts?.RemoteId ?? known.Handshake?.Login?.NamedId ?? failed?.RemoteId,
            known.Facts?.EapId ?? known.Handshake?.Login?.EapId ?? failed?.EapId,
            known.Facts?.VirtualIps ?? []);
    }

    private static string Arrived(DatagramPath path, ReadOnlySpan<byte> message) => IkeHeader.TryRead(message, out IkeHeader header)
        ? $"in {TraceText.Message(header.Exchange, header.IsResponse, header.MessageId)}, {message.Length} octets from {path.Remote}"
        : $"in {message.Length} octets from {path.Remote}";

    private static string Left(IkeEffect.Send send)
    {
        ReadOnlySpan<byte> first = send.Datagrams[0];
        string message = IkeHeader.TryRead(first, out IkeHeader header) ? $" {TraceText.Message(header.Exchange, header.IsResponse, header.MessageId)}" : "";
        string parts = send.Datagrams.Length == 1 ? "" : $" in {send.Datagrams.Length} datagrams";
        return $"out{message}{parts}, {send.Datagrams.Sum(datagram => datagram.Length)} octets to {send.Path.Remote}";
    }

    private static string Unopened(SaActor actor, in Step step) => step switch
    {
        { IsDrop: true } => $"dropped, {TraceText.Reason(step.Drop)}",
        _ when ReferenceEquals(step.State, actor.State) => "answered before, and again",
        _ => "kept",
    };

    private static string Change(IkeSaState before, in Step step) =>
        step.IsDrop || TraceText.State(before) == TraceText.State(step.State) ? "" : $"; {TraceText.State(before)} -> {TraceText.State(step.State)}";
}
