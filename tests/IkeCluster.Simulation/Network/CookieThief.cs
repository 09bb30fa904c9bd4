using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.TestKit;

namespace IkeCluster.Simulation.Network;

/// <summary>
/// Where everybody must bring a cookie, somebody asks for one and brings it for another SPI, with another nonce, or from another
/// address (RFC 7296 §2.6). The gateway must ask him again, and make no SA.
/// </summary>
internal sealed class CookieThief(World world)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);
    private static readonly IpAddress Here = SimPolicies.Address("192.0.2.77");
    private static readonly IpAddress Elsewhere = SimPolicies.Address("192.0.2.78");

    private readonly SeededEntropy _chance = new(world.Chance.Next());
    private byte[] _nonce = [];
    private IkeSpi _spi;

    public static bool Is(IpAddress address) => address == Here || address == Elsewhere;

    public void Begin() => world.After(world.Chance.UpTo(Pause), () =>
    {
        if (world is { IsCalm: false, Plan.Cookies: Cluster.Admission.CookieMode.Always })
        {
            _spi = new IkeSpi(world.Chance.Next() | 1);
            _nonce = Random(32);
            Say(Here, _spi, _nonce, cookie: []);
            Begin();
        }
    });

    /// <summary>What the gateway answers reaches him always.</summary>
    public void Receive(byte[] message)
    {
        if (!IkeHeader.TryRead(message, out IkeHeader header) || !PayloadIndex.TryRead(header.NextPayload, message.AsSpan(IkeHeader.Octets), out PayloadIndex payloads, out _))
        {
            return;
        }

        if (!header.ResponderSpi.IsZero)
        {
            world.Break("CookieBinds", $"a cookie that was not given for it made the SA {header.ResponderSpi}");
        }
        else if (header.InitiatorSpi == _spi && payloads.TryFindNotify(NotifyType.Cookie, out NotifyPayload cookie))
        {
            world.Tally.Count(Faults.CookieStolen);
            IkeSpi given = _spi;

            // What he is given for the stolen one is rightly his.
            _spi = IkeSpi.Zero;
            Misuse(given, cookie.Data.ToArray());
        }
    }

    private void Misuse(IkeSpi given, byte[] cookie)
    {
        var other = new IkeSpi(given.Value ^ 0x100);
        switch (world.Chance.Below(3))
        {
            case 0:
                Say(Here, other, _nonce, cookie);
                break;
            case 1:
                Say(Here, other, Random(32), cookie);
                break;
            default:
                Say(Elsewhere, given, _nonce, cookie);
                break;
        }
    }

    private void Say(IpAddress from, IkeSpi spi, byte[] nonce, byte[] cookie)
    {
        byte[] buffer = new byte[512];
        var writer = new PayloadWriter(buffer.AsSpan(IkeHeader.Octets));
        if (cookie.Length > 0)
        {
            writer.Notify(NotifyType.Cookie, cookie);
        }

        writer.Sa(SimPolicies.Ike, []);
        writer.Ke(KeyExchangeMethod.Curve25519, Random(32));
        writer.Nonce(nonce);
        int length = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(buffer, spi, IkeSpi.Zero, writer.First, ExchangeType.IkeSaInit, HeaderFlags.Initiator, MessageId.Zero, (uint)length);
        byte[] said = buffer[..length];
        world.After(TimeSpan.FromMilliseconds(1), () =>
            world.Wire.Arrive(new DatagramPath(new UdpEndpoint(from, 500), SimNetwork.GatewayAt, NonEspMarker: false), said));
    }

    private byte[] Random(int octets)
    {
        byte[] random = new byte[octets];
        _chance.FillPublic(random);
        return random;
    }
}
