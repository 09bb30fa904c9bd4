namespace IkeCluster.Node.Configuration;

/// <summary>Why a file could not be had, in the words of an operator.</summary>
internal static class FileTrouble
{
    private const int DiskFull = 28;

    public static string Cause(Exception fault) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "permission denied",
        IOException when (fault.HResult & 0xFFFF) == DiskFull => "no space left on the disk",
        _ => fault.Message.ReplaceLineEndings(" "),
    };
}
