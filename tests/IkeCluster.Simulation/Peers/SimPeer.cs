using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Network;
using IkeCluster.TestKit;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Peers;

/// <summary>
/// A client's whole life: it logs in, asks for this and that, is moved by its NAT, logs out, or vanishes without a word and
/// comes back as if nothing had been.
/// </summary>
internal sealed class SimPeer : IDisposable
{
    private static readonly TimeSpan FirstLoginWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(20);

    private readonly World _world;
    private readonly SimRandom _chance;
    private readonly Habits _habits;
    private readonly InitiatorSettings _settings;
    private readonly IpAddress _home;
    private UdpEndpoint _here;
    private bool _mustTell;
    private IkeInitiator? _initiator;
    private Instant _tickAt = Instant.Never;
    private int _life;

    public SimPeer(World world, int number)
    {
        (_world, Number) = (world, number);
        _chance = world.Chance.Fork();
        _habits = new Habits(world, this, _chance);
        IsBehindNat = _chance.Chance(0.7);

        // Two clients share a NAT: SPI and address alone tell nobody apart (RFC 7296 §2.1).
        NatAddress = new IpAddress(SimPolicies.Address("203.0.113.0").Value + (ulong)(number / 2));
        IpAddress own = IsBehindNat ? SimPolicies.Address("192.168.1.0") : SimPolicies.Address("203.0.113.100");
        _home = new IpAddress(own.Value + (ulong)number);
        _settings = SettingsOf(number);
    }

    public int Number { get; }

    public bool IsBehindNat { get; }

    public IpAddress NatAddress { get; }

    /// <summary>Null while it is away.</summary>
    public IkeInitiator? Initiator => _initiator;

    public bool IsOnline => _initiator?.Sa is not null;

    /// <summary>When the request under way was first sent; Never: none is.</summary>
    public Instant AskedAt { get; private set; } = Instant.Never;

    public override string ToString() => $"peer {Number}";

    /// <summary>The client comes into the world.</summary>
    public void Begin()
    {
        _world.After(_chance.UpTo(FirstLoginWithin), LogIn);
        _habits.Begin();
    }

    public void LogIn()
    {
        if (_initiator is not null || _world.IsFarewell)
        {
            return;
        }

        var random = new SeededEntropy(_chance.Next());
        _here = new UdpEndpoint(_home, 500);
        _mustTell = false;
        InitiatorSettings settings = _settings with { InitialContact = _chance.Chance(0.5) };
        _initiator = new IkeInitiator(settings, random.FillSecret, new DatagramPath(SimNetwork.GatewayAt, _here, NonEspMarker: false));
        _life++;
        Follow(_initiator.Start(_world.Now));
    }

    public void Receive(byte[] message)
    {
        if (_initiator is { } initiator)
        {
            Follow(initiator.Receive(message, _world.Now));
        }
    }

    /// <summary>
    /// Asks the gateway something, where no other question is under way. A client of MOBIKE that has moved tells that first
    /// (RFC 4555 §3.5).
    /// </summary>
    public void Ask(Func<IkeInitiator, Instant, InitiatorStep> question)
    {
        if (_initiator is { Sa: not null, IsBusy: false } initiator)
        {
            bool isToBeTold = _mustTell && initiator.SpeaksMobike;

            // Whoever moves again before the answer tells it again.
            _mustTell = false;
            Follow(isToBeTold ? initiator.UpdateAddresses(_world.Now, new AddressUpdate()) : question(initiator, _world.Now));
        }
    }

    /// <summary>Its NAT forgets it, or it goes to another network; either way it is seen elsewhere from now on.</summary>
    public void Move()
    {
        if (_initiator is not { SpeaksMobike: true } initiator)
        {
            _world.Wire.Rebind(this);
            return;
        }

        _world.Wire.Rebind(this);
        _world.Tally.Count(Faults.Roamed);
        _mustTell = true;
        _here = _here with { Address = new IpAddress(_here.Address.Value ^ 0x40) };
        initiator.MoveTo(initiator.Path with { Local = _here with { Port = initiator.Path.Local.Port } });
    }

    /// <summary>The machine is switched off: no word to anybody, and later a fresh start.</summary>
    public void Vanish()
    {
        _world.Tally.Count(Faults.PeerVanished);
        _world.Tell($"{this} vanishes");
        _world.Checks.Learned(this, new InitiatorEvent.Closed(ByPeer: false));
        Leave();
        _world.After(_chance.UpTo(BackWithin), () =>
        {
            _world.Tally.Count(Faults.PeerRejoined);
            LogIn();
        });
    }

    public void Dispose() => _initiator?.Dispose();

    private InitiatorSettings SettingsOf(int number)
    {
        var settings = new InitiatorSettings
        {
            LocalId = SimPolicies.Id($"peer{number}@example.org"),
            RemoteId = SimPolicies.Gateway,
            Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf(SimPolicies.Secret.AsSpan())),
            IkeProposals = [SimPolicies.Ike],
            EspProposals = [SimPolicies.Esp],
            WantsIpv4 = true,
            LocalTs = [TrafficSelector.AllV4],
            RemoteTs = [TrafficSelector.AllV4],
            AuthNotifies = _chance.Chance(0.4) ? [NotifyType.MobikeSupported] : [],
            RetransmitTimeout = TimeSpan.FromSeconds(1),
            RetransmitBase = 1.5,
            RetransmitTries = 6,
        };
        if (_chance.Chance(0.7))
        {
            return settings;
        }

        (ImmutableArray<X509Certificate2> certificates, PrivateKey key) = SimPki.Client(number);
        return settings with
        {
            LocalId = SimPolicies.Id($"peer{number}.example.org"),
            Proof = new InitiatorProof.Certificate(certificates, key),
            Anchors = SimPki.Anchors,
        };
    }

    private void Leave()
    {
        _initiator?.Dispose();
        _initiator = null;
        AskedAt = Instant.Never;
        _life++;
    }

    private void Follow(InitiatorStep step)
    {
        IkeInitiator initiator = _initiator!;
        foreach (InitiatorEvent learned in step.Events)
        {
            _world.Tell($"{this}: {EventText.Of(learned)}");
            Count(learned);
            _world.Checks.Learned(this, learned);
        }

        AskedAt = !initiator.IsBusy ? Instant.Never : AskedAt == Instant.Never ? _world.Now : AskedAt;
        foreach (OutgoingMessage message in step.Send)
        {
            _world.Wire.ToGateway(this, message);
        }

        if (step.Events.Any(learned => learned is InitiatorEvent.Closed or InitiatorEvent.Failed))
        {
            Leave();
            _world.After(_chance.UpTo(BackWithin), LogIn);
            return;
        }

        ScheduleTick(initiator);
    }

    private void Count(InitiatorEvent learned)
    {
        if (learned is InitiatorEvent.Collided collided)
        {
            _world.Tally.Count(collided switch
            {
                { IsIke: true, OursStays: true } => Faults.IkeCollisionLost,
                { IsIke: true } => Faults.IkeCollisionWon,
                { OursStays: true } => Faults.ChildCollisionLost,
                _ => Faults.ChildCollisionWon,
            });
        }
    }

    private void ScheduleTick(IkeInitiator initiator)
    {
        Instant due = initiator.WakeAt;
        if (due == _tickAt || due == Instant.Never)
        {
            return;
        }

        _tickAt = due;
        int life = _life;
        _world.At(due, () =>
        {
            if (life == _life && _initiator is { } same && same.WakeAt <= _world.Now)
            {
                _tickAt = Instant.Never;
                Follow(same.Tick(_world.Now));
            }
        });
    }
}
