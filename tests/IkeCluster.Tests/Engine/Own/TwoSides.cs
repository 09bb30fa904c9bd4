using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>
/// One engine on each end of an IKE SA with one child, and the test as the wire between them: each message waits until the
/// test hands it over, so that every order of events can be written down. The test kit's initiator is the other judge.
/// </summary>
internal sealed class TwoSides : IDisposable
{
    internal TwoSides(Func<ConnectionPolicy, ConnectionPolicy>? change = null, string esp = "aes256gcm16-x25519", ulong seed = 1)
    {
        ConnectionPolicy plain = EngineWorld.Psk() with { Pools = [], Children = [EngineWorld.Child("net", esp)] };
        ConnectionPolicy policy = change is null ? plain : change(plain);
        A = new Side("A", 1000 + seed, policy);
        B = new Side("B", 2000 + seed, policy);
        (A.Other, B.Other) = (B, A);
        Establish(policy.Children[0]);
    }

    /// <summary>The original responder, who is this project's node.</summary>
    internal Side A { get; }

    /// <summary>The original initiator.</summary>
    internal Side B { get; }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }

    /// <summary>Hands everything over, A's first, until both are silent.</summary>
    internal void Settle()
    {
        while (A.Wire.Count + B.Wire.Count > 0)
        {
            while (A.Wire.Count > 0)
            {
                A.HandOver();
            }

            while (B.Wire.Count > 0)
            {
                B.HandOver();
            }
        }
    }

    /// <summary>Hands over and fires timers, in their order, until nothing is to come for a while.</summary>
    internal void Rest(TimeSpan forSo)
    {
        Instant until = A.World.Clock.Now + forSo;
        Settle();
        while (NextTimer() is { Side: { } side } timer && timer.At <= until)
        {
            A.World.Clock.AdvanceTo(timer.At);
            B.World.Clock.AdvanceTo(timer.At);
            side.Wake(timer.Spi);
            Settle();
        }
    }

    private (Side? Side, IkeSpi Spi, Instant At) NextTimer() => new[] { A, B }
        .SelectMany(side => side.World.WakeAt.Select(timer => (Side: (Side?)side, Spi: timer.Key, At: timer.Value)))
        .OrderBy(timer => timer.At.Microseconds).ThenBy(timer => timer.Spi.Value)
        .FirstOrDefault((null, default, Instant.Never));

    internal void Advance(TimeSpan span)
    {
        A.World.Clock.Advance(span);
        B.World.Clock.Advance(span);
    }

    /// <summary>In the end both ends have one IKE SA and one child with the same keys, and nothing is left behind.</summary>
    internal void AssertOneOfEach()
    {
        Rest(TimeSpan.FromMinutes(10));
        AssertAgree(children: 1);
    }

    internal void AssertAgree(int children)
    {
        IkeSaState ours = Assert.Single(A.World.Sas).Value;
        IkeSaState theirs = Assert.Single(B.World.Sas).Value;
        Assert.Equal((SaPhase.Established, SaPhase.Established), (ours.Phase, theirs.Phase));
        Assert.Equal((ours.LocalSpi, ours.PeerSpi), (theirs.PeerSpi, theirs.LocalSpi));
        Assert.NotEqual(ours.IsInitiator, theirs.IsInitiator);
        Assert.True(ours.Keys!.SkD.FixedTimeEquals(theirs.Keys!.SkD.Reveal()));
        Assert.Null(ours.Own.Pending);
        Assert.Null(theirs.Own.Pending);
        Assert.Equal(children, ours.Children.Length);
        Assert.Equal(children, theirs.Children.Length);
        foreach (ChildSa child in ours.Children)
        {
            ChildSa half = theirs.Children.Single(one => one.InboundSpi == child.OutboundSpi);
            Assert.Equal(child.InboundSpi, half.OutboundSpi);
            Assert.NotEqual(child.IsInitiator, half.IsInitiator);
            Assert.Equal((false, false), (child.IsRekeyed, child.IsToBeDeleted));
            Assert.True(child.Keys.EncryptionInitiator.FixedTimeEquals(half.Keys.EncryptionInitiator.Reveal()));
        }

        Assert.Equal(ours.Children.Select(child => child.InboundSpi).Order(BySpi), A.World.Installed.Order(BySpi));
        Assert.Equal(theirs.Children.Select(child => child.InboundSpi).Order(BySpi), B.World.Installed.Order(BySpi));
    }

    private static Comparer<EspSpi> BySpi { get; } = Comparer<EspSpi>.Create((one, other) => one.Value.CompareTo(other.Value));

    private void Establish(ChildPolicy net)
    {
        Proposal ike = EngineWorld.Proposals("aes256gcm16-prfsha384-x25519", SecurityProtocol.Ike);
        Proposal esp = net.EspProposals[0] with
        {
            Transforms = net.EspProposals[0].Transforms.RemoveAll(one => one.Type == TransformType.KeyExchange),
        };
        (IkeSpi spiI, IkeSpi spiR) = (B.World.NewIkeSpi(), A.World.NewIkeSpi());
        (EspSpi espI, EspSpi espR) = (B.World.NewEspSpi(), A.World.NewEspSpi());
        ImmutableArray<TrafficSelector> gate = [TrafficSelector.AllV4];
        ImmutableArray<TrafficSelector> client = [TrafficSelector.Host(IpAddress.V4(0x0a400002))];
        Begin(A, B, new Half(spiR, spiI, false), new Half2(espR, espI, gate, client), ike, esp);
        Begin(B, A, new Half(spiI, spiR, true), new Half2(espI, espR, client, gate), ike, esp);
    }

    private static void Begin(Side side, Side other, Half ike, Half2 child, Proposal ikeProposal, Proposal espProposal)
    {
        byte[] ni = new byte[32];
        byte[] nr = new byte[32];
        nr[0] = 1;
        IkeSpi spiI = ike.IsInitiator ? ike.Local : ike.Peer;
        IkeSpi spiR = ike.IsInitiator ? ike.Peer : ike.Local;
        IkeKeys keys = KeySchedule.DeriveIke(ikeProposal, ni, nr, new byte[32], spiI, spiR);
        side.World.Sas[ike.Local] = new IkeSaState
        {
            LocalSpi = ike.Local,
            PeerSpi = ike.Peer,
            Phase = SaPhase.Established,
            Path = new DatagramPath(other.Endpoint, side.Endpoint, false),
            Window = RequestWindow.Fresh,
            Own = OwnRequests.None,
            Keys = keys,
            HeardAt = side.World.Clock.Now,
            RowVersion = 1,
            Children =
            [
                new ChildSa
                {
                    Name = "net",
                    InboundSpi = child.Inbound,
                    OutboundSpi = child.Outbound,
                    Mode = ChildMode.Tunnel,
                    Proposal = espProposal,
                    LocalTs = child.LocalTs,
                    RemoteTs = child.RemoteTs,
                    Keys = KeySchedule.DeriveChild(ikeProposal.Prf, keys.SkD.Reveal(), espProposal, [], ni, nr),
                    IsInitiator = ike.IsInitiator,
                    InstalledAt = side.World.Clock.Now,
                    RekeyAt = Instant.Never,
                },
            ],
            Facts = new SaFacts
            {
                Connection = "rw",
                LocalId = EngineWorld.Id("vpn.example.org"),
                RemoteId = EngineWorld.Id("alice@example.org"),
                Proposal = ikeProposal,
                IsInitiator = ike.IsInitiator,
                EstablishedAt = side.World.Clock.Now,
                RekeyAt = Instant.Never,
                VirtualIps = ike.IsInitiator ? [] : [new LeasedAddress("v4", IpAddress.V4(0x0a400002))],
                LoginAddress = other.Endpoint.Address,
                AuthMethod = "psk",
                Features = PeerFeatures.Fragmentation,
            },
        };
        side.World.Installed.Add(child.Inbound);
    }

    private sealed record Half(IkeSpi Local, IkeSpi Peer, bool IsInitiator);

    private sealed record Half2(EspSpi Inbound, EspSpi Outbound, ImmutableArray<TrafficSelector> LocalTs, ImmutableArray<TrafficSelector> RemoteTs);
}
