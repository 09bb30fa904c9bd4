using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Benchmarks.Engine;

/// <summary>
/// One login by PSK (X25519, AES-256-GCM, one address, one child), whose two requests were recorded from a real initiator.
/// Every replay draws the same numbers, so the recorded IKE_AUTH fits every time and only the engine's work is measured.
/// </summary>
internal sealed class RecordedLogin : IEntropy, IShardNumbers, IDisposable
{
    internal const string Secret = "correct horse battery staple";

    private static readonly DatagramPath ClientPath =
        new(new UdpEndpoint(IpAddress.V4(0xc0000201), 500), new UdpEndpoint(IpAddress.V4(0xc6336401), 500), false);

    private readonly CipherCache _ciphers = new(capacity: 1024);
    private readonly PolicySet _policy;
    private ulong _drawn;

    internal RecordedLogin()
    {
        _policy = new PolicySet(
            [Connection()],
            [new PoolPolicy { Name = "rw", Addrs = [new AddressRange(IpAddress.V4(0x0a400001), IpAddress.V4(0x0a4000ff))] }],
            [new SharedSecret("alice", [Id("alice@example.org")], SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(Secret)))],
            TrustAnchors.From([]),
            new IkeTimes());

        var client = new IkeInitiator(Settings(), new SeededEntropy(99).FillPublic, ClientPath);
        InitRequest = client.Start(default).Send[0].Message;
        IkeSaState halfOpen = Begin(out byte[] response);
        InitResponse = response;
        OutgoingMessage auth = client.Receive(response, default).Send[0];
        (AuthRequest, AuthPath) = (auth.Message, Reverse(auth.Path));
        AuthResponse = [];
        Established = Finish(halfOpen);
        Rewind();
    }

    internal byte[] InitRequest { get; }

    internal byte[] InitResponse { get; }

    internal byte[] AuthRequest { get; }

    internal byte[] AuthResponse { get; private set; }

    internal IkeSaState Established { get; }

    private DatagramPath AuthPath { get; }

    private StepContext Context => new(new Instant(1), this, this, _policy, _ciphers);

    /// <summary>Both exchanges in the engine, sums included; the SA that came of them.</summary>
    internal IkeSaState Replay()
    {
        Rewind();
        return Finish(Begin(out _));
    }

    internal void Forget(IkeSaState state) => IkeSa.Forget(state, _ciphers);

    /// <summary>Forgets the key contexts only, as a loop does for SAs that were not heard for a while.</summary>
    internal void ForgetCiphers(IkeSaState state) => _ciphers.Forget(state.Keys!);

    public IkeSpi NewIkeSpi() => new(0x1000 + ++_drawn);

    public EspSpi NewEspSpi() => new((uint)(0x1000 + ++_drawn));

    public ulong NextIv() => ++_drawn;

    public void FillPublic(Span<byte> visibleOnTheWire) => visibleOnTheWire.Fill((byte)++_drawn);

    public void FillSecret(Span<byte> neverLeaves) => neverLeaves.Fill((byte)++_drawn);

    public void Dispose()
    {
        _ciphers.Dispose();
        Established.Keys?.Dispose();
    }

    internal static Proposal Proposals(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));

    private static Identity Id(string text) =>
        Identity.TryParse(text, out Identity? id, out string fault) ? id : throw new ArgumentException(fault, nameof(text));

    private static DatagramPath Reverse(DatagramPath path) => new(path.Local, path.Remote, path.NonEspMarker);

    private static ConnectionPolicy Connection() => new()
    {
        Name = "rw",
        Proposals = [Proposals("aes256gcm16-prfsha256-x25519", SecurityProtocol.Ike)],
        Local = new LocalAuthPolicy { Auth = AuthScheme.Psk, Id = Id("vpn.example.org") },
        Remote = new RemoteAuthPolicy { Auth = AuthScheme.Psk, Id = Id("*@example.org") },
        Pools = ["rw"],
        Children =
        [
            new ChildPolicy
            {
                Name = "net",
                LocalTs = [new SelectorPolicy(false, TrafficSelector.AllV4)],
                RemoteTs = [new SelectorPolicy(true, TrafficSelector.AllV4)],
                EspProposals = [Proposals("aes256gcm16", SecurityProtocol.Esp)],
            },
        ],
    };

    private static InitiatorSettings Settings() => new()
    {
        LocalId = Id("alice@example.org"),
        RemoteId = Id("vpn.example.org"),
        Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(Secret))),
        IkeProposals = [Proposals("aes256gcm16-prfsha256-x25519", SecurityProtocol.Ike)],
        EspProposals = [Proposals("aes256gcm16", SecurityProtocol.Esp)],
        WantsIpv4 = true,
    };

    private void Rewind() => _drawn = 0;

    private IkeSaState Begin(out byte[] response)
    {
        Step begun = IkeSa.Begin(Reverse(ClientPath), InitRequest, Context).Accepted!.Value;
        Step answered = Answer(begun);
        response = Sent(answered)[0];
        return answered.State!;
    }

    private IkeSaState Finish(IkeSaState halfOpen)
    {
        Step derived = IkeSa.Next(halfOpen, new IkeInput.Datagram(AuthPath, AuthRequest.AsSpan().ToArray()), Context);
        Step proved = Answer(derived);
        IkeEffect.LeaseAddresses wish = proved.Effects.OfType<IkeEffect.LeaseAddresses>().Single();
        Step done = IkeSa.Next(
            proved.State!, new IkeInput.AddressesLeased(wish.Ticket, [new LeasedAddress("rw", IpAddress.V4(0x0a400001))]), Context);
        AuthResponse = Sent(done)[0];
        return done.State is { Phase: SaPhase.Established, Children.Length: 1 } state
            ? state
            : throw new InvalidOperationException("the recorded login did not fit");
    }

    private Step Answer(in Step asked)
    {
        foreach (IkeEffect effect in asked.Effects)
        {
            if (effect is IkeEffect.StartWork work)
            {
                return IkeSa.Next(asked.State!, new IkeInput.WorkDone(work.Ticket, SlowWorkRunner.Run(work.Work)), Context);
            }
        }

        throw new InvalidOperationException("the engine asked for no sum");
    }

    private static ImmutableArray<byte[]> Sent(in Step step)
    {
        foreach (IkeEffect effect in step.Effects)
        {
            if (effect is IkeEffect.Send send)
            {
                return send.Datagrams;
            }
        }

        throw new InvalidOperationException("the engine sent nothing");
    }
}
