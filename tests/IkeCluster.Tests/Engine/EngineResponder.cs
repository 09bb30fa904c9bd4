using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit;

namespace IkeCluster.Tests.Engine;

/// <summary>
/// The engine with the least possible place around it: SAs in a table, sums done at once, every commit a success, the
/// first addresses of each pool. What it sends goes to <see cref="Sent"/>.
/// </summary>
internal sealed class EngineResponder(PolicySet policy, ManualClock clock, ulong seed = 1) : IEntropy, IShardNumbers, IDisposable
{
    private readonly SeededEntropy _entropy = new(seed);
    private readonly Dictionary<IkeSpi, IkeSaState> _states = [];
    private readonly CipherCache _ciphers = new(64);
    private uint _lastEspSpi = 0xc000_0000;
    private uint _leased;
    private ulong _lastIv;

    public Queue<OutgoingDatagram> Sent { get; } = [];

    public List<SaEvent> Events { get; } = [];

    public List<DropReason> Drops { get; } = [];

    /// <summary>Every row written, in order.</summary>
    public List<SaWrite> Writes { get; } = [];

    public IReadOnlyDictionary<IkeSpi, IkeSaState> States => _states;

    public PolicySet Policy { get; set; } = policy;

    private StepContext Context => new(clock.Now, this, this, Policy, _ciphers);

    /// <summary>One datagram without its marker.</summary>
    public void Receive(DatagramPath path, ReadOnlySpan<byte> datagram)
    {
        byte[] message = datagram.ToArray();
        Assert.Equal(DropReason.None, IkeHeader.Check(message));
        IkeHeader.TryRead(message, out IkeHeader header);
        if (header.Exchange == ExchangeType.IkeSaInit && header.IsInitiator)
        {
            Begin(path, message);
        }
        else if (_states.ContainsKey(header.IsInitiator ? header.ResponderSpi : header.InitiatorSpi))
        {
            Give(header.IsInitiator ? header.ResponderSpi : header.InitiatorSpi, new IkeInput.Datagram(path, message));
        }
        else
        {
            Drops.Add(DropReason.UnknownSpi);
        }
    }

    public void Give(IkeSpi localSpi, IkeInput input) => Apply(localSpi, IkeSa.Next(_states[localSpi], input, Context));

    public void FillPublic(Span<byte> visibleOnTheWire) => _entropy.FillPublic(visibleOnTheWire);

    public void FillSecret(Span<byte> neverLeaves) => _entropy.FillSecret(neverLeaves);

    public IkeSpi NewIkeSpi()
    {
        Span<byte> octets = stackalloc byte[8];
        _entropy.FillPublic(octets);
        return new IkeSpi(BitConverter.ToUInt64(octets));
    }

    public EspSpi NewEspSpi() => new(++_lastEspSpi);

    public ulong NextIv() => ++_lastIv;

    public void Dispose()
    {
        foreach (IkeSaState state in _states.Values)
        {
            IkeSa.Forget(state, _ciphers);
        }

        _ciphers.Dispose();
    }

    private void Begin(DatagramPath path, byte[] message)
    {
        InitVerdict verdict = IkeSa.Begin(path, message, Context);
        if (verdict.Accepted is { State: { } state } step)
        {
            Apply(state.LocalSpi, step);
        }
        else if (verdict.Refusal is { } refusal)
        {
            Sent.Enqueue(new OutgoingDatagram(path, refusal));
        }
        else
        {
            Drops.Add(verdict.Drop);
        }
    }

    private void Apply(IkeSpi localSpi, Step step)
    {
        if (step.IsDrop)
        {
            Drops.Add(step.Drop);
        }

        Writes.AddRange(step.Writes);
        if (step.State is null)
        {
            _states.Remove(localSpi);
        }
        else
        {
            _states[localSpi] = step.State;
        }

        foreach (IkeEffect effect in step.Effects)
        {
            CarryOut(localSpi, effect);
        }
    }

    private void CarryOut(IkeSpi localSpi, IkeEffect effect)
    {
        switch (effect)
        {
            case IkeEffect.Send send:
                send.Datagrams.ToList().ForEach(datagram => Sent.Enqueue(new OutgoingDatagram(send.Path, datagram)));
                break;
            case IkeEffect.StartWork start:
                Give(localSpi, new IkeInput.WorkDone(start.Ticket, SlowWorkRunner.Run(start.Work)));
                break;
            case IkeEffect.LeaseAddresses lease:
                Give(localSpi, new IkeInput.AddressesLeased(lease.Ticket, Lease(lease.Request)));
                break;
            case IkeEffect.Spawn spawn:
                _states[spawn.State.LocalSpi] = spawn.State;
                break;
            case IkeEffect.Report report:
                Events.Add(report.Event);
                break;
            default:
                break;
        }
    }

    private ImmutableArray<LeasedAddress> Lease(LeaseRequest request)
    {
        _leased++;
        return
        [
            .. request.Pools.Select(Policy.FindPool).OfType<PoolPolicy>()
                .Where(pool => pool.IsV4 ? request.WantsIpv4 : request.WantsIpv6)
                .Select(pool => new LeasedAddress(pool.Name, new IpAddress(pool.Addrs[0].Start.Value + _leased))),
        ];
    }
}

/// <summary>One datagram of the responder, without its marker.</summary>
internal sealed record OutgoingDatagram(DatagramPath Path, byte[] Message);
