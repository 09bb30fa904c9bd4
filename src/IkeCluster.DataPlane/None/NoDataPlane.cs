using IkeCluster.Cluster.Ports;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;

namespace IkeCluster.DataPlane.None;

/// <summary>
/// The data plane of <c>provider: none</c>: ESP is handled elsewhere or not at all; it only counts the Child SAs that
/// would be there. Called from every loop.
/// </summary>
public sealed class NoDataPlane : IChildSaInstaller
{
    private int _children;

    /// <summary>Child SA pairs installed at this moment: ike_child_sas.</summary>
    public int Children => Volatile.Read(ref _children);

    public void Install(ChildSa child, DatagramPath path) => Interlocked.Increment(ref _children);

    public void Move(ChildSa child, DatagramPath path)
    {
        // Nothing is there that could be elsewhere.
    }

    public void Remove(ChildSa child) => Interlocked.Decrement(ref _children);
}
