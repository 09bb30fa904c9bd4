using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Pools;

/// <summary>
/// One range of a pool. It counts through its addresses once; from then on, what is free is what was given back, and
/// that list is the pool's. So a /64 costs no more than a /24, and finding a fresh address no more than a step.
/// </summary>
internal sealed class AddressBlock(AddressRange range)
{
    private UInt128 _next = range.Start.Value;
    private bool _isUsedUp;

    /// <summary>Addresses in the range; at most <see cref="long.MaxValue"/> is told.</summary>
    public long Size
    {
        get
        {
            UInt128 last = range.End.Value - range.Start.Value;
            return last >= (UInt128)long.MaxValue ? long.MaxValue : (long)last + 1;
        }
    }

    public bool IsV4 => range.Start.IsV4;

    public bool Contains(IpAddress address) => range.Contains(address);

    /// <summary>The next address that was never offered; false when the range has been counted through.</summary>
    public bool TryNext(out IpAddress address)
    {
        address = new IpAddress(_next);
        if (_isUsedUp)
        {
            return false;
        }

        if (_next == range.End.Value)
        {
            _isUsedUp = true;
        }
        else
        {
            _next++;
        }

        return true;
    }
}
