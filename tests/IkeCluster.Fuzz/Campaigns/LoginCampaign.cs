using System.Buffers.Binary;
using IkeCluster.Engine;
using IkeCluster.Engine.Authentication;
using IkeCluster.Fuzz.Mutation;
using IkeCluster.Fuzz.World;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Fuzz.Campaigns;

/// <summary>
/// Strangers who went through IKE_SA_INIT and hold its keys: IKE_AUTH wrong in every way, most of the time with a proof
/// that holds for what was changed, so that it gets as far as a login does.
/// </summary>
internal sealed class LoginCampaign(ulong seed) : Campaign(seed, new FuzzWorld(seed, Gateway.Policy))
{
    private const int RoundsMax = 3;
    private const int GarbageOctets = 64;

    private ulong _spi = 1;

    protected override void Step()
    {
        LetTimePass();
        DatagramPath path = new(
            new UdpEndpoint(IpAddress.V4(0x0a010000 + (uint)Chance.Below(0xffff)), 500), new UdpEndpoint(IpAddress.V4(0xc6336401), 500), false);
        if (Begin(path) is not { } peer)
        {
            return;
        }

        using (peer)
        {
            for (int round = 0; round < RoundsMax && peer.Refresh(World) && !peer.Last.IsEstablished; round++)
            {
                SendAuth(peer);
            }

            if (peer.Last.IsEstablished)
            {
                EndIt(peer);
            }
        }
    }

    /// <summary>IKE_SA_INIT; then an IKE_AUTH that does not open, which makes the node compute the keys, and changes nothing else.</summary>
    private PeerOfSa? Begin(DatagramPath path)
    {
        byte[] init = [.. Stages.PlainInit];
        BinaryPrimitives.WriteUInt64BigEndian(init, ++_spi);
        Send(path, init);
        if (World.Watch.Sent.Count != 1 || !IkeHeader.TryRead(World.Watch.Sent[0].Datagram, out IkeHeader header))
        {
            return null;
        }

        IkeSpi spi = header.ResponderSpi;
        byte[] probe = new byte[IkeHeader.Octets + 4 + GarbageOctets];
        IkeHeader.Write(
            probe, new IkeSpi(_spi), spi, PayloadType.Encrypted, ExchangeType.IkeAuth, HeaderFlags.Initiator, new MessageId(1), (uint)probe.Length);
        BinaryPrimitives.WriteUInt16BigEndian(probe.AsSpan(IkeHeader.Octets + 2), 4 + GarbageOctets);
        Send(path, probe);
        Require(World.Watch.Sent.Count == 0, "an IKE_AUTH with a wrong ICV was answered", probe);
        IkeSaState? half = World.Find(spi);
        Require(half?.Keys is not null, "an IKE_AUTH with a wrong ICV ended a handshake", probe);
        return new PeerOfSa(half!);
    }

    private void SendAuth(PeerOfSa peer)
    {
        Stage stage = Mutator.Pick(Stages.Logins);
        Piece chain = Donors.Of(stage);
        Mutator.Change(chain);
        if (Chance.Below(6) != 0)
        {
            Prove(chain, peer.Last);
        }

        (PayloadType first, byte[] octets) = Mutator.Write(chain);
        Inside = $"stage {stage}, first {(int)first}, inside: {Convert.ToHexString(octets)}";
        MessageId id = peer.Last.Window.Expected;
        int total = Chance.Below(6) == 0 ? 2 + Chance.Below(3) : 0;
        if (total == 0)
        {
            SendMessage(peer.Path, peer.Keys.Seal(ExchangeType.IkeAuth, id, isResponse: false, first, octets));
            return;
        }

        foreach ((int i, byte[] part) in octets.Chunk((octets.Length / total) + 1).Index())
        {
            SendMessage(peer.Path, peer.Keys.Seal(ExchangeType.IkeAuth, id, isResponse: false, i == 0 ? first : PayloadType.None, part, i + 1, total));
        }
    }

    // RFC 7296 §2.15: AUTH covers the identity as it is sent.
    private static void Prove(Piece chain, IkeSaState half)
    {
        Piece? idi = chain.Parts.Find(part => part.Type == PayloadType.IdInitiator);
        Piece? auth = chain.Parts.Find(part => part.Type == PayloadType.Auth);
        if (idi is { Head.Length: > 4 } && auth is not null)
        {
            byte[] restOfId = [.. idi.Head[4..], .. idi.Tail];
            auth.Tail = PskProof.Make(
                half.Proposal.Prf, System.Text.Encoding.UTF8.GetBytes(Policies.Secret), SignedOctets.OfInitiator(half, restOfId));
        }
    }

    private void EndIt(PeerOfSa peer)
    {
        byte[] delete = [0, 0, 0, 8, 1, 0, 0, 0];
        Inside = "Delete of the IKE SA after a login";
        SendMessage(peer.Path, peer.Keys.Seal(ExchangeType.Informational, peer.Last.Window.Expected, isResponse: false, PayloadType.Delete, delete));
        Require(!peer.Refresh(World), "a Delete did not end an SA", delete);
    }
}
