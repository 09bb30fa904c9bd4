using System.Diagnostics;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// One event loop: a share of the shards, and everything that happens to their SAs, one thing at a time. It is stepped:
/// a thread of Node, or a simulation, calls <see cref="RunOnce"/>, waits for datagrams until the deadline it returns,
/// calls <see cref="StartBatch"/>, hands in what came by <see cref="Receive"/>, and begins again. Only
/// <see cref="TryPost"/> and <see cref="Counters"/> are for other threads.
/// </summary>
public sealed class EventLoop : IDatagramSink, IDisposable
{
    /// <summary>
    /// Sums under way for one loop at most: so many answers have a place of their own in its mailbox, because nobody asks
    /// again for one that was lost.
    /// </summary>
    public const int SumsDueMax = 8192;

    /// <summary>About what a worker takes for one sum.</summary>
    internal static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(1);

    private readonly LoopOptions _options;
    private readonly LoopPorts _ports;
    private readonly FrontDoor _door;
    private readonly SpiSeal _seal;
    private readonly Mailbox _mailbox;
    private readonly CipherCache _ciphers;
    private readonly ShardRegion _region = new();
    private readonly Population _population;
    private readonly Outbox _outbox;
    private readonly RowReader _rows;
    private readonly BackgroundLoad _background;
    private readonly EffectRunner _effects;
    private readonly SaHost _host;
    private readonly Revival _revival;
    private readonly OutTray _tray = new();
    private readonly PoolDesk _pools;
    private readonly LateInits _lateInits;
    private readonly Redirections _redirections;
    private bool _hadPackets;
    private bool _isMailLeft;

    public EventLoop(
        LoopOptions options, LoopPorts ports, FrontDoor door, SpiSeal seal, PolicySet policy, PacketPool packets, Instant now)
        : this(options, ports, door, seal, policy, packets, now, new EngineMachine())
    {
    }

    internal EventLoop(
        LoopOptions options, LoopPorts ports, FrontDoor door, SpiSeal seal, PolicySet policy, PacketPool packets, Instant now,
        ISaMachine machine)
    {
        _options = options;
        _ports = ports;
        _door = door;
        _door.TellsInvalidSpi = policy.UnprotectedNotifies;
        _seal = seal;
        Packets = packets;
        Now = now;
        Action wake = ports.Waker.Wake;
        _mailbox = new Mailbox(options.MailboxDatagramsMax);
        _ciphers = new CipherCache(options.CiphersKept);
        _population = new Population(_region, door, _ciphers, options.PassivateAfter, now);
        _outbox = new Outbox(ports.Store, ports.Events, wake);
        _rows = new RowReader(ports.Store, wake);
        _background = new BackgroundLoad(_region, ports.Store, ports.Events, wake);
        _pools = new PoolDesk(this, _tray);
        _lateInits = new LateInits(packets);
        _redirections = new Redirections(_region);
        _effects = new EffectRunner(ports, _population, _ciphers, _pools, this);
        var supervision = new Supervision(ports, machine, _population, _outbox, this);
        _host = new SaHost(
            ports, machine, policy, _population, _region, _outbox, new CommitLedger(_region, _pools), _rows, _effects, supervision,
            new Evictions(_region, _population, _rows, supervision, _tray, seal, this), _pools, _ciphers, this);
        _revival = new Revival(ports, _population, _region, _rows, supervision, _host, this);
    }

    public LoopCounters Counters => _population.Counters;

    /// <summary>What waits to be taken from other threads' posts; readable from any thread.</summary>
    public int MailboxDepth => _mailbox.Depth;

    /// <summary>Deadlines that are set, of SAs in memory and asleep.</summary>
    internal int TimersSet => _population.Wheel.Count;

    internal PacketPool Packets { get; }

    internal Instant Now { get; private set; }

    internal ShardMap Map { get; private set; } = ShardMap.Empty;

    internal AddressPools? Pools { get; private set; }

    /// <summary>Takes this loop's share of the shards, before its thread starts; the pools go to one loop only.</summary>
    public void Own(ShardMap map, AddressPools pools)
    {
        Map = map;
        Pools = ReferenceEquals(map.PoolHome, this) ? pools : null;
        foreach (ShardClaim claim in map.ClaimsOf(this))
        {
            var shard = new Shard(claim, _seal, _ports.Entropy);
            _region.Add(shard);
            _background.Add(shard);
        }

        Publish();
    }

    /// <summary>Thread-safe. False: that queue is full.</summary>
    public bool TryPost(LoopMessage message)
    {
        bool isTaken = _mailbox.TryPost(message);
        if (isTaken)
        {
            _ports.Waker.Wake();
        }

        return isTaken;
    }

    /// <summary>Tells the time before a batch of datagrams is handed in.</summary>
    public void StartBatch(Instant now) => Now = now;

    public void Receive(DatagramPath path, Memory<byte> datagram)
    {
        _hadPackets = true;
        try
        {
            Judge(path, datagram);
        }
        catch (Exception fault)
        {
            _ports.Events.Faulted(IkeSpi.Zero, fault, "datagram dropped", DatagramShape.Describe(datagram.Span));
        }

        _host.RunAnswers();
    }

    /// <summary>
    /// Everything but datagrams: posts, commits and rows that came, deadlines, and a piece of the background load. Answers
    /// when it wants to be called again at the latest.
    /// </summary>
    public Instant RunOnce(Instant now)
    {
        Now = now;
        _effects.RetryWork();
        _tray.Retry();
        TakeMail();
        TakeCommits();
        TakeRows();
        FireTimers();
        TakeLateInits();
        _redirections.Advance(_host);
        LoadInBackground();
        _host.RunAnswers();
        _outbox.Flush(now);
        _door.IsLoopBehind = _host.IsOverloaded || _isMailLeft;
        _hadPackets = false;
        Publish();
        return NextDeadline();
    }

    /// <summary>After its last turn: secrets are wiped and buffers given back.</summary>
    public void Dispose()
    {
        _population.ForgetAll();
        _rows.DropAll();
        _lateInits.Dispose();
        while (_mailbox.TryTake(out LoopMessage? message))
        {
            (message as LoopMessage.Datagram)?.Lease.Dispose();
        }

        _ciphers.Dispose();
    }

    /// <summary>The shard of an SA, if it is this loop's.</summary>
    internal Shard? ShardOf(SaKey key) => _region.Find(key.Shard);

    /// <summary>The actor leaves memory for good or for a while; what was only its own in memory goes back.</summary>
    internal void Remove(SaActor actor)
    {
        _pools.Return(actor.Reserved, actor);
        _population.Remove(actor);
    }

    /// <summary>A datagram for an SPI that the cluster made and that no SA has any more.</summary>
    internal void DropDead(DatagramPath path, ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> told = _door.TellInvalidSpi(path, message, Now);
        if (!told.IsEmpty)
        {
            Reply(path, told);
        }

        Dropped(DropReason.DeadSpi);
    }

    internal void TakeLeased(LoopMessage.Leased leased) =>
        _effects.Answer(leased.Asker.Actor, new IkeInput.AddressesLeased(leased.Asker.Ticket, leased.Addresses));

    private void Judge(DatagramPath path, Memory<byte> datagram)
    {
        (long asked, long accepted, long refused) = (_door.CookiesAsked, _door.CookiesAccepted, _door.CookiesRefused);
        Verdict verdict = _door.Judge(path, datagram.Span, Now);
        TellCookies(asked, accepted, refused);
        switch (verdict.Kind)
        {
            case VerdictKind.Drop:
                Dropped(verdict.Drop);
                break;
            case VerdictKind.Keepalive:
                Dropped(DropReason.NatKeepalive);
                break;
            case VerdictKind.Esp:
                Dropped(DropReason.EspNotHandled);
                break;
            case VerdictKind.Reply:
                Reply(path, verdict.Reply);
                if (verdict.Drop != DropReason.None)
                {
                    Dropped(verdict.Drop);
                }

                break;
            case VerdictKind.Init:
                Begin(verdict, path, datagram[verdict.MessageOffset..]);
                break;
            case VerdictKind.ToShard:
                Route(verdict, path, datagram[verdict.MessageOffset..]);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Begin(in Verdict verdict, DatagramPath path, Memory<byte> message)
    {
        if (verdict.Class != ServiceClass.LateInit)
        {
            _host.Begin(path, message, verdict.HadValidCookie);
        }
        else if (!_lateInits.TryAdd(path, message.Span, verdict.HadValidCookie, Now))
        {
            Dropped(DropReason.Overload);
        }
    }

    /// <summary>The shard's own loop runs on the borrowed octets; another loop gets the one copy.</summary>
    private void Route(in Verdict verdict, DatagramPath path, Memory<byte> message)
    {
        EventLoop? home = Map.HomeOf(verdict.Shard);
        var key = new SaKey(verdict.Shard, verdict.LocalSpi);
        bool isLogin = verdict.Class != ServiceClass.Established;
        if (home is null)
        {
            Dropped(DropReason.ShardNotOwned);
        }
        else if (ReferenceEquals(home, this))
        {
            _host.Deliver(key, path, message, isLogin);
        }
        else
        {
            using PacketLease copy = Packets.Rent(message.Span);
            if (!home.TryPost(new LoopMessage.Datagram(key, path, copy.Move(), isLogin, Now)))
            {
                Dropped(DropReason.MailboxFull);
            }
        }
    }

    private void TellCookies(long asked, long accepted, long refused)
    {
        if (_door.CookiesAsked != asked)
        {
            _ports.Events.CookieSent();
        }

        if (_door.CookiesAccepted != accepted || _door.CookiesRefused != refused)
        {
            _ports.Events.CookieChecked(_door.CookiesAccepted != accepted);
        }
    }

    private void Reply(DatagramPath path, ReadOnlySpan<byte> reply)
    {
        if (!_ports.Sender.Send(path, reply))
        {
            Dropped(DropReason.SendFailed);
        }
    }

    private void TakeMail()
    {
        int left = _options.MessagesPerTurn;
        while (left > 0 && _mailbox.TryTake(out LoopMessage? message))
        {
            left--;
            Take(message!);
            _host.RunAnswers();
        }

        _isMailLeft = left == 0;
    }

    /// <summary>An order that throws costs itself, not the loop and with it every SA of the node.</summary>
    private void Take(LoopMessage message)
    {
        try
        {
            Obey(message);
        }
        catch (Exception fault)
        {
            _ports.Events.Faulted(IkeSpi.Zero, fault, "order dropped", message.GetType().Name);
            message.Fail(fault);
        }
    }

    private void Obey(LoopMessage message)
    {
        switch (message)
        {
            case LoopMessage.Datagram datagram:
                Take(datagram);
                break;
            case LoopMessage.Call call:
                call.Action();
                break;
            case LoopMessage.Reconfigure changed:
                _host.Policy = changed.Policy;
                _door.TellsInvalidSpi = changed.Policy.UnprotectedNotifies;
                Pools?.Reconfigure(changed.Policy.Pools);
                break;
            case LoopMessage.Drain:
                Drain();
                break;
            case LoopMessage.Terminate order:
                order.Done.TrySetResult(_seal.TryOpen(order.LocalSpi, out ShardId shard)
                    && _host.Order(new SaKey(shard, order.LocalSpi), new IkeInput.Terminate(order.ChildName), order.ChildName));
                break;
            case LoopMessage.Rekey order:
                order.Done.TrySetResult(_seal.TryOpen(order.LocalSpi, out ShardId home)
                    && _host.Order(new SaKey(home, order.LocalSpi), new IkeInput.Rekey(order.ChildName), order.ChildName));
                break;
            case LoopMessage.ChildExpiring expiring:
                _host.ChildExpiring(expiring.Shard, new IkeInput.ChildExpiring(expiring.InboundSpi, expiring.IsHard));
                break;
            case LoopMessage.Displaced displaced:
                _host.Displace(displaced.Key, displaced.How);
                break;
            case LoopMessage.Trace trace:
                _host.Tracer.Add(trace.Wanted, trace.Until);
                break;
            case LoopMessage.Query query:
                query.Done.TrySetResult(SaPage.Of(_region, query.Request));
                break;
            case LoopMessage.ForPools question:
                _pools.Take(question.Task);
                break;
            case LoopMessage.Leased leased:
                TakeLeased(leased);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Drain()
    {
        if (!_host.IsDraining && _host.Policy.Redirect.ForNewClient(isDraining: true) is not null)
        {
            _redirections.Begin();
        }

        _host.IsDraining = true;
    }

    private void Take(LoopMessage.Datagram datagram)
    {
        using PacketLease lease = datagram.Lease;
        if (Now - datagram.PostedAt > _options.DatagramAgeMax)
        {
            Dropped(DropReason.TooOld);
        }
        else
        {
            _host.Deliver(datagram.Key, datagram.Path, lease.Memory, datagram.IsLogin);
        }
    }

    private void TakeCommits()
    {
        while (_outbox.TryTakeSettled(Now, out SettledStep settled))
        {
            _host.Settled(settled);
            _host.RunAnswers();
        }
    }

    private void TakeRows()
    {
        while (_rows.TryTakeLoaded(out LoadingSa? loaded))
        {
            _revival.Loaded(loaded!);
            _host.RunAnswers();
        }
    }

    private void FireTimers()
    {
        int left = _options.TimersPerTurn;
        while (left-- > 0 && _population.Wheel.TryExpire(Now, out SaKey due))
        {
            _host.TimerDue(due);
            _host.RunAnswers();
        }

        left = _options.TimersPerTurn;
        while (left-- > 0 && _population.TryPassivate(Now))
        {
        }
    }

    private void TakeLateInits()
    {
        int left = _isMailLeft ? 0 : LateInits.PerTurnMax;
        while (left-- > 0 && _lateInits.TryTake(out LateInit late))
        {
            using PacketLease lease = late.Lease;
            if (Now - late.CameAt > _options.DatagramAgeMax)
            {
                Dropped(DropReason.TooOld);
            }
            else
            {
                _host.Begin(late.Path, lease.Memory, late.HadValidCookie);
                _host.RunAnswers();
            }
        }
    }

    private void LoadInBackground()
    {
        _background.Advance(Now);
        int left = _hadPackets ? _options.RowsPerBusyTurn : _options.RowsPerIdleTurn;
        while (left-- > 0 && _background.TryTakeRow(out SaRow? row))
        {
            _revival.LoadedInBackground(row!);
        }
    }

    private void Publish() => _population.Publish(_outbox, _background.ShardsToLoad);

    private Instant NextDeadline()
    {
        bool hasMore = _isMailLeft || !_lateInits.IsEmpty || _outbox.HasAnswer || _rows.HasLoaded || _background.HasWork(Now);
        if (hasMore)
        {
            return Now;
        }

        // Whoever has no room now tells nobody when there is: to ask again and again at once would burn the core it needs.
        bool isRefused = _effects.HasRefusedWork || _tray.HasUnsent;
        Instant next = Earlier(_population.NextDeadline, isRefused ? Now + RetryAfter : Instant.Never);
        next = Earlier(next, _outbox.NextDeadline);
        next = Earlier(next, _redirections.NextDeadline(Now));
        return Earlier(next, _background.NextDeadline(Now));
    }

    private static Instant Earlier(Instant one, Instant other) => one < other ? one : other;

    private void Dropped(DropReason reason) => _ports.Events.Dropped(reason);
}
