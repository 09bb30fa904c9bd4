using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using IkeCluster.EndToEnd.Harness;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary>The test kit's initiator on a real socket in the client's namespace.</summary>
internal sealed class SocketInitiator : IDisposable
{
    private const int NattPort = 4500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[Limits.MessageOctetsMax];

    public SocketInitiator(Lab lab, InitiatorSettings settings)
    {
        _socket = NamespaceSocket.OpenUdp(lab.Client, new IPEndPoint(IPAddress.Parse(Lab.ClientAddress), 0));
        var local = new UdpEndpoint(
            IpAddress.From(IPAddress.Parse(Lab.ClientAddress)), (ushort)((IPEndPoint)_socket.LocalEndPoint!).Port);
        var remote = new UdpEndpoint(IpAddress.From(IPAddress.Parse(Lab.ServerAddress)), 500);
        Initiator = new IkeInitiator(settings, RandomNumberGenerator.Fill, new DatagramPath(remote, local, NonEspMarker: false));
    }

    public IkeInitiator Initiator { get; }

    /// <summary>All that it learned, in order.</summary>
    public List<InitiatorEvent> Learned { get; } = [];

    public int DatagramsSent { get; private set; }

    private static Instant Now => Instant.FromUtc(DateTime.UtcNow);

    /// <summary>Does one thing and waits until an event of this kind came of it.</summary>
    public async Task<T> UntilAsync<T>(Func<IkeInitiator, Instant, InitiatorStep> act)
        where T : InitiatorEvent
    {
        int before = Learned.Count;
        await TakeAsync(act(Initiator, Now));
        await PumpUntilAsync(() => Learned[before..].OfType<T>().Any(), typeof(T).Name);
        return Learned[before..].OfType<T>().First();
    }

    /// <summary>Does one thing and waits for nothing.</summary>
    public Task DoAsync(Func<IkeInitiator, Instant, InitiatorStep> act) => TakeAsync(act(Initiator, Now));

    /// <summary>Until no request of ours waits any more, such as the Delete behind a rekey.</summary>
    public Task SettleAsync() => PumpUntilAsync(() => !Initiator.IsBusy, "quiet");

    /// <summary>Until every IKE SA but the one in use is deleted, by whichever side.</summary>
    public Task UntilOnlyOneSaAsync() => PumpUntilAsync(() => Initiator is { IsBusy: false, AllSas.Count: 1 }, "one IKE SA");

    /// <summary>Waits for what the responder does of its own.</summary>
    public async Task<T> HearAsync<T>()
        where T : InitiatorEvent
    {
        int before = Learned.Count;
        await PumpUntilAsync(() => Learned[before..].OfType<T>().Any(), typeof(T).Name);
        return Learned[before..].OfType<T>().First();
    }

    public void Dispose()
    {
        Initiator.Dispose();
        _socket.Dispose();
    }

    private async Task PumpUntilAsync(Func<bool> isDone, string what)
    {
        long started = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"waited in vain for {what}\n{string.Join('\n', Learned)}");
            InitiatorStep step = await ReceiveAsync() is { } message ? Initiator.Receive(message, Now) : Initiator.Tick(Now);
            await TakeAsync(step);
        }
    }

    private async Task<byte[]?> ReceiveAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(250));
        try
        {
            SocketReceiveFromResult received = await _socket.ReceiveFromAsync(
                _buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), deadline.Token);
            int marker = ((IPEndPoint)received.RemoteEndPoint).Port == NattPort ? 4 : 0;
            return _buffer[marker..received.ReceivedBytes];
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task TakeAsync(InitiatorStep step)
    {
        Learned.AddRange(step.Events);
        foreach (OutgoingMessage sent in step.Send)
        {
            byte[] datagram = sent.Path.NonEspMarker ? [0, 0, 0, 0, .. sent.Message] : sent.Message;
            await _socket.SendToAsync(datagram, new IPEndPoint(sent.Path.Remote.Address.ToIPAddress(), sent.Path.Remote.Port));
            DatagramsSent++;
        }
    }
}
