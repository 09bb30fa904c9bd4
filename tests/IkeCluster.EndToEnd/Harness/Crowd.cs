using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>
/// Many clients behind one UDP socket on loopback. Each is the TestKit's initiator, which shares no line with the engine;
/// they are told apart by their SPIs.
/// </summary>
internal sealed class Crowd : IDisposable
{
    private const int AtOnce = 64;
    private const int ReceiveBufferOctets = 8 << 20;

    private static readonly TimeSpan QuietTick = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Dictionary<ulong, IkeInitiator> _bySpi = [];
    private readonly byte[] _buffer = new byte[65536];
    private readonly DatagramPath _path;

    public Crowd(int serverPort)
    {
        _socket.ReceiveBufferSize = ReceiveBufferOctets;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ushort ourPort = (ushort)((IPEndPoint)_socket.LocalEndPoint!).Port;
        IpAddress loopback = IpAddress.From(IPAddress.Loopback);
        _path = new DatagramPath(new UdpEndpoint(loopback, (ushort)serverPort), new UdpEndpoint(loopback, ourPort), false);
    }

    /// <summary>Logs in so many clients, some of them at a time.</summary>
    public async Task LogInAsync(int clients)
    {
        long started = Stopwatch.GetTimestamp();
        int begun = 0;
        int up = 0;
        while (up < clients)
        {
            while (begun < clients && begun - up < AtOnce)
            {
                Begin(begun++);
            }

            up += await ReceiveAsync<InitiatorEvent.Established>();
            Assert.True(
                Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(3), $"only {up} of {clients} clients logged in");
        }
    }

    /// <summary>Asks all, or the first so many, whether the node lives; returns once all are answered.</summary>
    public async Task CheckLivenessAsync(int clients, TimeSpan patience)
    {
        long started = Stopwatch.GetTimestamp();
        Queue<IkeInitiator> waiting = new(_bySpi.Values.Take(clients));
        int asked = 0;
        int answered = 0;
        while (answered < clients)
        {
            while (waiting.Count > 0 && asked - answered < AtOnce)
            {
                Send(waiting.Dequeue().CheckLiveness(Now()).Send);
                asked++;
            }

            answered += await ReceiveAsync<InitiatorEvent.LivenessAnswered>();
            Assert.True(
                Stopwatch.GetElapsedTime(started) < patience, $"only {answered} of {clients} were answered");
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        foreach (IkeInitiator client in _bySpi.Values)
        {
            client.Dispose();
        }
    }

    private static Instant Now() => Instant.FromUtc(DateTime.UtcNow);

    private static void FillRandom(Span<byte> octets) => RandomNumberGenerator.Fill(octets);

    private static Proposal Parse(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault)
            ? proposal
            : throw new InvalidOperationException(fault);

    private void Begin(int number)
    {
        Assert.True(Identity.TryParse($"client-{number}@example.org", out Identity? id, out string fault), fault);
        InitiatorSettings settings = new()
        {
            LocalId = id!,
            Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf("correct horse battery staple"u8)),
            IkeProposals = [Parse(ClientConf.DefaultProposal, SecurityProtocol.Ike)],
            EspProposals = [Parse("aes256gcm16", SecurityProtocol.Esp)],
            WantsIpv4 = true,
            RetransmitTimeout = TimeSpan.FromMilliseconds(500),
            RetransmitTries = 20,
            RetransmitBase = 1.0,
        };
        IkeInitiator client = new(settings, FillRandom, _path);
        ImmutableArray<OutgoingMessage> first = client.Start(Now()).Send;
        _bySpi[BinaryPrimitives.ReadUInt64BigEndian(first[0].Message)] = client;
        Send(first);
    }

    /// <summary>Takes what has come, or a moment's silence; returns how often the event happened meanwhile.</summary>
    private async Task<int> ReceiveAsync<T>()
        where T : InitiatorEvent
    {
        using CancellationTokenSource silence = new(QuietTick);
        int happened = 0;
        try
        {
            int octets = await _socket.ReceiveAsync(_buffer, silence.Token);
            happened += Take<T>(_buffer.AsSpan(0, octets));
            while (_socket.Available > 0)
            {
                happened += Take<T>(_buffer.AsSpan(0, _socket.Receive(_buffer)));
            }
        }
        catch (OperationCanceledException)
        {
            foreach (IkeInitiator client in _bySpi.Values.Where(client => client.IsBusy))
            {
                Send(client.Tick(Now()).Send);
            }
        }

        return happened;
    }

    private int Take<T>(ReadOnlySpan<byte> datagram)
        where T : InitiatorEvent
    {
        if (!IkeHeader.TryRead(datagram, out IkeHeader header)
            || !_bySpi.TryGetValue(header.InitiatorSpi.Value, out IkeInitiator? client))
        {
            return 0;
        }

        InitiatorStep step = client.Receive(datagram, Now());
        Send(step.Send);
        Assert.DoesNotContain(step.Events, happened => happened is InitiatorEvent.Failed);
        return step.Events.OfType<T>().Count();
    }

    private void Send(ImmutableArray<OutgoingMessage> messages)
    {
        foreach (OutgoingMessage message in messages)
        {
            IPEndPoint to = new(message.Path.Remote.Address.ToIPAddress(), message.Path.Remote.Port);
            _socket.SendTo(message.Message, to);
        }
    }
}
