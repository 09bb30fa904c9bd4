namespace IkeCluster.Crypto.Signatures;

/// <summary>Sizes of keys, in bits, that are taken at all.</summary>
public static class KeyLimits
{
    /// <summary>The least size of an RSA key unless the connection names a smaller one (<c>rsa-1024</c>).</summary>
    public const int RsaBitsMin = 2048;

    /// <summary>Below this nothing helps: a key of a stranger's certificate is not even read.</summary>
    public const int RsaBitsFloor = 1024;

    /// <summary>A larger modulus costs a verifier more than it could be worth.</summary>
    public const int RsaBitsMax = 8192;
}
