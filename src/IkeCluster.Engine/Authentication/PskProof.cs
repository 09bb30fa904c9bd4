using System.Security.Cryptography;
using IkeCluster.Crypto.Prf;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Engine.Authentication;

/// <summary>
/// AUTH by pre-shared key: <c>prf(prf(Shared Secret, "Key Pad for IKEv2"), SignedOctets)</c> (RFC 7296 §2.15).
/// </summary>
internal static class PskProof
{
    private static ReadOnlySpan<byte> KeyPad => "Key Pad for IKEv2"u8;

    internal static byte[] Make(PrfId prfId, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> signedOctets)
    {
        Prf prf = Prf.Find(prfId)!;
        Span<byte> key = stackalloc byte[prf.OutputOctets];
        prf.Compute(secret, KeyPad, key);
        byte[] auth = new byte[prf.OutputOctets];
        prf.Compute(key, signedOctets, auth);
        CryptographicOperations.ZeroMemory(key);
        return auth;
    }

    internal static bool Holds(PrfId prfId, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> signedOctets, ReadOnlySpan<byte> auth)
    {
        byte[] expected = Make(prfId, secret, signedOctets);
        bool holds = CryptographicOperations.FixedTimeEquals(expected, auth);
        CryptographicOperations.ZeroMemory(expected);
        return holds;
    }
}
