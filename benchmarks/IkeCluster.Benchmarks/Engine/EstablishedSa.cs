using System.Buffers.Binary;
using System.Security.Cryptography;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Benchmarks.Engine;

/// <summary>An established IKE SA made by hand (AES-256-GCM, no child), and liveness requests of its peer.</summary>
internal sealed class EstablishedSa : IEntropy, IShardNumbers
{
    private const int LivenessOctets = IkeHeader.Octets + 4 + 8 + 1 + 16;
    private ulong _iv;

    internal EstablishedSa()
    {
        var proposal = new Proposal(
            SecurityProtocol.Ike,
            [
                Transform.Encr(EncryptionId.AesGcm16, 256), Transform.Prf(PrfId.HmacSha256),
                Transform.KeyExchange(KeyExchangeMethod.Curve25519),
            ],
            1);
        var local = new IkeSpi(0x1122334455667788);
        var peer = new IkeSpi(0x99aabbccddeeff00);
        IkeKeys keys = KeySchedule.DeriveIke(proposal, new byte[32], new byte[32], new byte[32], peer, local);
        Path = new DatagramPath(new UdpEndpoint(IpAddress.V4(0x0a000002), 4500), new UdpEndpoint(IpAddress.V4(0x0a000001), 4500), true);
        State = new IkeSaState
        {
            LocalSpi = local,
            PeerSpi = peer,
            Phase = SaPhase.Established,
            Path = Path,
            Window = new RequestWindow(new MessageId(2), []),
            Own = OwnRequests.None,
            Children = [],
            HeardAt = new Instant(1),
            Keys = keys,
            RowVersion = 1,
            Facts = new SaFacts
            {
                Connection = "rw",
                LocalId = Identity.Any,
                RemoteId = Identity.Any,
                Proposal = proposal,
                IsInitiator = false,
                EstablishedAt = new Instant(1),
                RekeyAt = Instant.Never,
                VirtualIps = [],
                LoginAddress = Path.Remote.Address,
                AuthMethod = "psk",
                Features = PeerFeatures.None,
            },
        };
        Context = new StepContext(
            new Instant(2), this, this, new PolicySet([], [], [], TrustAnchors.From([]), new IkeTimes()), new CipherCache(16));
        Suite = CipherSuite.From(proposal);
    }

    internal IkeSaState State { get; }

    internal StepContext Context { get; }

    internal DatagramPath Path { get; }

    internal CipherSuite Suite { get; }

    /// <summary>The peer's next request: INFORMATIONAL without payloads, message ID 2.</summary>
    internal byte[] Liveness()
    {
        using MessageCipher cipher = MessageCipher.Create(Suite, State.Keys!.SkEi.Reveal(), State.Keys.SkAi.Reveal());
        byte[] message = new byte[LivenessOctets];
        IkeHeader.Write(
            message, State.PeerSpi, State.LocalSpi, PayloadType.Encrypted, ExchangeType.Informational, HeaderFlags.Initiator,
            new MessageId(2), LivenessOctets);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(IkeHeader.Octets + 2), LivenessOctets - IkeHeader.Octets);
        cipher.Seal(message, IkeHeader.Octets + 4);
        return message;
    }

    public IkeSpi NewIkeSpi() => new(++_iv);

    public EspSpi NewEspSpi() => new((uint)++_iv + 256);

    public ulong NextIv() => ++_iv;

    public void FillPublic(Span<byte> visibleOnTheWire) => RandomNumberGenerator.Fill(visibleOnTheWire);

    public void FillSecret(Span<byte> neverLeaves) => RandomNumberGenerator.Fill(neverLeaves);
}
