using IkeCluster.Cluster.Ports;
using IkeCluster.Net.Native;
using IkeCluster.Protocol;

namespace IkeCluster.Net.Ingress;

/// <summary>
/// The sockets of one loop as their reader sees them: waits for datagrams or the bell, and lends what came to the loop.
/// Used by the loop's thread; the sockets and the bell belong to who made them.
/// </summary>
public sealed class UdpIngress : IDisposable
{
    // The pipe is emptied after each round, so that a round's slots are still in the cache; the loop has other things
    // to do after some rounds.
    private const int RoundsPerTurn = 8;

    private readonly EventFd _bell;
    private readonly PollSet _poll;
    private readonly DatagramPipe _pipe;
    private readonly ReceiveLoop[] _loops;
    private readonly bool[] _mayHaveMore;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="sockets">The loop's own.</param>
    /// <param name="bell">Ends the wait.</param>
    /// <param name="countDrop">Called for each datagram that is dropped here.</param>
    public UdpIngress(SocketSet sockets, EventFd bell, Action<DropReason> countDrop)
    {
        var batch = new RecvMmsg(DatagramPipe.SlotsPerBlock);
        _bell = bell;
        _poll = new PollSet([bell.Descriptor, .. sockets.Sockets.Select(socket => socket.Descriptor)]);
        _loops = [.. sockets.Sockets.Select(socket => new ReceiveLoop(socket, batch, countDrop))];
        _mayHaveMore = new bool[_loops.Length];
        _pipe = new DatagramPipe(blocksMax: _loops.Length + 1);
    }

    /// <summary>Datagrams that came (<c>ike_datagrams_total</c>).</summary>
    public long Received => _loops.Sum(loop => loop.Received);

    /// <summary>Datagrams that found no room in the kernel's buffers, as far as later ones told of it.</summary>
    public long Lost => _loops.Sum(loop => loop.Lost);

    /// <summary>Waits until a datagram is there, the bell rings or the time is over.</summary>
    public void Wait(TimeSpan timeout)
    {
        bool isReady = _poll.Wait(timeout);
        for (int i = 0; i < _loops.Length; i++)
        {
            _mayHaveMore[i] = isReady && _poll.HasHappened(i + 1);
        }

        if (isReady && _poll.HasHappened(0))
        {
            _bell.Hear();
        }
    }

    /// <summary>Lends to the sink what the last wait found. Returns how many datagrams.</summary>
    public int Deliver(IDatagramSink sink)
    {
        int delivered = 0;
        bool goOn = true;
        for (int round = 0; goOn && round < RoundsPerTurn; round++)
        {
            goOn = false;
            for (int i = 0; i < _loops.Length; i++)
            {
                _mayHaveMore[i] = _mayHaveMore[i] && _loops[i].Receive(_pipe);
                goOn |= _mayHaveMore[i];
            }

            delivered += _pipe.Deliver(sink);
        }

        return delivered;
    }

    public void Dispose() => _pipe.Dispose();
}
