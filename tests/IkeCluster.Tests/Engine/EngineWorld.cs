using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>
/// The engine as responder, with the smallest place around it: sums are done at once, addresses come from a list, and a
/// write is durable when it is seen here.
/// </summary>
internal sealed class EngineWorld : IEntropy, IShardNumbers, IDisposable
{
    internal static readonly DatagramPath ClientPath =
        new(new UdpEndpoint(IpAddress.V4(0xc0000201), 500), new UdpEndpoint(IpAddress.V4(0xc6336401), 500), false);

    private readonly SeededEntropy _entropy;
    private readonly CipherCache _ciphers = new(64);
    private ulong _number;
    private readonly List<(IkeSpi Spi, IkeEffect.StartWork Start)> _held = [];
    private ulong _iv;

    internal EngineWorld(params ConnectionPolicy[] connections)
        : this(7, connections)
    {
    }

    /// <summary>Worlds of different seeds draw different nonces and count different SPIs.</summary>
    internal EngineWorld(ulong seed, ConnectionPolicy[] connections)
    {
        _entropy = new SeededEntropy(seed);
        _number = seed == 7 ? 0x1000 : seed << 16;
        Policy = new PolicySet(
            [.. connections],
            [
                new PoolPolicy { Name = "v4", Addrs = [new AddressRange(IpAddress.V4(0x0a400001), IpAddress.V4(0x0a4000ff))], Dns = [IpAddress.V4(0x0a400001)] },
                new PoolPolicy { Name = "v6", Addrs = [new AddressRange(V6("fd00::1"), V6("fd00::ff"))] },
            ],
            [new SharedSecret("alice", [Id("alice@example.org")], SecretBytes.CopyOf("correct horse"u8))],
            TrustAnchors.From([]),
            new IkeTimes());
    }

    internal ManualClock Clock { get; } = new();

    internal PolicySet Policy { get; set; }

    internal Dictionary<IkeSpi, IkeSaState> Sas { get; } = [];

    /// <summary>When each SA wants its next timer.</summary>
    internal Dictionary<IkeSpi, Instant> WakeAt { get; } = [];

    internal List<SaWrite> Writes { get; } = [];

    internal List<SaEvent> Events { get; } = [];

    internal List<DropReason> Drops { get; } = [];

    /// <summary>Inbound SPIs in the data plane, in the order they came.</summary>
    internal List<EspSpi> Installed { get; } = [];

    /// <summary>Datagrams that the engine was given, in order.</summary>
    internal List<byte[]> Received { get; } = [];

    /// <summary>Datagrams that the engine sent, in order.</summary>
    internal List<byte[]> Sent { get; } = [];

    /// <summary>Where each of <see cref="Sent"/> went.</summary>
    internal List<DatagramPath> SentTo { get; } = [];

    /// <summary>Child SAs that the data plane was told to move, in order.</summary>
    internal List<IkeEffect.MoveChild> Moved { get; } = [];

    /// <summary>The first so many logins find their address taken by somebody else at commit.</summary>
    internal int ConflictsToCome { get; set; }

    /// <summary>What was asked of the pools, in order.</summary>
    internal List<LeaseRequest> Leases { get; } = [];

    internal bool IsDraining { get; set; }

    /// <summary>Sums wait until <see cref="FinishWork"/>.</summary>
    internal bool HoldsWork { get; set; }

    internal IkeSaState Sa => Sas.Values.Single(state => state.Phase == SaPhase.Established);

    internal StepContext Context => new(Clock.Now, this, this, Policy, _ciphers, IsDraining);

    internal static ConnectionPolicy Psk(string name = "rw", params string[] proposals) => new()
    {
        Name = name,
        Proposals = [.. (proposals.Length == 0 ? ["aes256gcm16-prfsha384-x25519"] : proposals).Select(text => Proposals(text, SecurityProtocol.Ike))],
        Local = new LocalAuthPolicy { Auth = AuthScheme.Psk, Id = Id("vpn.example.org") },
        Remote = new RemoteAuthPolicy { Auth = AuthScheme.Psk, Id = Id("*@example.org") },
        Pools = ["v4", "v6"],
        Children = [Child("net")],
    };

    internal static ChildPolicy Child(string name, string esp = "aes256gcm16") => new()
    {
        Name = name,
        LocalTs = [new SelectorPolicy(false, TrafficSelector.AllV4), new SelectorPolicy(false, TrafficSelector.AllV6)],
        RemoteTs = [new SelectorPolicy(true, TrafficSelector.AllV4)],
        EspProposals = [Proposals(esp, SecurityProtocol.Esp)],
    };

    internal static InitiatorSettings Alice(string secret = "correct horse", string id = "alice@example.org") => new()
    {
        LocalId = Id(id),
        RemoteId = Id("vpn.example.org"),
        Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(secret))),
        IkeProposals = [Proposals("aes256gcm16-prfsha384-x25519", SecurityProtocol.Ike)],
        EspProposals = [Proposals("aes256gcm16", SecurityProtocol.Esp)],
        WantsIpv4 = true,
        WantsIpv6 = true,
    };

    internal static Identity Id(string text) =>
        Identity.TryParse(text, out Identity? id, out string fault) ? id : throw new ArgumentException(fault, nameof(text));

    internal static Proposal Proposals(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));

    internal static IpAddress V6(string text) => IpAddress.TryParse(text, out IpAddress address) ? address : default;

    /// <summary>A new client; its public values and nonces come from a seed of its own.</summary>
    internal IkeInitiator Client(InitiatorSettings settings, ulong seed = 99, DatagramPath? path = null)
    {
        var chance = new SeededEntropy(seed);
        return new IkeInitiator(settings, chance.FillPublic, path ?? ClientPath);
    }

    /// <summary>Carries the datagrams of both sides until neither has more to say; all that the client learned.</summary>
    internal ImmutableArray<InitiatorEvent> Talk(IkeInitiator client, InitiatorStep step)
    {
        ImmutableArray<InitiatorEvent>.Builder learned = ImmutableArray.CreateBuilder<InitiatorEvent>();
        var toUs = new Queue<OutgoingMessage>(step.Send);
        learned.AddRange(step.Events);
        while (toUs.TryDequeue(out OutgoingMessage? message))
        {
            foreach (byte[] answer in Receive(SeenByUs(message.Path), message.Message))
            {
                InitiatorStep next = client.Receive(answer, Clock.Now);
                learned.AddRange(next.Events);
                foreach (OutgoingMessage more in next.Send)
                {
                    toUs.Enqueue(more);
                }
            }
        }

        return learned.ToImmutable();
    }

    /// <summary>The client's path from the other end.</summary>
    internal static DatagramPath SeenByUs(DatagramPath path) => new(path.Local, path.Remote, path.NonEspMarker);

    internal ImmutableArray<InitiatorEvent> Login(IkeInitiator client) => Talk(client, client.Start(Clock.Now));

    /// <summary>One datagram arrives; what we send because of it.</summary>
    internal List<byte[]> Receive(DatagramPath path, byte[] message)
    {
        int before = Sent.Count;
        Received.Add(message);
        IkeHeader.TryRead(message, out IkeHeader header);
        IkeSpi ours = header.IsInitiator ? header.ResponderSpi : header.InitiatorSpi;
        if (header.Exchange == ExchangeType.IkeSaInit && ours.IsZero)
        {
            Begin(path, message);
        }
        else if (Sas.TryGetValue(ours, out IkeSaState? state))
        {
            Turn(state, new IkeInput.Datagram(path, message.ToArray()));
        }

        return Sent[before..];
    }

    internal void FinishWork()
    {
        HoldsWork = false;
        foreach ((IkeSpi spi, IkeEffect.StartWork start) in _held.ToArray())
        {
            Turn(Sas[spi], new IkeInput.WorkDone(start.Ticket, SlowWorkRunner.Run(start.Work)));
        }

        _held.Clear();
    }

    /// <summary>A crash: nobody waits for the sums any more.</summary>
    internal void ForgetWork()
    {
        HoldsWork = false;
        _held.Clear();
    }

    internal void Turn(IkeSaState state, IkeInput input) => Carry(state, IkeSa.Next(state, input, Context));

    public IkeSpi NewIkeSpi() => new(_number++);

    public EspSpi NewEspSpi() => new((uint)_number++);

    public ulong NextIv() => ++_iv;

    public void FillPublic(Span<byte> visibleOnTheWire) => _entropy.FillPublic(visibleOnTheWire);

    public void FillSecret(Span<byte> neverLeaves) => _entropy.FillSecret(neverLeaves);

    public void Dispose() => _ciphers.Dispose();

    private void Begin(DatagramPath path, byte[] message)
    {
        InitVerdict verdict = IkeSa.Begin(path, message, Context);
        if (verdict.Refusal is { } refusal)
        {
            Sent.Add(refusal);
            SentTo.Add(path);
        }
        else if (verdict.Accepted is { } accepted)
        {
            Carry(accepted.State!, accepted);
        }
        else
        {
            Drops.Add(verdict.Drop);
        }
    }

    private void Carry(IkeSaState before, Step step)
    {
        if (step.IsDrop)
        {
            Drops.Add(step.Drop);
        }

        if (step.Writes.Any(write => write.Kind == SaWriteKind.Insert) && ConflictsToCome-- > 0)
        {
            Turn(before, new IkeInput.CommitConflict());
            return;
        }

        Writes.AddRange(step.Writes);
        Sas.Remove(before.LocalSpi);
        WakeAt.Remove(before.LocalSpi);
        if (step.State is { } next)
        {
            Sas[next.LocalSpi] = next;
            WakeAt[next.LocalSpi] = step.WakeAt;
        }

        foreach (IkeEffect effect in step.Effects)
        {
            Carry(before.LocalSpi, effect);
        }
    }

    private void Carry(IkeSpi spi, IkeEffect effect)
    {
        switch (effect)
        {
            case IkeEffect.Send send:
                Sent.AddRange(send.Datagrams);
                SentTo.AddRange(send.Datagrams.Select(_ => send.Path));
                break;
            case IkeEffect.StartWork start when HoldsWork:
                _held.Add((spi, start));
                break;
            case IkeEffect.StartWork start:
                Turn(Sas[spi], new IkeInput.WorkDone(start.Ticket, SlowWorkRunner.Run(start.Work)));
                break;
            case IkeEffect.LeaseAddresses lease:
                Turn(Sas[spi], new IkeInput.AddressesLeased(lease.Ticket, Lease(lease.Request)));
                break;
            case IkeEffect.MoveChild move:
                Moved.Add(move);
                break;
            case IkeEffect.Spawn spawn:
                Sas[spawn.State.LocalSpi] = spawn.State;
                Turn(spawn.State, new IkeInput.TimerFired());
                break;
            case IkeEffect.InstallChild install:
                Installed.Add(install.Child.InboundSpi);
                break;
            case IkeEffect.RemoveChild remove:
                Installed.Remove(remove.Child.InboundSpi);
                break;
            case IkeEffect.Wipe wipe:
                wipe.Secret.Dispose();
                break;
            case IkeEffect.Report report:
                Events.Add(report.Event);
                break;
        }
    }

    private ImmutableArray<LeasedAddress> Lease(LeaseRequest request)
    {
        Leases.Add(request);
        ImmutableArray<LeasedAddress>.Builder leased = ImmutableArray.CreateBuilder<LeasedAddress>();
        uint host = (uint)(_number++ & 0x3f) + 1;
        if (request.WantsIpv4 && request.Pools.Contains("v4"))
        {
            leased.Add(new LeasedAddress("v4", IpAddress.V4(0x0a400000 + host)));
        }

        if (request.WantsIpv6 && request.Pools.Contains("v6"))
        {
            leased.Add(new LeasedAddress("v6", new IpAddress(V6("fd00::").Value + host)));
        }

        return leased.ToImmutable();
    }
}
