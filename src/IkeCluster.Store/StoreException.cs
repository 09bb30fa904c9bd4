namespace IkeCluster.Store;

/// <summary>
/// The store cannot be opened, claimed or read. The message is one line for the operator: what is wrong, and what would
/// be right.
/// </summary>
public sealed class StoreException : Exception
{
    public StoreException()
    {
    }

    public StoreException(string message)
        : base(message)
    {
    }

    public StoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
