using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// Our own requests at rest: the one under way with its exact octets, and what is needed to finish it (DESIGN.md, Message
/// IDs after a failover).
/// </summary>
internal static class OwnSnapshot
{
    internal static void Write(SnapshotWriter writer, OwnRequests own)
    {
        writer.U32(own.NextId.Value);
        writer.Flag(own.Pending is not null);
        if (own.Pending is { } pending)
        {
            writer.U8((byte)pending.Kind);
            writer.U32(pending.Id.Value);
            writer.U8((byte)pending.Exchange);
            writer.Datagrams(pending.Datagrams);
            writer.U32(pending.Child.Value);
            WriteOffer(writer, pending.Offer);
            WriteRival(writer, pending.Rival);
        }

        writer.U8(own.IkeTries);
        writer.U8(checked((byte)own.Wanted.Length));
        foreach (WantedChild wanted in own.Wanted)
        {
            writer.Text(wanted.Name);
            writer.At(wanted.At);
            writer.U8(wanted.Tries);
        }

        writer.U8(checked((byte)own.Dropped.Length));
        foreach (EspSpi dropped in own.Dropped)
        {
            writer.U32(dropped.Value);
        }
    }

    internal static OwnRequests Read(ref SnapshotReader reader, ushort version)
    {
        var next = new MessageId(reader.U32());
        OwnRequest? pending = reader.Flag() ? ReadPending(ref reader, version) : null;
        return new OwnRequests(next, pending)
        {
            IkeTries = version >= 2 ? reader.U8() : (byte)0,
            Wanted = version >= 2 ? ReadWanted(ref reader) : [],
            Dropped = version >= 2 ? ReadDropped(ref reader) : [],
        };
    }

    private static ImmutableArray<EspSpi> ReadDropped(ref SnapshotReader reader)
    {
        ImmutableArray<EspSpi>.Builder dropped = ImmutableArray.CreateBuilder<EspSpi>();
        for (int left = reader.U8(); left > 0; left--)
        {
            dropped.Add(new EspSpi(reader.U32()));
        }

        return dropped.ToImmutable();
    }

    private static ImmutableArray<WantedChild> ReadWanted(ref SnapshotReader reader)
    {
        ImmutableArray<WantedChild>.Builder wanted = ImmutableArray.CreateBuilder<WantedChild>();
        for (int left = reader.U8(); left > 0; left--)
        {
            wanted.Add(new WantedChild(reader.Text(), reader.At(), reader.U8()));
        }

        return wanted.ToImmutable();
    }

    // Tries and the next repeat begin anew: the pending request is sent again at once after a recovery.
    private static OwnRequest ReadPending(ref SnapshotReader reader, ushort version) => new(
        (OwnRequestKind)reader.U8(), new MessageId(reader.U32()), (ExchangeType)reader.U8(), reader.Datagrams(),
        new EspSpi(reader.U32()), 0, Instant.Never)
    {
        Offer = version >= 2 ? ReadOffer(ref reader) : null,
        Rival = version >= 2 ? ReadRival(ref reader) : null,
    };

    private static void WriteOffer(SnapshotWriter writer, OwnOffer? offer)
    {
        writer.Flag(offer is not null);
        if (offer is null)
        {
            return;
        }

        writer.U8((byte)offer.Request.First);
        writer.Octets(offer.Request.Chain);
        writer.Text(offer.ChildName);
        writer.Flag(offer.Seed is not null);
        if (offer.Seed is { } seed)
        {
            writer.Secret(seed);
        }
    }

    private static OwnOffer? ReadOffer(ref SnapshotReader reader)
    {
        if (!reader.Flag())
        {
            return null;
        }

        var request = new InnerMessage((PayloadType)reader.U8(), reader.Octets().ToArray());
        string childName = reader.Text();
        SecretBytes? seed = reader.Flag() ? reader.Secret() : null;
        return new OwnOffer(request, seed, childName);
    }

    private static void WriteRival(SnapshotWriter writer, Rival? rival)
    {
        writer.Flag(rival is not null);
        if (rival is null)
        {
            return;
        }

        writer.Octets(rival.LowestNonce);
        writer.U32(rival.Child.Value);
        writer.Flag(rival.Ike is not null);
        if (rival.Ike is { } ike)
        {
            writer.U64(ike.LocalSpi.Value);
            writer.U64(ike.PeerSpi.Value);
            writer.Proposal(ike.Proposal);
            writer.Keys(ike.Keys);
        }
    }

    private static Rival? ReadRival(ref SnapshotReader reader)
    {
        if (!reader.Flag())
        {
            return null;
        }

        byte[] lowestNonce = reader.Octets().ToArray();
        var child = new EspSpi(reader.U32());
        NewIkeSa? ike = reader.Flag()
            ? new NewIkeSa(new IkeSpi(reader.U64()), new IkeSpi(reader.U64()), reader.Proposal(), reader.IkeKeys())
            : null;
        return new Rival(lowestNonce, child, ike);
    }
}
