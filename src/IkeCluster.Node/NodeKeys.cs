using System.Security.Cryptography;
using System.Text;
using IkeCluster.Cluster.Admission;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Events;

namespace IkeCluster.Node;

/// <summary><c>cluster.keys</c>: read from their files, 64 hexadecimal digits or base64; the first start makes one.</summary>
internal sealed class NodeKeys : IDisposable
{
    private const int KeyOctets = 32;
    private const int KeyFileOctetsMax = 1024;

    private NodeKeys(ClusterKeys cluster, byte[] identityKey) => (Cluster, IdentityKey) = (cluster, identityKey);

    public ClusterKeys Cluster { get; }

    /// <summary>Keys the hashes of identities in the log; the same on all nodes.</summary>
    public byte[] IdentityKey { get; }

    /// <summary>Reads every key; makes those that are to lie under <c>node.data</c> and do not yet.</summary>
    /// <exception cref="NodeFaultException">A key cannot be read or made.</exception>
    public static NodeKeys Load(ClusterSettings settings, string dataFolder, IEntropy entropy, ILogger log)
    {
        var keys = new List<(byte Version, SecretBytes Key)>();
        try
        {
            foreach (ClusterKeyFile file in settings.Keys)
            {
                keys.Add((file.Version, File.Exists(file.File) ? Read(file) : Make(file, dataFolder, entropy, log)));
            }

            if (ClusterKeys.FaultOf(keys) is { } fault)
            {
                throw new NodeFaultException($"{settings.Keys[0].Place}: {fault}");
            }

            byte[] identityKey = HKDF.DeriveKey(
                HashAlgorithmName.SHA256, keys.MinBy(key => key.Version).Key.Reveal().ToArray(), KeyOctets, info: "ikecluster log identity"u8.ToArray());
            return new NodeKeys(ClusterKeys.From(keys), identityKey);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeFaultException($"a cluster key cannot be had: {FileTrouble.Cause(fault)}", fault);
        }
        finally
        {
            keys.ForEach(key => key.Key.Dispose());
        }
    }

    public void Dispose()
    {
        Cluster.Dispose();
        CryptographicOperations.ZeroMemory(IdentityKey);
    }

    private static SecretBytes Read(ClusterKeyFile file)
    {
        // A file that is longer than any key is another file, and must not decide how much stack is taken.
        bool isShort = new FileInfo(file.File).Length <= KeyFileOctetsMax;
        string text = isShort ? File.ReadAllText(file.File).Trim() : "";
        Span<byte> octets = stackalloc byte[text.Length];
        bool isHex = Convert.FromHexString(text, octets, out _, out int written) == System.Buffers.OperationStatus.Done;
        if (!isShort || (!isHex && !Convert.TryFromBase64String(text, octets, out written)) || written == 0)
        {
            throw new NodeFaultException($"{file.Place}: {file.File} holds no key, write one with: openssl rand -hex 32");
        }

        var key = SecretBytes.CopyOf(octets[..written]);
        CryptographicOperations.ZeroMemory(octets);
        return key;
    }

    /// <summary>Only under <c>node.data</c>: a name that the user put elsewhere is one they meant to have filled.</summary>
    private static SecretBytes Make(ClusterKeyFile file, string dataFolder, IEntropy entropy, ILogger log)
    {
        if (!file.File.StartsWith(dataFolder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new NodeFaultException($"{file.Place}: {file.File} does not exist, make it with: openssl rand -hex 32");
        }

        // A new key could open nothing of an old database, and would lie where the right one has to go.
        if (Directory.EnumerateFiles(dataFolder, "*.db").Any())
        {
            throw new NodeFaultException(
                $"{file.File} is missing beside a database that was sealed with it: put the key back, or move the database away");
        }

        var key = new SecretBytes(KeyOctets);
        entropy.FillSecret(key.Reveal());
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var stream = new FileStream(file.File, options))
        {
            stream.Write(Encoding.ASCII.GetBytes($"{Convert.ToHexStringLower(key.Reveal())}\n"));

            // Rows sealed by a key that a power cut took away could never be opened again.
            stream.Flush(flushToDisk: true);
        }

        NodeLog.KeyMade(log, file.File);
        return key;
    }
}
