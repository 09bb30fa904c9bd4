using IkeCluster.Cluster.Tracing;
using IkeCluster.Node.Events;

namespace IkeCluster.Node.Control;

/// <summary>The SAs that an operator named, into the node's log; identities as <c>log.identities</c> says.</summary>
internal sealed class SaTrace(SaFilter filter, IdentityMask identities, ILogger log) : ISaTrace
{
    public bool Wants(in TraceSubject subject) => filter.Holds(subject);

    public void Tell(in TraceSubject subject, string line) =>
        NodeLog.Traced(log, subject.LocalSpi.ToString(), identities.Show(subject.EapId ?? subject.RemoteId), line);
}
