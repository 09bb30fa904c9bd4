using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.KnownAttacks;

namespace IkeCluster.Fuzz.World;

/// <summary>The other end of an SA that exists only in the node's memory, and what it knows of the node's state.</summary>
internal sealed class PeerOfSa(IkeSaState state) : IDisposable
{
    /// <summary>The node's SPI.</summary>
    public IkeSpi Spi => Keys.Spi;

    public KeyHolder Keys { get; } = new(state);

    public DatagramPath Path { get; } = state.Path;

    /// <summary>The SA as it was seen last; while it sleeps there is no newer one.</summary>
    public IkeSaState Last { get; private set; } = state;

    /// <summary>False: it is gone.</summary>
    public bool Refresh(FuzzWorld world)
    {
        Last = world.Find(Spi) ?? Last;
        return world.IsLive(Spi) || world.Find(Spi) is not null;
    }

    public void Dispose() => Keys.Dispose();
}
