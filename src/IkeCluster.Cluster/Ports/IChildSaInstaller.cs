using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Ports;

/// <summary>The data plane: where ESP is sealed and opened.</summary>
public interface IChildSaInstaller
{
    void Install(ChildSa child, DatagramPath path);

    void Remove(ChildSa child);
}
