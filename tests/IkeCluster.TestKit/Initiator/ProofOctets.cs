using IkeCluster.Crypto.Prf;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>What AUTH payloads prove (RFC 7296 §2.15).</summary>
internal static class ProofOctets
{
    private static ReadOnlySpan<byte> KeyPad => "Key Pad for IKEv2"u8;

    /// <summary>RealMessage | Nonce of the other side | prf(SK_p, RestOfIDPayload).</summary>
    public static byte[] Signed(PrfId prf, byte[] realMessage, byte[] othersNonce, ReadOnlySpan<byte> skP, ReadOnlySpan<byte> restOfId)
    {
        Prf algorithm = Prf.Find(prf)!;
        byte[] macedId = new byte[algorithm.OutputOctets];
        algorithm.Compute(skP, restOfId, macedId);
        return [.. realMessage, .. othersNonce, .. macedId];
    }

    /// <summary>prf(prf(Shared Secret, "Key Pad for IKEv2"), signed octets).</summary>
    public static byte[] OfSharedKey(PrfId prf, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> signedOctets)
    {
        Prf algorithm = Prf.Find(prf)!;
        byte[] padded = new byte[algorithm.OutputOctets];
        algorithm.Compute(secret, KeyPad, padded);
        byte[] proof = new byte[algorithm.OutputOctets];
        algorithm.Compute(padded, signedOctets, proof);
        return proof;
    }

    /// <summary>The ID payload without its generic header: type, three reserved octets, data.</summary>
    public static byte[] RestOf(Identity id) => [(byte)id.Type, 0, 0, 0, .. id.Data];
}
