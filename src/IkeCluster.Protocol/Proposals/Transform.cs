namespace IkeCluster.Protocol.Proposals;

/// <summary>
/// One transform of a proposal (RFC 7296 §3.3.2). <paramref name="KeyLengthBits"/> is the Key Length attribute, 0 where
/// the transform carries none.
/// </summary>
public readonly record struct Transform(TransformType Type, ushort Id, ushort KeyLengthBits = 0)
{
    public static Transform Encr(EncryptionId id, ushort keyLengthBits = 0) => new(TransformType.Encr, (ushort)id, keyLengthBits);

    public static Transform Prf(PrfId id) => new(TransformType.Prf, (ushort)id);

    public static Transform Integ(IntegrityId id) => new(TransformType.Integ, (ushort)id);

    public static Transform KeyExchange(KeyExchangeMethod method) => new(TransformType.KeyExchange, (ushort)method);

    public static Transform Esn(SequenceNumbersId id) => new(TransformType.SequenceNumbers, (ushort)id);
}
