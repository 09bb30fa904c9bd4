using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// Knows the keys of every IKE SA from the turn in which they were made, and so reads what passes over the wire. It opens with
/// the cipher itself and shares nothing else with the engine.
/// </summary>
internal sealed class Wiretap : IDisposable
{
    private readonly Dictionary<IkeSpi, TappedSa> _bySpi = [];

    // Of SAs that had the same SPI before: their last answers may still be repeated.
    private readonly List<(IkeSpi Spi, TappedSa Sa)> _earlier = [];

    public TappedSa? Find(IkeSpi spi) => _bySpi.GetValueOrDefault(spi);

    public void Learn(IkeSaState state)
    {
        if (state.Keys is not { } keys || (Find(state.LocalSpi) is { } known && ReferenceEquals(known.Source, keys)))
        {
            return;
        }

        if (Find(state.LocalSpi) is { } other && keys.SkEi.FixedTimeEquals(other.SkEi))
        {
            other.Source = keys;
            return;
        }

        if (Find(state.LocalSpi) is { } earlier)
        {
            _earlier.Add((state.LocalSpi, earlier));
        }

        _bySpi[state.LocalSpi] = new TappedSa(state, keys);
    }

    /// <summary>The inner payloads; null where the SA is unknown, the message a fragment, or the ICV wrong.</summary>
    public TappedChain? TryOpen(ReadOnlySpan<byte> message, IkeSpi spi, bool isByGateway) =>
        Find(spi)?.TryOpen(message.ToArray(), isByGateway) ?? TryOpenEarlier(message.ToArray(), spi, isByGateway);

    public void Dispose()
    {
        foreach (TappedSa sa in _bySpi.Values.Concat(_earlier.Select(earlier => earlier.Sa)))
        {
            sa.Dispose();
        }
    }

    private TappedChain? TryOpenEarlier(byte[] message, IkeSpi spi, bool isByGateway) => _earlier
        .Where(earlier => earlier.Spi == spi)
        .Select(earlier => earlier.Sa.TryOpen([.. message], isByGateway))
        .FirstOrDefault(chain => chain is not null);
}

/// <summary>What stood inside a message, and the vector it was sealed with.</summary>
internal sealed record TappedChain(PayloadType First, byte[] Octets, byte[] Iv, byte[] Key, bool IsFragment);

/// <summary>One IKE SA that is listened to; the keys are copies.</summary>
internal sealed class TappedSa : IDisposable
{
    private readonly MessageCipher _initiators;
    private readonly MessageCipher _responders;
    private readonly bool _isGatewayInitiator;

    public TappedSa(IkeSaState state, IkeKeys keys)
    {
        Source = keys;
        PeerSpi = state.PeerSpi;
        SkD = keys.SkD.Reveal().ToArray();
        SkEi = keys.SkEi.Reveal().ToArray();
        SkEr = keys.SkEr.Reveal().ToArray();
        CipherSuite suite = CipherSuite.From(state.Proposal);
        _initiators = MessageCipher.Create(suite, SkEi, keys.SkAi.Reveal());
        _responders = MessageCipher.Create(suite, SkEr, keys.SkAr.Reveal());
        _isGatewayInitiator = state.IsInitiator;
    }

    /// <summary>The object that these keys were read from; after a recovery another one holds the same.</summary>
    public IkeKeys Source { get; set; }

    public IkeSpi PeerSpi { get; }

    public byte[] SkD { get; }

    public byte[] SkEi { get; }

    public byte[] SkEr { get; }

    public TappedChain? TryOpen(byte[] message, bool isByGateway)
    {
        bool isByInitiator = isByGateway == _isGatewayInitiator;
        MessageCipher cipher = isByInitiator ? _initiators : _responders;
        if (!EncryptedPayload.TryLocate(message, out EncryptedPayload sk, out _) || sk.ContentOctets < cipher.IvOctets + cipher.IcvOctets + 1)
        {
            return null;
        }

        byte[] iv = message[sk.IvOffset..(sk.IvOffset + cipher.IvOctets)];
        if (!cipher.TryOpen(message, sk.IvOffset))
        {
            return null;
        }

        ReadOnlySpan<byte> content = message.AsSpan(sk.IvOffset + cipher.IvOctets, sk.ContentOctets - cipher.IvOctets - cipher.IcvOctets);
        byte[] chain = content[..^(content[^1] + 1)].ToArray();
        return new TappedChain(sk.FirstInner, chain, iv, isByInitiator ? SkEi : SkEr, sk.IsFragment);
    }

    public void Dispose()
    {
        _initiators.Dispose();
        _responders.Dispose();
    }
}
