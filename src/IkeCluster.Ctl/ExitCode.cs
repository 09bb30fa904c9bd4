namespace IkeCluster.Ctl;

/// <summary>What ikectl answers its caller (CONTRACT.md).</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int Usage = 2;
    public const int NoNode = 3;
}
