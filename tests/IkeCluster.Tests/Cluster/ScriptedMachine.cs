using System.Buffers.Binary;
using IkeCluster.Cluster.Actors;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster;

/// <summary>What a scripted peer asks for, in the octet behind the header.</summary>
internal enum Wish : byte
{
    /// <summary>A login: two addresses are leased, a row is inserted.</summary>
    Login = 1,

    /// <summary>Answered without a write.</summary>
    Liveness,

    /// <summary>Answered when its row is written.</summary>
    Write,

    /// <summary>Answered when a sum is done and its row is written.</summary>
    Sum,

    /// <summary>The IKE SA is replaced by another one in the same shard.</summary>
    Rekey,

    /// <summary>The SA ends.</summary>
    Delete,

    /// <summary>We throw.</summary>
    Fault,
}

/// <summary>
/// A thought of a few lines, so that the place can be tested alone: no cipher, no key, and peers that can make us throw.
/// </summary>
internal sealed class ScriptedMachine : ISaMachine
{
    /// <summary>The first payload of an answer says whether it reveals a write.</summary>
    internal const PayloadType RevealsWrite = PayloadType.Notify;

    internal static readonly TimeSpan HalfOpenTimeout = TimeSpan.FromSeconds(30);

    public List<(IkeSpi Spi, IkeInput Input)> Turns { get; } = [];

    /// <summary>When an established SA wants to be woken, counted from each turn; null: never.</summary>
    public TimeSpan? WakeAfter { get; set; }

    public bool ThrowsOnTimer { get; set; }

    public bool ThrowsOnRead { get; set; }

    public InitVerdict Begin(DatagramPath path, ReadOnlySpan<byte> message, in StepContext context)
    {
        IkeHeader.TryRead(message, out IkeHeader header);
        var state = new IkeSaState
        {
            LocalSpi = context.Numbers.NewIkeSpi(),
            PeerSpi = header.InitiatorSpi,
            Phase = SaPhase.HalfOpen,
            Path = path,
            Window = RequestWindow.Fresh,
            Own = OwnRequests.None,
            Children = [],
            HeardAt = context.Now,
        };
        return new InitVerdict(DropReason.None, NotifyType.None, null, Answer(state, path, ExchangeType.IkeSaInit, [], [], context));
    }

    public Step Next(IkeSaState state, IkeInput input, in StepContext context)
    {
        Turns.Add((state.LocalSpi, input));
        return input switch
        {
            IkeInput.Datagram datagram => Receive(state, datagram, context),
            IkeInput.AddressesLeased leased => Established(state, leased, context),
            IkeInput.CommitConflict when state.RowVersion == 0 => Ask(state, context),
            IkeInput.WorkDone done when state.Pending?.Ticket == done.Ticket => Update(state with { Pending = null }, context),
            IkeInput.WorkDone => new Step(state, [], [], WakeAt(state, context), DropReason.UnexpectedResponse),
            IkeInput.TimerFired => Timer(state, context),
            IkeInput.Recovered recovered => Go(state with { IsCatchingUp = recovered.AfterOwnerChange }, context),
            IkeInput.Terminate => End(state, []),
            _ => throw new InvalidOperationException(),
        };
    }

    public byte[] WriteSnapshot(IkeSaState state)
    {
        byte[] snapshot = new byte[20];
        BinaryPrimitives.WriteUInt64BigEndian(snapshot, state.LocalSpi.Value);
        BinaryPrimitives.WriteUInt64BigEndian(snapshot.AsSpan(8), state.PeerSpi.Value);
        BinaryPrimitives.WriteUInt32BigEndian(snapshot.AsSpan(16), state.Window.Expected.Value);
        return [.. snapshot, .. state.Window.LastReply.IsEmpty ? [] : state.Window.LastReply[0]];
    }

    public IkeSaState? TryReadSnapshot(ReadOnlySpan<byte> snapshot, long rowVersion, out string fault)
    {
        fault = "scripted";
        return ThrowsOnRead ? null : new IkeSaState
        {
            LocalSpi = new IkeSpi(BinaryPrimitives.ReadUInt64BigEndian(snapshot)),
            PeerSpi = new IkeSpi(BinaryPrimitives.ReadUInt64BigEndian(snapshot[8..])),
            Phase = SaPhase.Established,
            Path = default,
            Window = new RequestWindow(new MessageId(BinaryPrimitives.ReadUInt32BigEndian(snapshot[16..])), [snapshot[20..].ToArray()]),
            Own = OwnRequests.None,
            Children = [],
            HeardAt = default,
            RowVersion = rowVersion,
            Facts = Facts([]),
        };
    }

    private static SaFacts Facts(LeasedAddress[] addresses) => new()
    {
        Connection = "roadwarrior",
        LocalId = Identity.Any,
        RemoteId = Name("alice@example.org"),
        Proposal = ProposalText.DefaultIke,
        IsInitiator = false,
        EstablishedAt = default,
        RekeyAt = Instant.Never,
        VirtualIps = [.. addresses],
        LoginAddress = IpAddress.V4(0xc0000201),
        AuthMethod = "psk",
        Features = PeerFeatures.None,
    };

    private static Identity Name(string text) => Identity.TryParse(text, out Identity? id, out _) ? id! : Identity.Any;

    private Step Receive(IkeSaState state, IkeInput.Datagram datagram, in StepContext context)
    {
        IkeHeader.TryRead(datagram.Message.Span, out IkeHeader header);
        bool isRepeat = header.MessageId.Value + 1 == state.Window.Expected.Value;
        if (isRepeat)
        {
            return Go(state, context, new IkeEffect.Send(datagram.Path, state.Window.LastReply));
        }

        if (header.MessageId != state.Window.Expected && !(state.IsCatchingUp && header.MessageId.Value > state.Window.Expected.Value))
        {
            return new Step(state, [], [], WakeAt(state, context), DropReason.OldMessageId);
        }

        if (state.Pending is not null && (Wish)datagram.Message.Span[IkeHeader.Octets] != Wish.Fault)
        {
            return new Step(state, [], [], WakeAt(state, context), DropReason.RequestInProgress);
        }

        IkeSaState heard = state with { Window = state.Window with { Expected = header.MessageId }, Path = datagram.Path };
        return (Wish)datagram.Message.Span[IkeHeader.Octets] switch
        {
            Wish.Login => Ask(heard, context),
            Wish.Liveness => Answer(heard, datagram.Path, header.Exchange, [], [], context),
            Wish.Write => Update(heard, context),
            Wish.Sum => StartSum(heard, context),
            Wish.Rekey => Rekey(heard, context),
            Wish.Delete => End(heard, [new IkeEffect.Send(datagram.Path, [Reply(heard, header.Exchange, RevealsWrite)])]),
            _ => throw new InvalidOperationException("scripted"),
        };
    }

    private Step Ask(IkeSaState state, in StepContext context)
    {
        IkeSaState asking = state with { LastTicket = state.LastTicket.Next };
        var request = new LeaseRequest(Name("alice@example.org"), ["rw4"], WantsIpv4: true, WantsIpv6: false, []);
        return Go(asking, context, new IkeEffect.LeaseAddresses(asking.LastTicket, request));
    }

    private Step StartSum(IkeSaState state, in StepContext context)
    {
        Ticket ticket = state.LastTicket.Next;
        var pending = new PendingRequest(ticket, state.Path, new PendingStage.MakingInitPair());
        IkeSaState summing = state with { LastTicket = ticket, Pending = pending };
        return Go(summing, context, new IkeEffect.StartWork(summing.LastTicket, new SlowWork.MakeKeyPair(default, new SecretBytes(1))));
    }

    private Step Established(IkeSaState state, IkeInput.AddressesLeased leased, in StepContext context)
    {
        IkeSaState established = state with { Phase = SaPhase.Established, RowVersion = 1, Facts = Facts([.. leased.Addresses]) };
        IkeSaState next = Answered(established, ExchangeType.IkeAuth);
        return Answer(established, state.Path, ExchangeType.IkeAuth,
            [new SaWrite(SaWriteKind.Insert, next)], [new IkeEffect.Report(new SaEvent.Established(next, "psk"))], context, next);
    }

    private Step Update(IkeSaState state, in StepContext context)
    {
        IkeSaState next = Answered(state with { RowVersion = state.RowVersion + 1 }, ExchangeType.Informational);
        return Answer(state, state.Path, ExchangeType.Informational, [new SaWrite(SaWriteKind.Update, next)], [], context, next);
    }

    private Step Rekey(IkeSaState state, in StepContext context)
    {
        IkeSaState successor = state with
        {
            LocalSpi = context.Numbers.NewIkeSpi(),
            RowVersion = 1,
            Window = new RequestWindow(MessageId.Zero, [[9]]),
        };
        IkeSaState next = Answered(state with { RowVersion = state.RowVersion + 1, Phase = SaPhase.Rekeyed, Facts = Facts([]) }, ExchangeType.CreateChildSa);
        return Answer(state, state.Path, ExchangeType.CreateChildSa,
            [new SaWrite(SaWriteKind.Update, next), new SaWrite(SaWriteKind.Insert, successor, state.LocalSpi)],
            [new IkeEffect.Spawn(successor)], context, next);
    }

    private Step Timer(IkeSaState state, in StepContext context)
    {
        if (ThrowsOnTimer)
        {
            throw new InvalidOperationException("scripted");
        }

        return state.IsEstablished || context.Now < state.HeardAt + HalfOpenTimeout ? Go(state, context) : new Step(null, [], [], Instant.Never, DropReason.None);
    }

    private static Step End(IkeSaState state, IkeEffect[] effects)
    {
        SaWrite[] writes = state.RowVersion == 0 ? [] : [new SaWrite(SaWriteKind.Delete, state with { RowVersion = state.RowVersion + 1 })];
        return new Step(null, [.. effects, new IkeEffect.Report(new SaEvent.Ended(state, EndCause.PeerDelete))], [.. writes], Instant.Never, DropReason.None);
    }

    private Step Go(IkeSaState state, in StepContext context, params IkeEffect[] effects) =>
        new(state, [.. effects], [], WakeAt(state, context), DropReason.None);

    private Step Answer(
        IkeSaState state, DatagramPath path, ExchangeType exchange, SaWrite[] writes, IkeEffect[] effects, in StepContext context,
        IkeSaState? next = null)
    {
        next ??= state with { Window = new RequestWindow(state.Window.Expected.Next, [Reply(state, exchange, PayloadType.None)]) };
        IkeEffect send = new IkeEffect.Send(path, next.Window.LastReply);
        return new Step(next, [.. effects, send], [.. writes], WakeAt(next, context), DropReason.None);
    }

    private static IkeSaState Answered(IkeSaState state, ExchangeType exchange) =>
        state with { Window = new RequestWindow(state.Window.Expected.Next, [Reply(state, exchange, RevealsWrite)]) };

    private static byte[] Reply(IkeSaState state, ExchangeType exchange, PayloadType first)
    {
        byte[] reply = new byte[IkeHeader.Octets];
        IkeHeader.Write(reply, state.PeerSpi, state.LocalSpi, first, exchange, HeaderFlags.Response, state.Window.Expected, IkeHeader.Octets);
        return reply;
    }

    private Instant WakeAt(IkeSaState state, in StepContext context) =>
        !state.IsEstablished ? state.HeardAt + HalfOpenTimeout
        : WakeAfter is { } after ? context.Now + after
        : Instant.Never;
}
