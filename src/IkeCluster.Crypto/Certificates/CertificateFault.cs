namespace IkeCluster.Crypto.Certificates;

/// <summary>Why a certificate was refused; the words stand in metrics in snake_case.</summary>
public enum CertificateFaultKind : byte
{
    None, Unreadable, TooMany, NotYetValid, Expired, UnknownIssuer, BadSignature, NotAnAuthority, PathTooLong,
    NameConstraint, KeyUsage, ExtendedKeyUsage, WeakSignature, WeakKey, UnknownExtension, Other,
}

/// <summary>A refused certificate: the kind for metrics, one line for the log. Never told to the peer.</summary>
public readonly record struct CertificateFault(CertificateFaultKind Kind, string Cause)
{
    public static CertificateFault None => new(CertificateFaultKind.None, "");

    public bool IsFault => Kind != CertificateFaultKind.None;

    public override string ToString() => Cause;
}
