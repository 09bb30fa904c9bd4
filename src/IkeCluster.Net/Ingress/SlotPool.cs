using System.Buffers;

namespace IkeCluster.Net.Ingress;

/// <summary>
/// Blocks of receive slots, pinned for as long as the process lives, so that the kernel writes into them while the
/// collector leaves them alone. The block used last is used next: it is still in the cache. Used by one thread.
/// </summary>
internal sealed class SlotPool(int blockOctets, int blocksMax) : MemoryPool<byte>
{
    private readonly Stack<Block> _free = new(blocksMax);
    private int _made;

    public override int MaxBufferSize => blockOctets;

    /// <summary>Blocks that somebody holds.</summary>
    public int Rented => _made - _free.Count;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (_free.TryPop(out Block? block))
        {
            return block;
        }

        // Who fills the pipe stops before this.
        if (_made == blocksMax || minBufferSize > blockOctets)
        {
            throw new InvalidOperationException($"{_made} of {blocksMax} blocks are in use; {minBufferSize} octets wanted");
        }

        _made++;
        return new Block(this, GC.AllocateUninitializedArray<byte>(blockOctets, pinned: true));
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(SlotPool pool, byte[] octets) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => octets;

        public void Dispose() => pool._free.Push(this);
    }
}
