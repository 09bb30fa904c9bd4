namespace IkeCluster.Net;

/// <summary>A listening socket cannot be had; the message is one line for the operator.</summary>
public sealed class BindException : Exception
{
    public BindException()
    {
    }

    public BindException(string message)
        : base(message)
    {
    }

    public BindException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
