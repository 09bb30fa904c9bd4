namespace IkeCluster.Node;

/// <summary>Why the node cannot serve, or cannot go on, in one line for the operator: what is wrong, and what would be right.</summary>
internal sealed class NodeFaultException : Exception
{
    public NodeFaultException()
    {
    }

    public NodeFaultException(string message)
        : base(message.ReplaceLineEndings(" "))
    {
    }

    public NodeFaultException(string message, Exception innerException)
        : base(message.ReplaceLineEndings(" "), innerException)
    {
    }
}
