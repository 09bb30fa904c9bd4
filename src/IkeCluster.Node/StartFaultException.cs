namespace IkeCluster.Node;

/// <summary>Why the node cannot serve, in one line for the operator: what is wrong, and what would be right.</summary>
internal sealed class StartFaultException : Exception
{
    public StartFaultException()
    {
    }

    public StartFaultException(string message)
        : base(message.ReplaceLineEndings(" "))
    {
    }

    public StartFaultException(string message, Exception innerException)
        : base(message.ReplaceLineEndings(" "), innerException)
    {
    }
}
