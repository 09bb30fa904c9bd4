namespace IkeCluster.EndToEnd.Harness;

/// <summary>
/// A folder of the test's own, gone when disposed. <c>IKECLUSTER_KEEP=1</c> keeps it, to look at the logs afterwards.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    // Short on purpose: a Unix socket's name has room for 107 characters.
    public string Path { get; } = Directory.CreateTempSubdirectory("ike-e2e-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string content)
    {
        string file = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return file;
    }

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("IKECLUSTER_KEEP") is null)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
