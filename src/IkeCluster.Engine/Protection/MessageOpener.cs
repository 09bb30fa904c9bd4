using IkeCluster.Crypto.Ciphers;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Engine.Protection;

/// <summary>Opens SK and SKF payloads (RFC 7296 §3.14, RFC 7383 §2.5). Nothing of a message counts before its ICV held.</summary>
internal static class MessageOpener
{
    /// <summary>
    /// Deciphers in place. <paramref name="plain"/> is the content without padding; on failure the reason is Malformed or
    /// BadIntegrity.
    /// </summary>
    internal static DropReason TryOpen(
        MessageCipher cipher, Span<byte> message, out EncryptedPayload outer, out ReadOnlySpan<byte> plain)
    {
        plain = default;
        if (!EncryptedPayload.TryLocate(message, out outer, out _))
        {
            return DropReason.Malformed;
        }

        int ivOffset = outer.IvOffset;
        int contentOffset = ivOffset + cipher.IvOctets;
        if (message.Length < contentOffset + 1 + cipher.IcvOctets)
        {
            return DropReason.Malformed;
        }

        if (!cipher.TryOpen(message, ivOffset))
        {
            return DropReason.BadIntegrity;
        }

        Span<byte> content = message[contentOffset..^cipher.IcvOctets];
        int padding = content[^1];
        if (padding + 1 > content.Length)
        {
            return DropReason.Malformed;
        }

        plain = content[..^(padding + 1)];
        return DropReason.None;
    }
}
