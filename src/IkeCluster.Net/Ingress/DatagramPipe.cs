using System.IO.Pipelines;
using System.Runtime.InteropServices;
using IkeCluster.Cluster.Ports;

namespace IkeCluster.Net.Ingress;

/// <summary>
/// A pipe of fixed slots between the sockets of a loop and the loop: the kernel writes into its memory, the loop reads
/// in place. Blocks hold a whole number of slots, so a slot never lies in two. Written and read by the loop's thread.
/// </summary>
internal sealed class DatagramPipe : IDisposable
{
    public const int SlotsPerBlock = 32;

    private readonly SlotPool _pool;
    private readonly Pipe _pipe;
    private readonly int _slotsMax;
    private int _waiting;

    public DatagramPipe(int blocksMax)
    {
        _slotsMax = blocksMax * SlotsPerBlock;
        _pool = new SlotPool(SlotsPerBlock * DatagramFrame.Stride, blocksMax);

        // It is bounded by its slots, which are counted here: the pipe itself never makes its writer wait.
        _pipe = new Pipe(new PipeOptions(
            _pool,
            PipeScheduler.Inline,
            PipeScheduler.Inline,
            pauseWriterThreshold: 0,
            resumeWriterThreshold: 0,
            minimumSegmentSize: SlotsPerBlock * DatagramFrame.Stride,
            useSynchronizationContext: false));
    }

    /// <summary>
    /// Empty slots that lie together; none when the pipe is full, and then the datagrams stay in the socket, where the
    /// kernel drops and counts what finds no room.
    /// </summary>
    public Memory<byte> Room() =>
        _waiting < _slotsMax ? _pipe.Writer.GetMemory(DatagramFrame.Stride) : Memory<byte>.Empty;

    /// <summary>The first slots of the room hold frames.</summary>
    public void Commit(int slots)
    {
        _waiting += slots;
        _pipe.Writer.Advance(slots * DatagramFrame.Stride);
        ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync(CancellationToken.None);
        if (!flush.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("a pipe without a threshold makes nobody wait");
        }
    }

    /// <summary>Lends all waiting datagrams to the sink, in order, then takes the memory back. Returns how many.</summary>
    public int Deliver(IDatagramSink sink)
    {
        if (!_pipe.Reader.TryRead(out ReadResult result))
        {
            return 0;
        }

        int delivered = 0;
        foreach (ReadOnlyMemory<byte> block in result.Buffer)
        {
            delivered += DeliverBlock(MemoryMarshal.AsMemory(block), sink);
        }

        _waiting = 0;
        _pipe.Reader.AdvanceTo(result.Buffer.End);
        return delivered;
    }

    public void Dispose()
    {
        _pipe.Writer.Complete();
        _pipe.Reader.Complete();
        _pool.Dispose();
    }

    private static int DeliverBlock(Memory<byte> block, IDatagramSink sink)
    {
        int delivered = 0;
        for (; block.Length >= DatagramFrame.Stride; block = block[DatagramFrame.Stride..])
        {
            if (DatagramFrame.TryRead(block[..DatagramFrame.Stride], out DatagramFrame frame))
            {
                sink.Receive(frame.Path, frame.Datagram);
                delivered++;
            }
        }

        return delivered;
    }
}
