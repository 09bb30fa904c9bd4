using IkeCluster.Node.Configuration;

namespace IkeCluster.Node;

/// <summary>
/// <c>node.data</c>: made where it is not there, for this user only, and held by one process at a time: two that shared a
/// store and its keys would take each other's shards without end.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    // EWOULDBLOCK of Linux: somebody else holds the lock.
    private const int LockHeld = 11;

    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Makes the folder and takes hold of it.</summary>
    /// <exception cref="NodeFaultException">It cannot be had.</exception>
    public static DataFolder Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeFaultException($"node.data: {path} cannot be made: {FileTrouble.Cause(fault)}", fault);
        }

        string file = Path.Combine(path, "ikenode.lock");
        try
        {
            return new DataFolder(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new NodeFaultException($"node.data: {file} cannot be written: {(Directory.Exists(file) ? "it is a folder" : "permission denied")}", fault);
        }
        catch (IOException fault) when ((fault.HResult & 0xFFFF) != LockHeld)
        {
            throw new NodeFaultException($"node.data: {file} cannot be had: {FileTrouble.Cause(fault)}", fault);
        }
        catch (IOException fault)
        {
            throw new NodeFaultException($"node.data: another ikenode serves with {path}; stop it, or give this one another folder", fault);
        }
    }

    public void Dispose() => _lock.Dispose();
}
