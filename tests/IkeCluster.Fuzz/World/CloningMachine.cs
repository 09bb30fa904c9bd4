using System.Buffers.Binary;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Ports;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Fuzz.World;

/// <summary>
/// The engine itself; but an IKE_SA_INIT that comes while <see cref="ToClone"/> is set makes an established SA from that
/// snapshot, with a fresh SPI and without a handshake's sums. It takes the way of a login (half-open, a sum that answers,
/// one commit), so that all the place's books are kept as for any other SA.
/// </summary>
internal sealed class CloningMachine : ISaMachine
{
    /// <summary>What stands in a clone's lease, and in that of its successors.</summary>
    public const string Pool = "clones";

    private static readonly Ticket Order = default(Ticket).Next;

    private readonly EngineMachine _engine = new();
    private readonly Dictionary<IkeSpi, byte[]> _unborn = [];
    private uint _leases;

    public byte[]? ToClone { get; set; }

    /// <summary>Clones come back as after an owner change (DESIGN.md, Message IDs after a failover).</summary>
    public bool AreClonesCatchingUp { get; set; }

    public IkeSpi LastClone { get; private set; }

    /// <summary>Sees every message that opens, before and after the turn it is in.</summary>
    public StageRecorder? Recorder { get; set; }

    public InitVerdict Begin(DatagramPath path, ReadOnlySpan<byte> message, in StepContext context)
    {
        if (ToClone is not { } snapshot)
        {
            return _engine.Begin(path, message, context);
        }

        IkeHeader.TryRead(message, out IkeHeader header);
        LastClone = context.Numbers.NewIkeSpi();
        _unborn[LastClone] = snapshot;
        var egg = new IkeSaState
        {
            LocalSpi = LastClone,
            PeerSpi = header.InitiatorSpi,
            Phase = SaPhase.HalfOpen,
            Path = path,
            Window = RequestWindow.Fresh,
            Own = OwnRequests.None,
            Children = [],
            HeardAt = context.Now,
        };
        var sum = new SlowWork.MakeKeyPair(KeyExchangeMethod.None, new SecretBytes(0));
        var step = new Step(egg, [new IkeEffect.StartWork(Order, sum)], [], Instant.Never, DropReason.None);
        return new InitVerdict(DropReason.None, NotifyType.None, null, step);
    }

    public Step Next(IkeSaState state, IkeInput input, in StepContext context)
    {
        if (_unborn.Remove(state.LocalSpi, out byte[]? snapshot))
        {
            return Hatch(state, snapshot, AreClonesCatchingUp, context);
        }

        if (Recorder is not { } recorder)
        {
            return _engine.Next(state, input, context);
        }

        recorder.Before(state, input);
        Step step = _engine.Next(state, input, context);
        recorder.After(step);
        return step;
    }

    public byte[] WriteSnapshot(IkeSaState state) => _engine.WriteSnapshot(state);

    public IkeSaState? TryReadSnapshot(ReadOnlySpan<byte> snapshot, long rowVersion, out string fault) =>
        _engine.TryReadSnapshot(snapshot, rowVersion, out fault);

    private Step Hatch(IkeSaState egg, byte[] snapshot, bool isCatchingUp, in StepContext context)
    {
        IkeSaState stage = Snapshot.TryRead(snapshot, rowVersion: 1, out string fault) ?? throw new InvalidOperationException(fault);

        // The leases belong to the SA that was recorded. A clone has an address of no pool, or it would get no child.
        var lease = new LeasedAddress(Pool, IpAddress.V4(0xac100000 + ++_leases));
        IkeSaState clone = stage with
        {
            LocalSpi = egg.LocalSpi,
            Facts = stage.Facts! with { VirtualIps = [lease] },
        };
        if (clone.Own.Pending is { Kind: OwnRequestKind.RekeyIke, Offer: { } offer })
        {
            Rename(offer.Request.Chain, offer.IkeSpi(), context.Numbers.NewIkeSpi());
        }

        if (clone.Own.Pending is { Rival: { Ike: { } theirs } rival } pending)
        {
            rival = rival with { Ike = theirs with { LocalSpi = context.Numbers.NewIkeSpi() } };
            clone = clone with { Own = clone.Own with { Pending = pending with { Rival = rival } } };
        }

        Step back = _engine.Next(clone, new IkeInput.Recovered(isCatchingUp), context);
        return back with { Writes = [new SaWrite(SaWriteKind.Insert, back.State!)] };
    }

    /// <summary>The SPI that our own rekey offered; for two clones must not make the same successor.</summary>
    private static void Rename(byte[] chain, IkeSpi old, IkeSpi fresh)
    {
        Span<byte> octets = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(octets, old.Value);
        BinaryPrimitives.WriteUInt64BigEndian(octets[sizeof(ulong)..], fresh.Value);
        int at = chain.AsSpan().IndexOf(octets[..sizeof(ulong)]);
        octets[sizeof(ulong)..].CopyTo(chain.AsSpan(at));
    }
}

/// <summary>Real sums where they are asked for; a clone's answer costs nothing.</summary>
internal sealed class InlineWork : ISlowWork
{
    public bool TryStart(SlowWork work, Action<WorkResult> done)
    {
        done(work is SlowWork.MakeKeyPair { Method: KeyExchangeMethod.None } ? new WorkResult.Signed([]) : SlowWorkRunner.Run(work));
        return true;
    }
}
