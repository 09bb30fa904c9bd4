using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Integrity;

/// <summary>AES-CMAC (RFC 4493), by libcrypto.</summary>
internal sealed class AesCmac : KeyedMac
{
    private static readonly EvpMac Cmac = EvpMac.Fetch("CMAC");

    private readonly EvpMacContext _context;

    /// <summary>The key's length chooses the AES: 16, 24 or 32 octets; IKE only ever uses 16.</summary>
    internal AesCmac(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> cipher = key.Length switch
        {
            16 => "AES-128-CBC\0"u8,
            24 => "AES-192-CBC\0"u8,
            32 => "AES-256-CBC\0"u8,
            _ => throw new ArgumentException("an AES key has 16, 24 or 32 octets", nameof(key)),
        };
        _context = EvpMacContext.CreateCmac(Cmac, cipher[..^1], key);
    }

    internal override int Octets => 16;

    internal override void Append(ReadOnlySpan<byte> data) => _context.Append(data);

    internal override void Finish(Span<byte> mac) => _context.Finish(mac);

    public override void Dispose() => _context.Dispose();
}
