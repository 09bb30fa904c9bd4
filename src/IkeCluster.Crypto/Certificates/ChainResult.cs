namespace IkeCluster.Crypto.Certificates;

/// <summary>The outcome of <see cref="CertificateChain"/>: trusted, or why not.</summary>
public readonly record struct ChainResult(CertificateFault Fault)
{
    public static ChainResult Ok => new(CertificateFault.None);

    public bool IsOk => !Fault.IsFault;

    /// <summary>One line for the log; empty when trusted.</summary>
    public string Cause => Fault.Cause;

    internal static ChainResult Refused(CertificateFaultKind kind, string cause) =>
        new(new CertificateFault(kind, cause));
}
