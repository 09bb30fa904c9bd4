using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Mobility;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// IKE_SA_INIT as responder (RFC 7296 §1.2). What is refused is refused without state; what is accepted costs one key
/// pair now, and the shared secret only when an IKE_AUTH comes.
/// </summary>
internal static class IkeSaInit
{
    private const int NonceOctets = 32;
    private const int ResponseOctetsMax = 4096;
    private const int RedirectOctetsMax = IkeHeader.Octets + Redirect.NotifyOctetsMax + Limits.NonceOctetsMax;
    private const int CertReqOctetsMax = 20 * 16;

    /// <summary>Judges a first message whose header admission has checked.</summary>
    internal static InitVerdict Begin(DatagramPath path, ReadOnlySpan<byte> message, in StepContext context)
    {
        IkeHeader.TryRead(message, out IkeHeader header);
        context.Trace?.Opened(header.Exchange, header.MessageId, isResponse: false, header.NextPayload, message[IkeHeader.Octets..]);
        if (!PayloadIndex.TryRead(header.NextPayload, message[IkeHeader.Octets..], out PayloadIndex payloads, out _))
        {
            return InitVerdict.Dropped(DropReason.MalformedInit);
        }

        if (payloads.UnsupportedCritical != PayloadType.None)
        {
            return Refuse(header, NotifyType.UnsupportedCriticalPayload, [(byte)payloads.UnsupportedCritical], $"critical payload {(byte)payloads.UnsupportedCritical} is not known here");
        }

        if (!TryReadKeyExchange(payloads, out SaPayload sa, out KePayload ke, out NoncePayload nonce))
        {
            return InitVerdict.Dropped(DropReason.MalformedInit);
        }

        if (Redirect.Target(payloads, path, context) is { } elsewhere)
        {
            return SendElsewhere(header, elsewhere, nonce);
        }

        if (context.IsDraining)
        {
            return InitVerdict.Dropped(DropReason.Overload);
        }

        ImmutableArray<ConnectionPolicy> byAddress = PolicyMatch.ByAddresses(context.Policy, path);
        Proposal? chosen = Choose(byAddress, sa, nonce);
        if (chosen is null)
        {
            string cause = byAddress.IsEmpty
                ? "no connection serves these addresses"
                : $"no proposal of {string.Join(", ", byAddress.Select(connection => connection.Name))} is among the peer's";
            return Refuse(header, NotifyType.NoProposalChosen, [], cause);
        }

        // RFC 7296 §1.2: the group must be one of the offer, and it is: the choice was made from the offer.
        if (ke.Method != chosen.KeyExchange)
        {
            Span<byte> group = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(group, (ushort)chosen.KeyExchange);
            return Refuse(header, NotifyType.InvalidKePayload, group, $"the peer guessed group {(ushort)ke.Method}, and {(ushort)chosen.KeyExchange} is chosen");
        }

        if (ke.Value.Length != KeyExchange.PublicValueOctets(ke.Method))
        {
            return Refuse(header, NotifyType.InvalidSyntax, [], $"a public value of {ke.Value.Length} octets does not fit group {(ushort)ke.Method}");
        }

        return Accept(path, message, header, payloads, chosen, byAddress, context);
    }

    /// <summary>Our key pair is made: the answer, kept for repeats.</summary>
    internal static Step Answer(IkeSaState state, KeyExchange pair, in StepContext context)
    {
        Handshake handshake = state.Handshake!;
        Span<byte> buffer = stackalloc byte[ResponseOctetsMax];
        var writer = new PayloadWriter(buffer[IkeHeader.Octets..]);
        writer.Sa(handshake.Chosen, []);
        writer.Ke(pair.Method, pair.PublicValue);
        writer.Nonce(handshake.NonceResponder);
        bool isForced = handshake.Candidates.Any(connection => connection.ForceEncapsulation);
        NatDetection.Write(ref writer, state.PeerSpi, state.LocalSpi, state.Path, isForced);
        WriteCertReq(ref writer, handshake, context.Policy);
        WriteFeatures(ref writer, handshake);

        Invariant.That(!writer.Overflowed);
        byte[] response = buffer[..(IkeHeader.Octets + writer.Written)].ToArray();
        IkeHeader.Write(
            response, state.PeerSpi, state.LocalSpi, writer.First, ExchangeType.IkeSaInit, HeaderFlags.Response, MessageId.Zero, (uint)response.Length);

        context.Trace?.Sealed(ExchangeType.IkeSaInit, MessageId.Zero, isResponse: true, writer.First, response.AsSpan(IkeHeader.Octets), datagrams: 1);
        ImmutableArray<byte[]> reply = [response];
        IkeSaState next = state with
        {
            Handshake = handshake with { Pair = pair, InitResponse = response },
            Window = new RequestWindow(new MessageId(1), reply),
            Pending = null,
        };
        return Steps.Go(next, context, new IkeEffect.Send(state.Path, reply), Steps.Done(ExchangeType.IkeSaInit, "ok"));
    }

    private static InitVerdict Accept(
        DatagramPath path, ReadOnlySpan<byte> message, in IkeHeader header, in PayloadIndex payloads, Proposal chosen,
        ImmutableArray<ConnectionPolicy> byAddress, in StepContext context)
    {
        payloads.TryFind(PayloadType.Ke, out PayloadView keBody);
        payloads.TryFind(PayloadType.Nonce, out PayloadView nonceBody);
        KePayload.TryRead(keBody.Body, out KePayload ke, out _);
        byte[] ourNonce = new byte[NonceOctets];
        context.Entropy.FillPublic(ourNonce);
        var seed = new SecretBytes(KeyExchange.PrivateSeedOctets(chosen.KeyExchange));
        context.Entropy.FillSecret(seed.Reveal());

        Ticket ticket = default(Ticket).Next;
        var state = new IkeSaState
        {
            LocalSpi = context.Numbers.NewIkeSpi(),
            PeerSpi = header.InitiatorSpi,
            Phase = SaPhase.HalfOpen,
            Path = path,
            Window = RequestWindow.Fresh,
            Own = OwnRequests.None,
            Children = [],
            LastTicket = ticket,
            HeardAt = context.Now,
            Pending = new PendingRequest(ticket, path, new PendingStage.MakingInitPair()),
            Handshake = new Handshake
            {
                StartedAt = context.Now,
                InitRequest = message.ToArray(),
                InitResponse = [],
                NonceInitiator = nonceBody.Body.ToArray(),
                NonceResponder = ourNonce,
                PeerKeValue = ke.Value.ToArray(),
                Chosen = chosen,
                Candidates = [.. byAddress.Where(connection => ProposalChoice.Allows(connection.Proposals, chosen))],
                Features = ReadFeatures(payloads, header, path),
                PeerHashes = ReadSignatureHashes(payloads),
            },
        };
        return InitVerdict.Take(Steps.Go(state, context, new IkeEffect.StartWork(ticket, new SlowWork.MakeKeyPair(chosen.KeyExchange, seed))));
    }

    private static bool TryReadKeyExchange(in PayloadIndex payloads, out SaPayload sa, out KePayload ke, out NoncePayload nonce)
    {
        sa = default;
        ke = default;
        nonce = default;
        return payloads.TryFind(PayloadType.Sa, out PayloadView saBody) && SaPayload.TryRead(saBody.Body, out sa, out _)
            && payloads.TryFind(PayloadType.Ke, out PayloadView keBody) && KePayload.TryRead(keBody.Body, out ke, out _)
            && payloads.TryFind(PayloadType.Nonce, out PayloadView nonceBody) && NoncePayload.TryRead(nonceBody.Body, out nonce, out _)
            && payloads.CountOf(PayloadType.Sa) == 1 && payloads.CountOf(PayloadType.Ke) == 1 && payloads.CountOf(PayloadType.Nonce) == 1;
    }

    private static Proposal? Choose(ImmutableArray<ConnectionPolicy> byAddress, in SaPayload sa, in NoncePayload nonce)
    {
        foreach (ConnectionPolicy connection in byAddress)
        {
            // RFC 7296 §3.3.1: in the first exchange a proposal for IKE carries no SPI.
            Proposal? chosen = ProposalChoice.Choose(connection.Proposals, sa, ignoreKeyExchange: false, out ReadOnlySpan<byte> spi);
            if (chosen is not null && spi.IsEmpty && IsNonceLongEnough(chosen, nonce.Value.Length))
            {
                return chosen;
            }
        }

        return null;
    }

    // RFC 7296 §2.10: at least half the key size of the negotiated PRF.
    internal static bool IsNonceLongEnough(Proposal chosen, int nonceOctets) =>
        nonceOctets * 2 >= Crypto.Prf.Prf.Find(chosen.Prf)!.KeyOctets;

    private static InitVerdict Refuse(in IkeHeader header, NotifyType type, ReadOnlySpan<byte> data, string cause)
    {
        Span<byte> buffer = stackalloc byte[64];
        var writer = new PayloadWriter(buffer[IkeHeader.Octets..]);
        writer.Notify(type, data);
        return InitVerdict.Refused(type, Stateless(header, writer, buffer), cause);
    }

    private static InitVerdict SendElsewhere(in IkeHeader header, GatewayIdentity target, in NoncePayload nonce)
    {
        Span<byte> buffer = stackalloc byte[RedirectOctetsMax];
        var writer = new PayloadWriter(buffer[IkeHeader.Octets..]);
        Redirect.Write(ref writer, target, nonce.Value);
        return InitVerdict.Refused(NotifyType.Redirect, Stateless(header, writer, buffer), $"sent to the gateway {target}");
    }

    // RFC 7296 §2.6: no state was made, so the responder's SPI stays zero.
    private static byte[] Stateless(in IkeHeader header, in PayloadWriter writer, Span<byte> buffer)
    {
        Invariant.That(!writer.Overflowed);
        int length = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(
            buffer, header.InitiatorSpi, IkeSpi.Zero, writer.First, ExchangeType.IkeSaInit, HeaderFlags.Response, MessageId.Zero, (uint)length);
        return buffer[..length].ToArray();
    }

    private static PeerFeatures ReadFeatures(in PayloadIndex payloads, in IkeHeader header, DatagramPath path)
    {
        PeerFeatures features = NatDetection.Detect(payloads, header.InitiatorSpi, header.ResponderSpi, path);
        features |= payloads.HasNotify(NotifyType.Ikev2FragmentationSupported) ? PeerFeatures.Fragmentation : PeerFeatures.None;
        features |= Redirect.IsUnderstood(payloads) ? PeerFeatures.Redirect : PeerFeatures.None;
        return features;
    }

    private static ImmutableArray<SignatureHash> ReadSignatureHashes(in PayloadIndex payloads)
    {
        if (!payloads.TryFindNotify(NotifyType.SignatureHashAlgorithms, out NotifyPayload notify))
        {
            return [];
        }

        ImmutableArray<SignatureHash>.Builder hashes = ImmutableArray.CreateBuilder<SignatureHash>();
        for (ReadOnlySpan<byte> rest = notify.Data; rest.Length >= 2; rest = rest[2..])
        {
            hashes.Add((SignatureHash)BinaryPrimitives.ReadUInt16BigEndian(rest));
        }

        return hashes.ToImmutable();
    }

    private static void WriteCertReq(ref PayloadWriter writer, Handshake handshake, PolicySet policy)
    {
        bool asks = handshake.Candidates.Any(one => one.SendCertReq && one.Remote.Auth.Class == AuthClass.PublicKey);
        if (asks && policy.Announced.KeyHashes.Length > 0)
        {
            // Connections with many authorities stay within one unfragmented datagram: the first ones are named, and
            // RFC 7296 §3.7 lets the peer choose another certificate anyway.
            ReadOnlySpan<byte> hashes = policy.Announced.KeyHashes;
            writer.CertReq(CertEncoding.X509Signature, hashes[..Math.Min(hashes.Length, CertReqOctetsMax)]);
        }
    }

    /// <summary>What we can do, as far as any connection that may serve this peer allows it.</summary>
    private static void WriteFeatures(ref PayloadWriter writer, Handshake handshake)
    {
        ImmutableArray<ConnectionPolicy> candidates = handshake.Candidates;
        if (handshake.Features.HasFlag(PeerFeatures.Fragmentation) && candidates.Any(one => one.Fragmentation != FragmentationMode.No))
        {
            writer.Notify(NotifyType.Ikev2FragmentationSupported);
        }

        if (!handshake.PeerHashes.IsEmpty)
        {
            WriteSignatureHashes(ref writer);
        }

        // RFC 6023 §3.
        if (candidates.Any(one => one.Childless != ChildlessMode.Never))
        {
            writer.Notify(NotifyType.ChildlessIkev2Supported);
        }

        // RFC 4739 §2.1.
        if (candidates.Any(one => !one.LaterRounds.IsEmpty))
        {
            writer.Notify(NotifyType.MultipleAuthSupported);
        }
    }

    private static void WriteSignatureHashes(ref PayloadWriter writer)
    {
        ReadOnlySpan<SignatureHash> hashes = AuthSignature.OfferedHashes;
        Span<byte> data = stackalloc byte[2 * hashes.Length];
        for (int i = 0; i < hashes.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(data[(2 * i)..], (ushort)hashes[i]);
        }

        writer.Notify(NotifyType.SignatureHashAlgorithms, data);
    }
}
