using System.Security.Cryptography;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Load;

/// <summary>One SA over a real socket, from login to delete.</summary>
internal sealed class DialSession(InitiatorSettings settings, UdpWire wire, TextWriter output, TextWriter error)
{
    private static readonly TimeSpan KeepaliveEvery = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private bool _hasFailed;
    private bool _isOver;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var initiator = new IkeInitiator(settings, RandomNumberGenerator.Fill, wire.Path);
        await TakeAsync(initiator.Start(Now()));
        await PumpAsync(initiator, stop);
        if (!_isOver && initiator is { Sa: not null, IsBusy: false })
        {
            // A last word, whatever the token says; a responder that does not answer is not waited for long.
            using var patience = new CancellationTokenSource(Farewell);
            await TakeAsync(initiator.DeleteIke(Now()));
            await PumpAsync(initiator, patience.Token);
        }

        return _hasFailed ? 1 : 0;
    }

    private static Instant Now() => Instant.FromUtc(DateTime.UtcNow);

    /// <summary>Until the SA is over or the token says stop.</summary>
    private async Task PumpAsync(IkeInitiator initiator, CancellationToken stop)
    {
        try
        {
            while (!_isOver)
            {
                TimeSpan untilWake = initiator.WakeAt == Instant.Never ? KeepaliveEvery : initiator.WakeAt - Now();
                TimeSpan patience = TimeSpan.FromMilliseconds(Math.Clamp(untilWake.TotalMilliseconds, 1, KeepaliveEvery.TotalMilliseconds));
                byte[]? message = await wire.ReceiveAsync(patience, stop);
                if (message is not null)
                {
                    await TakeAsync(initiator.Receive(message, Now()));
                    continue;
                }

                await TakeAsync(initiator.Tick(Now()));
                if (initiator.Sa?.LocalBehindNat == true)
                {
                    await wire.SendKeepaliveAsync(initiator.Path, CancellationToken.None);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The user has seen enough.
        }
    }

    private async Task TakeAsync(InitiatorStep step)
    {
        foreach (OutgoingMessage message in step.Send)
        {
            await wire.SendAsync(message.Path, message.Message, CancellationToken.None);
        }

        foreach (InitiatorEvent happened in step.Events)
        {
            _hasFailed |= happened is InitiatorEvent.Failed;
            _isOver |= happened is InitiatorEvent.Failed or InitiatorEvent.Closed;
            TextWriter writer = happened is InitiatorEvent.Failed ? error : output;
            foreach (string line in EventText.Lines(happened))
            {
                await writer.WriteLineAsync(line);
            }
        }
    }
}
