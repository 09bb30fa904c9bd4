using BenchmarkDotNet.Attributes;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Crypto.Prf;
using IkeCluster.Engine;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Benchmarks.Engine;

/// <summary>
/// A login by PSK in the engine, without sockets or a store, beside the sum of the cryptographic operations it cannot do
/// without: the goal is 1.5 times that sum.
/// </summary>
[MemoryDiagnoser]
public class Login : IDisposable
{
    private static readonly Proposal Ike = RecordedLogin.Proposals("aes256gcm16-prfsha256-x25519", SecurityProtocol.Ike);
    private static readonly Proposal Esp = RecordedLogin.Proposals("aes256gcm16", SecurityProtocol.Esp);

    private readonly RecordedLogin _login = new();
    private readonly byte[] _nonce = new byte[32];
    private readonly byte[] _seed = new byte[32];
    private readonly byte[] _peerValue = new byte[32];
    private readonly byte[] _mac = new byte[32];
    private readonly byte[] _secret = System.Text.Encoding.UTF8.GetBytes(RecordedLogin.Secret);
    private byte[] _request = [];
    private byte[] _reply = [];
    private byte[] _idOctets = [];
    private byte[] _signedByPeer = [];
    private byte[] _signedByUs = [];
    private int _ivOffset;

    [GlobalSetup]
    public void Setup()
    {
        _peerValue[0] = 9;
        _idOctets = new byte[24];
        _request = [.. _login.AuthRequest];
        _reply = [.. _login.AuthResponse];
        _signedByPeer = new byte[_login.InitRequest.Length + _nonce.Length + _mac.Length];
        _signedByUs = new byte[_login.InitResponse.Length + _nonce.Length + _mac.Length];
        EncryptedPayload.TryLocate(_request, out EncryptedPayload outer, out _);
        _ivOffset = outer.IvOffset;
    }

    [Benchmark]
    public IkeSpi InTheEngine()
    {
        IkeSaState established = _login.Replay();
        _login.Forget(established);
        return established.LocalSpi;
    }

    /// <summary>One key pair and one secret, the key schedules, two AUTH values, one message opened and one sealed.</summary>
    [Benchmark(Baseline = true)]
    public byte CryptographyAlone()
    {
        using KeyExchange pair = KeyExchange.FromSeed(KeyExchangeMethod.Curve25519, _seed);
        using SecretBytes shared = pair.Derive(_peerValue)!;
        using IkeKeys keys = KeySchedule.DeriveIke(Ike, _nonce, _nonce, shared.Reveal(), new IkeSpi(1), new IkeSpi(2));
        Prove(keys.SkPi.Reveal(), _signedByPeer);
        Prove(keys.SkPr.Reveal(), _signedByUs);
        CipherSuite suite = CipherSuite.From(Ike);
        using MessageCipher inbound = MessageCipher.Create(suite, keys.SkEi.Reveal(), keys.SkAi.Reveal());
        using MessageCipher outbound = MessageCipher.Create(suite, keys.SkEr.Reveal(), keys.SkAr.Reveal());
        inbound.TryOpen(_request, _ivOffset);
        outbound.Seal(_reply, _ivOffset);
        using ChildKeys child = KeySchedule.DeriveChild(PrfId.HmacSha256, keys.SkD.Reveal(), Esp, [], _nonce, _nonce);
        return _reply[^1];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _login.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Prove(ReadOnlySpan<byte> key, ReadOnlySpan<byte> signed)
    {
        Prf prf = Prf.Find(PrfId.HmacSha256)!;
        Span<byte> padded = stackalloc byte[32];
        prf.Compute(key, _idOctets, _mac);
        prf.Compute(_secret, "Key Pad for IKEv2"u8, padded);
        prf.Compute(padded, signed, _mac);
    }
}
