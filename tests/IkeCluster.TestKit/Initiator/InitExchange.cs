using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>What IKE_SA_INIT settled; the exact messages are what AUTH proves.</summary>
internal sealed record InitResult(
    IkeSpi InitiatorSpi,
    IkeSpi ResponderSpi,
    Proposal Chosen,
    IkeKeys Keys,
    byte[] Request,
    byte[] Response,
    byte[] Ni,
    byte[] Nr,
    ImmutableArray<SignatureHash> PeerHashes,
    ImmutableArray<NotifyType> PeerNotifies,
    bool Fragmentation,
    bool LocalBehindNat,
    bool RemoteBehindNat);

/// <summary>
/// IKE_SA_INIT (RFC 7296 §1.2) with its second tries: COOKIE (§2.6) and INVALID_KE_PAYLOAD (§1.3). SPI and nonce stay the
/// same through them.
/// </summary>
internal sealed class InitExchange : IDisposable
{
    private const int NonceOctets = 32;
    private const int RetriesMax = 4;

    private readonly InitiatorSettings _settings;
    private readonly InitiatorHooks _hooks;
    private readonly FillRandom _random;
    private readonly DatagramPath _path;
    private readonly IkeSpi _spi;
    private readonly byte[] _nonce = new byte[NonceOctets];
    private KeyExchange _pair;
    private byte[] _cookie = [];
    private byte[] _request;
    private int _retries;

    public InitExchange(InitiatorSettings settings, InitiatorHooks hooks, FillRandom random, DatagramPath path)
    {
        _settings = settings;
        _hooks = hooks;
        _random = random;
        _path = path;
        _spi = RandomNumbers.IkeSpi(random);
        random(_nonce);
        KeyExchangeMethod first = settings.FirstGuess ?? settings.IkeProposals[0].KeyExchange;
        _pair = RandomNumbers.KeyPair(random, first);
        _request = Write();
    }

    public IkeSpi Spi => _spi;

    public byte[] Request => _request;

    /// <summary>
    /// Reads the answer. Null with an empty fault: another request is to be sent, <see cref="Request"/>. A refusal by the
    /// responder is a fault with its notify.
    /// </summary>
    public InitResult? Read(byte[] response, out string fault, out NotifyType refusal)
    {
        refusal = NotifyType.None;
        IkeHeader.TryRead(response, out IkeHeader header);
        if (!PayloadIndex.TryRead(header.NextPayload, response.AsSpan(IkeHeader.Octets), out PayloadIndex payloads, out ParseFault parseFault))
        {
            fault = parseFault.ToString();
            return null;
        }

        if (FindRefusal(payloads, out NotifyPayload notify))
        {
            fault = TryAgain(notify) ? "" : $"IKE_SA_INIT refused: {NotifyText.Write(notify.Type)}";
            refusal = fault.Length == 0 ? NotifyType.None : notify.Type;
            return null;
        }

        return Settle(response, header.ResponderSpi, payloads, out fault);
    }

    public void Dispose() => _pair.Dispose();

    private static bool FindRefusal(in PayloadIndex payloads, out NotifyPayload refusal)
    {
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Notify && NotifyPayload.TryRead(payloads[i].Body, out refusal, out _)
                && (refusal.Type.IsError() || refusal.Type is NotifyType.Cookie or NotifyType.Redirect))
            {
                return true;
            }
        }

        refusal = default;
        return false;
    }

    private bool TryAgain(NotifyPayload notify)
    {
        if (_retries++ == RetriesMax)
        {
            return false;
        }

        switch (notify.Type)
        {
            case NotifyType.Cookie:
                _cookie = notify.Data.ToArray();
                break;
            case NotifyType.InvalidKePayload when notify.Data.Length == 2:
                var wanted = (KeyExchangeMethod)BinaryPrimitives.ReadUInt16BigEndian(notify.Data);
                if (!_settings.IkeProposals.Any(proposal => proposal.Transforms.Contains(Transform.KeyExchange(wanted))))
                {
                    return false;
                }

                _pair.Dispose();
                _pair = RandomNumbers.KeyPair(_random, wanted);
                break;
            default:
                return false;
        }

        _request = Write();
        return true;
    }

    private byte[] Write()
    {
        PayloadChain chain = _hooks.Altered(ExchangeType.IkeSaInit, isResponse: false, PayloadChain.Of(WritePayloads));
        byte[] message = new byte[IkeHeader.Octets + chain.Octets.Length];
        IkeHeader.Write(
            message, _spi, IkeSpi.Zero, chain.First, ExchangeType.IkeSaInit, HeaderFlags.Initiator, MessageId.Zero, (uint)message.Length);
        chain.Octets.CopyTo(message, IkeHeader.Octets);
        return message;
    }

    private void WritePayloads(ref PayloadWriter writer)
    {
        if (_cookie.Length != 0)
        {
            writer.Notify(NotifyType.Cookie, _cookie);
        }

        writer.Sa(_settings.IkeProposals, []);
        writer.Ke(_pair.Method, _pair.PublicValue);
        writer.Nonce(_nonce);
        UdpEndpoint claimed = _settings.ForcesEncapsulation ? default : _path.Local;
        writer.Notify(NotifyType.NatDetectionSourceIp, NatHash(_spi, IkeSpi.Zero, claimed));
        writer.Notify(NotifyType.NatDetectionDestinationIp, NatHash(_spi, IkeSpi.Zero, _path.Remote));
        if (_settings.Fragmentation)
        {
            writer.Notify(NotifyType.Ikev2FragmentationSupported);
        }

        writer.Notify(NotifyType.SignatureHashAlgorithms, HashList());
        foreach (NotifyType notify in _settings.InitNotifies)
        {
            writer.Notify(notify);
        }

        if (_settings.RedirectedFrom is { } gateway)
        {
            byte[] named = new byte[gateway.Octets];
            gateway.Write(named);
            writer.Notify(NotifyType.RedirectedFrom, named);
        }
    }

    private InitResult? Settle(byte[] response, IkeSpi responderSpi, in PayloadIndex payloads, out string fault)
    {
        if (!payloads.TryFind(PayloadType.Sa, out PayloadView sa) || !payloads.TryFind(PayloadType.Ke, out PayloadView keView)
            || !payloads.TryFind(PayloadType.Nonce, out PayloadView nonceView)
            || !KePayload.TryRead(keView.Body, out KePayload ke, out _) || !NoncePayload.TryRead(nonceView.Body, out NoncePayload nonce, out _))
        {
            fault = "the IKE_SA_INIT response lacks a sound SA, KE or Nonce payload";
            return null;
        }

        if (ChosenProposal.Find(sa.Body, _settings.IkeProposals, out fault) is not { } chosen)
        {
            return null;
        }

        using SecretBytes? secret = ke.Method == _pair.Method && chosen.KeyExchange == _pair.Method ? _pair.Derive(ke.Value) : null;
        if (secret is null)
        {
            fault = $"the responder's {ke.Method} value does not go with our {_pair.Method} value";
            return null;
        }

        byte[] nr = nonce.Value.ToArray();
        return new InitResult(
            _spi, responderSpi, chosen, KeySchedule.DeriveIke(chosen, _nonce, nr, secret.Reveal(), _spi, responderSpi),
            _request, response, _nonce, nr, Hashes(payloads), StatusNotifies.Types(payloads),
            _settings.Fragmentation && payloads.HasNotify(NotifyType.Ikev2FragmentationSupported),
            _settings.ForcesEncapsulation || IsNated(payloads, NotifyType.NatDetectionDestinationIp, responderSpi, _path.Local),
            IsNated(payloads, NotifyType.NatDetectionSourceIp, responderSpi, _path.Remote));
    }

    private static ImmutableArray<SignatureHash> Hashes(in PayloadIndex payloads)
    {
        var hashes = ImmutableArray.CreateBuilder<SignatureHash>();
        if (payloads.TryFindNotify(NotifyType.SignatureHashAlgorithms, out NotifyPayload notify))
        {
            for (int at = 0; at + 1 < notify.Data.Length; at += 2)
            {
                hashes.Add((SignatureHash)BinaryPrimitives.ReadUInt16BigEndian(notify.Data[at..]));
            }
        }

        return hashes.ToImmutable();
    }

    /// <summary>RFC 7296 §2.23: several sources may be named, one that fits is enough; none named: no NAT traversal.</summary>
    private bool IsNated(in PayloadIndex payloads, NotifyType type, IkeSpi responderSpi, UdpEndpoint endpoint)
    {
        byte[] expected = NatHash(_spi, responderSpi, endpoint);
        bool isNamed = false;
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Notify && NotifyPayload.TryRead(payloads[i].Body, out NotifyPayload notify, out _)
                && notify.Type == type)
            {
                isNamed = true;
                if (notify.Data.SequenceEqual(expected))
                {
                    return false;
                }
            }
        }

        return isNamed;
    }

    internal static byte[] NatHash(IkeSpi initiatorSpi, IkeSpi responderSpi, UdpEndpoint endpoint)
    {
        byte[] hashed = new byte[16 + endpoint.Address.Length + 2];
        BinaryPrimitives.WriteUInt64BigEndian(hashed, initiatorSpi.Value);
        BinaryPrimitives.WriteUInt64BigEndian(hashed.AsSpan(8), responderSpi.Value);
        endpoint.Address.Write(hashed.AsSpan(16));
        BinaryPrimitives.WriteUInt16BigEndian(hashed.AsSpan(16 + endpoint.Address.Length), endpoint.Port);
        return SHA1.HashData(hashed);
    }

    private static byte[] HashList()
    {
        byte[] list = new byte[2 * AuthSignature.OfferedHashes.Length];
        for (int i = 0; i < AuthSignature.OfferedHashes.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(list.AsSpan(2 * i), (ushort)AuthSignature.OfferedHashes[i]);
        }

        return list;
    }
}
