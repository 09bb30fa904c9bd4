using System.Buffers;
using System.Collections.Immutable;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// An established IKE SA at rest: all of its state but what a handshake or a request under way holds, which the peer
/// repeats. Versioned; each release reads its own format and the one before. Holds keys: the store seals it.
/// </summary>
public static class Snapshot
{
    public const ushort FormatVersion = 2;

    /// <summary>The oldest format that is still read: what a later format added has a sound default.</summary>
    private const ushort OldestVersion = 1;

    public static byte[] Write(IkeSaState state)
    {
        SaFacts facts = state.Facts ?? throw new InvariantException("a half-open SA is never written");
        var buffer = new ArrayBufferWriter<byte>(1024);
        var writer = new SnapshotWriter(buffer);
        writer.U16(FormatVersion);
        writer.U64(state.LocalSpi.Value);
        writer.U64(state.PeerSpi.Value);
        writer.U8((byte)state.Phase);
        writer.Path(state.Path);
        writer.U32(state.Window.Expected.Value);
        writer.Datagrams(state.Window.LastReply);
        writer.At(state.HeardAt);
        writer.At(state.EndAt);
        OwnSnapshot.Write(writer, state.Own);
        WriteFacts(writer, facts);
        writer.Keys(state.Keys!);
        writer.U8(checked((byte)state.Children.Length));
        foreach (ChildSa child in state.Children)
        {
            WriteChild(writer, child);
        }

        writer.U8(checked((byte)state.PeerAddresses.Length));
        foreach (IpAddress address in state.PeerAddresses)
        {
            writer.Address(address);
        }

        writer.U8((byte)state.DeletedFor);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null where the snapshot is not sound; <paramref name="fault"/> says how.</summary>
    public static IkeSaState? TryRead(ReadOnlySpan<byte> snapshot, long rowVersion, out string fault)
    {
        var reader = new SnapshotReader(snapshot);
        ushort version = reader.U16();
        if (version is < OldestVersion or > FormatVersion)
        {
            fault = $"snapshot of format {version}; this release reads {OldestVersion} to {FormatVersion}";
            return null;
        }

        DatagramPath path;
        var state = new IkeSaState
        {
            LocalSpi = new IkeSpi(reader.U64()),
            PeerSpi = new IkeSpi(reader.U64()),
            Phase = (SaPhase)reader.U8(),
            Path = path = reader.Path(),
            Window = new RequestWindow(new MessageId(reader.U32()), reader.Datagrams()),
            HeardAt = reader.At(),
            EndAt = reader.At(),
            Own = OwnSnapshot.Read(ref reader, version),
            Facts = ReadFacts(ref reader, version, path.Remote.Address),
            Keys = reader.IkeKeys(),
            Children = ReadChildren(ref reader, version),
            PeerAddresses = version >= 2 ? ReadPeerAddresses(ref reader) : [],
            DeletedFor = version >= 2 ? (EndCause)reader.U8() : EndCause.OperatorDelete,
            RowVersion = rowVersion,
        };
        bool isWhole = reader is { IsShort: false, IsAtEnd: true };
        fault = isWhole ? "" : "snapshot is cut short or has octets behind its end";
        return isWhole ? state : null;
    }

    private static void WriteFacts(SnapshotWriter writer, SaFacts facts)
    {
        writer.Text(facts.Connection);
        writer.Id(facts.LocalId);
        writer.Id(facts.RemoteId);
        writer.Flag(facts.EapId is not null);
        if (facts.EapId is { } eapId)
        {
            writer.Id(eapId);
        }

        writer.Proposal(facts.Proposal);
        writer.Flag(facts.IsInitiator);
        writer.At(facts.EstablishedAt);
        writer.At(facts.RekeyAt);
        writer.U8(checked((byte)facts.VirtualIps.Length));
        foreach (LeasedAddress leased in facts.VirtualIps)
        {
            writer.Text(leased.Pool);
            writer.Address(leased.Address);
        }

        writer.Text(facts.AuthMethod);
        writer.U16((ushort)facts.Features);
        writer.At(facts.ExpireAt);
        writer.At(facts.LoginEndsAt);
        writer.Address(facts.LoginAddress);
    }

    private static SaFacts ReadFacts(ref SnapshotReader reader, ushort version, IpAddress remote)
    {
        return new SaFacts
        {
            Connection = reader.Text(),
            LocalId = reader.Id(),
            RemoteId = reader.Id(),
            EapId = reader.Flag() ? reader.Id() : null,
            Proposal = reader.Proposal(),
            IsInitiator = reader.Flag(),
            EstablishedAt = reader.At(),
            RekeyAt = reader.At(),
            VirtualIps = ReadVirtualIps(ref reader),
            AuthMethod = reader.Text(),
            Features = (PeerFeatures)reader.U16(),
            ExpireAt = version >= 2 ? reader.At() : Instant.Never,
            LoginEndsAt = version >= 2 ? reader.At() : Instant.Never,
            LoginAddress = version >= 2 ? reader.Address() : remote,
        };
    }

    private static ImmutableArray<LeasedAddress> ReadVirtualIps(ref SnapshotReader reader)
    {
        ImmutableArray<LeasedAddress>.Builder leased = ImmutableArray.CreateBuilder<LeasedAddress>();
        for (int left = reader.U8(); left > 0; left--)
        {
            leased.Add(new LeasedAddress(reader.Text(), reader.Address()));
        }

        return leased.ToImmutable();
    }

    private static void WriteChild(SnapshotWriter writer, ChildSa child)
    {
        writer.Text(child.Name);
        writer.U32(child.InboundSpi.Value);
        writer.U32(child.OutboundSpi.Value);
        writer.U8((byte)child.Mode);
        writer.Proposal(child.Proposal);
        writer.Selectors(child.LocalTs);
        writer.Selectors(child.RemoteTs);
        writer.Secret(child.Keys.EncryptionInitiator);
        writer.Secret(child.Keys.IntegrityInitiator);
        writer.Secret(child.Keys.EncryptionResponder);
        writer.Secret(child.Keys.IntegrityResponder);
        writer.Flag(child.IsInitiator);
        writer.At(child.InstalledAt);
        writer.At(child.RekeyAt);
        writer.Flag(child.IsRekeyed);
        writer.Flag(child.IsToBeDeleted);
        writer.At(child.ExpireAt);
        writer.U8(child.RekeyTries);
        writer.Flag(child.Limits is not null);
        if (child.Limits is { } limits)
        {
            writer.U64(limits.SoftOctets);
            writer.U64(limits.HardOctets);
            writer.U64(limits.SoftPackets);
            writer.U64(limits.HardPackets);
        }
    }

    private static ImmutableArray<ChildSa> ReadChildren(ref SnapshotReader reader, ushort version)
    {
        ImmutableArray<ChildSa>.Builder children = ImmutableArray.CreateBuilder<ChildSa>();
        for (int left = reader.U8(); left > 0; left--)
        {
            children.Add(ReadChild(ref reader, version));
        }

        return children.ToImmutable();
    }

    private static ImmutableArray<IpAddress> ReadPeerAddresses(ref SnapshotReader reader)
    {
        ImmutableArray<IpAddress>.Builder addresses = ImmutableArray.CreateBuilder<IpAddress>();
        for (int left = reader.U8(); left > 0; left--)
        {
            addresses.Add(reader.Address());
        }

        return addresses.ToImmutable();
    }

    private static ChildSa ReadChild(ref SnapshotReader reader, ushort version) => new()
    {
        Name = reader.Text(),
        InboundSpi = new EspSpi(reader.U32()),
        OutboundSpi = new EspSpi(reader.U32()),
        Mode = (ChildMode)reader.U8(),
        Proposal = reader.Proposal(),
        LocalTs = reader.Selectors(),
        RemoteTs = reader.Selectors(),
        Keys = reader.ChildKeys(),
        IsInitiator = reader.Flag(),
        InstalledAt = reader.At(),
        RekeyAt = reader.At(),
        IsRekeyed = reader.Flag(),
        IsToBeDeleted = reader.Flag(),
        ExpireAt = version >= 2 ? reader.At() : Instant.Never,
        RekeyTries = version >= 2 ? reader.U8() : (byte)0,
        Limits = version >= 2 && reader.Flag() ? new ChildLimits(reader.U64(), reader.U64(), reader.U64(), reader.U64()) : null,
    };
}
