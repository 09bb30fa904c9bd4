using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Cluster;

namespace IkeCluster.Tests.Engine;

/// <summary>Whatever state an SA is in, its row gives it back, and a row that is cut or grown gives nothing.</summary>
public sealed class SnapshotProperties
{
    [Fact]
    public void A_state_that_is_written_is_read_again() => Holds(1500, state =>
    {
        byte[] written = Snapshot.Write(state);
        IkeSaState read = Snapshot.TryRead(written, state.RowVersion, out string fault)!;

        Assert.Empty(fault);
        Assert.Equal(written, Snapshot.Write(read));
        Assert.Equal((state.LocalSpi, state.PeerSpi, state.Phase, state.Path), (read.LocalSpi, read.PeerSpi, read.Phase, read.Path));
        Assert.Equal((state.Window.Expected, state.HeardAt, state.EndAt, state.RowVersion), (read.Window.Expected, read.HeardAt, read.EndAt, read.RowVersion));
        Assert.Equal(state.Facts! with { VirtualIps = [] }, read.Facts! with { VirtualIps = [] });
        Assert.Equal(state.Facts!.VirtualIps, read.Facts!.VirtualIps);
        Assert.Equal((state.Own.NextId, state.Own.Pending?.Kind, state.Own.Pending?.Id), (read.Own.NextId, read.Own.Pending?.Kind, read.Own.Pending?.Id));
        Assert.Equal(state.Children.Select(Told), read.Children.Select(Told));
        Assert.Equal(state.Keys!.SkD.Reveal().ToArray(), read.Keys!.SkD.Reveal().ToArray());
    });

    [Fact]
    public void A_row_that_is_cut_or_grown_is_no_state() => Holds(40, state =>
    {
        byte[] written = Snapshot.Write(state);
        for (int octets = 0; octets < written.Length; octets++)
        {
            Assert.Null(Snapshot.TryRead(written.AsSpan(0, octets), 1, out string fault));
            Assert.NotEmpty(fault);
        }

        Assert.Null(Snapshot.TryRead([.. written, 0], 1, out _));
    });

    private static string Told(ChildSa child) =>
        $"{child.Name} {child.InboundSpi} {child.OutboundSpi} {child.Mode} {string.Join(',', child.LocalTs)} {string.Join(',', child.RemoteTs)} "
        + $"{child.IsInitiator} {child.InstalledAt} {child.RekeyAt} {child.ExpireAt} {child.RekeyTries} {child.IsRekeyed} {child.IsToBeDeleted} "
        + Convert.ToHexString(child.Keys.EncryptionInitiator.Reveal());

    private static void Holds(int tests, Action<IkeSaState> claim) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).Select(seed => new StateMaker((ulong)seed).Make()).ToArbitrary(), claim)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithQuietOnSuccess(true));

    /// <summary>A state of chance: sound in its parts, whether or not a real SA could be in it.</summary>
    private sealed class StateMaker(ulong seed)
    {
        private readonly TestRandom _chance = new(seed);

        public IkeSaState Make() => new()
        {
            LocalSpi = new IkeSpi(_chance.Next()),
            PeerSpi = new IkeSpi(_chance.Next()),
            Phase = (SaPhase)(1 + _chance.Below(3)),
            Path = new DatagramPath(Endpoint(), Endpoint(), Flag()),
            Window = new RequestWindow(new MessageId((uint)_chance.Next()), Datagrams()),
            Own = new OwnRequests(new MessageId((uint)_chance.Next()), Flag() ? Request() : null),
            Children = [.. Many(4, Child)],
            Facts = Facts(),
            Keys = new IkeKeys(Octets(3 * 32 + 2 * (16 + 36)), prfOctets: 32, integrityOctets: 16, encryptionOctets: 36),
            HeardAt = At(),
            EndAt = At(),
            PeerAddresses = [.. Many(3, Address)],
            RowVersion = 1 + _chance.Below(1000),
        };

        private SaFacts Facts() => new()
        {
            Connection = Text(),
            LocalId = Id(),
            RemoteId = Id(),
            EapId = Flag() ? Id() : null,
            Proposal = Some(SecurityProtocol.Ike),
            IsInitiator = Flag(),
            EstablishedAt = At(),
            RekeyAt = At(),
            ExpireAt = At(),
            VirtualIps = [.. Many(3, () => new LeasedAddress(Text(), Address()))],
            LoginAddress = Address(),
            AuthMethod = Text(),
            Features = (PeerFeatures)(_chance.Below(128)),
        };

        private ChildSa Child() => new()
        {
            Name = Text(),
            InboundSpi = new EspSpi((uint)_chance.Next()),
            OutboundSpi = new EspSpi((uint)_chance.Next()),
            Mode = Flag() ? ChildMode.Tunnel : ChildMode.Transport,
            Proposal = Some(SecurityProtocol.Esp),
            LocalTs = [.. Many(3, Selector)],
            RemoteTs = [.. Many(3, Selector)],
            Keys = new ChildKeys(Octets(2 * (36 + 20)), encryptionOctets: 36, integrityOctets: 20),
            IsInitiator = Flag(),
            InstalledAt = At(),
            RekeyAt = At(),
            ExpireAt = At(),
            RekeyTries = (byte)_chance.Next(),
            IsRekeyed = Flag(),
            IsToBeDeleted = Flag(),
        };

        private OwnRequest Request() => new(
            (OwnRequestKind)_chance.Below(3), new MessageId((uint)_chance.Next()), ExchangeType.Informational, Datagrams(),
            new EspSpi((uint)_chance.Next()), 0, Instant.Never);

        private static Proposal Some(SecurityProtocol protocol) => protocol == SecurityProtocol.Ike
            ? Policies.Ike("aes256gcm16-prfsha256-x25519")
            : Policies.Esp("aes256gcm16-esn");

        private TrafficSelector Selector() =>
            new(Address(), Address(), (byte)_chance.Next(), (ushort)_chance.Next(), (ushort)_chance.Next());

        private ImmutableArray<byte[]> Datagrams() => [.. Many(4, () => Octets(_chance.Below(300)))];

        private Identity Id() => new((IdType)_chance.Below(14), [.. Octets(_chance.Below(40))]);

        private UdpEndpoint Endpoint() => new(Address(), (ushort)_chance.Next());

        private IpAddress Address() => Flag() ? IpAddress.V4((uint)_chance.Next()) : new IpAddress(((UInt128)_chance.Next() << 64) | _chance.Next());

        private Instant At() => _chance.Below(4) == 0 ? Instant.Never : new Instant((long)(_chance.Next() >> 8));

        private string Text() => Convert.ToBase64String(Octets(_chance.Below(20))) + "ü";

        private bool Flag() => _chance.Below(2) == 0;

        private T[] Many<T>(int most, Func<T> make) => [.. Enumerable.Range(0, _chance.Below(most + 1)).Select(_ => make())];

        private byte[] Octets(int count)
        {
            byte[] octets = new byte[count];
            _chance.FillPublic(octets);
            return octets;
        }
    }
}
