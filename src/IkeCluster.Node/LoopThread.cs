using IkeCluster.Cluster.Actors;
using IkeCluster.Net.Egress;
using IkeCluster.Net.Ingress;
using IkeCluster.Net.Native;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node;

/// <summary>Turns the crank of one event loop, on a thread of its own, between its two ends of the network.</summary>
internal sealed class LoopThread
{
    // A loop that wants nothing still looks up now and then; whoever wants something of it rings the bell.
    private const long WaitMicrosecondsMax = 1_000_000;

    private readonly EventLoop _loop;
    private readonly UdpIngress _ingress;
    private readonly SendQueue _egress;
    private readonly EventFd _bell;
    private readonly NodeClock _clock;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;

    public LoopThread(string name, EventLoop loop, UdpIngress ingress, SendQueue egress, EventFd bell, NodeClock clock)
    {
        _loop = loop;
        _ingress = ingress;
        _egress = egress;
        _bell = bell;
        _clock = clock;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Ends when the loop was stopped, or with the fault by which it broke: a node cannot go on then.</summary>
    public Task Ended => _ended.Task;

    public void Start() => _thread.Start();

    /// <summary>Ends after the turn that is running; what that turn had to say still leaves.</summary>
    public void Stop()
    {
        _isStopping = true;
        _bell.Wake();
    }

    private void Run()
    {
        try
        {
            while (!_isStopping)
            {
                Turn();
            }

            _loop.RunOnce(_clock.Now);
            _egress.Flush();
            _ended.SetResult();
        }
        catch (Exception fault)
        {
            _ended.SetException(fault);
        }
    }

    private void Turn()
    {
        Instant deadline = _loop.RunOnce(_clock.Now);
        _egress.Flush();
        _ingress.Wait(TimeUntil(deadline));
        _loop.StartBatch(_clock.Now);
        _ingress.Deliver(_loop);
    }

    private TimeSpan TimeUntil(Instant deadline) =>
        TimeSpan.FromMicroseconds(Math.Clamp(deadline.Microseconds - _clock.Now.Microseconds, 0, WaitMicrosecondsMax));
}
