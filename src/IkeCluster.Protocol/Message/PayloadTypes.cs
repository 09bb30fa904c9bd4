namespace IkeCluster.Protocol.Message;

/// <summary>Questions about payload types.</summary>
public static class PayloadTypes
{
    /// <summary>A type that this implementation knows; for the others the critical bit decides (RFC 7296 §2.5).</summary>
    public static bool IsKnown(this PayloadType type) =>
        type is (>= PayloadType.Sa and <= PayloadType.Eap) or PayloadType.EncryptedFragment;

    /// <summary>SK or SKF: the payload that ends its chain and hides another (RFC 7296 §3.14, RFC 7383 §2.5).</summary>
    public static bool IsEncrypted(this PayloadType type) =>
        type is PayloadType.Encrypted or PayloadType.EncryptedFragment;
}
