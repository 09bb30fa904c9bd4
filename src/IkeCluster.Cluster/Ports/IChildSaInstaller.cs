using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Ports;

/// <summary>The data plane: where ESP is sealed and opened.</summary>
public interface IChildSaInstaller
{
    void Install(ChildSa child, DatagramPath path);

    /// <summary>The peer is at another outer address, or behind another NAT; keys and SPIs stay.</summary>
    void Move(ChildSa child, DatagramPath path);

    void Remove(ChildSa child);
}
