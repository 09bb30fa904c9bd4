using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>Numbers that belong to the shard an SA lives in, and so are handed in by the place.</summary>
public interface IShardNumbers
{
    /// <summary>A fresh SPI of ours, which proves itself and names the shard (DESIGN.md, SPIs that prove themselves).</summary>
    IkeSpi NewIkeSpi();

    /// <summary>A fresh inbound ESP SPI of ours, never below 256.</summary>
    EspSpi NewEspSpi();

    /// <summary>The next explicit IV: epoch (24 bits) and a counter (40 bits) that no restart rewinds (DESIGN.md, IVs).</summary>
    ulong NextIv();
}
