namespace IkeCluster.Node.Health;

internal enum NodePhase { Starting, Ready, Draining }

/// <summary>Where the node is between its first and its last line; read by balancers through <c>/readyz</c>.</summary>
internal sealed class Readiness
{
    private volatile NodePhase _phase;

    public NodePhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    public string Word => Phase switch { NodePhase.Starting => "starting", NodePhase.Ready => "ready", _ => "draining" };
}
