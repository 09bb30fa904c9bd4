namespace IkeCluster.Crypto;

/// <summary>
/// The seven keys of an IKE SA (RFC 7296 §2.14), kept as the one block they are cut from:
/// {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr}. SK_e* hold the salt where the cipher has one.
/// </summary>
public sealed class IkeKeys : SecretBlock
{
    private readonly ushort _prfOctets;
    private readonly ushort _integrityOctets;
    private readonly ushort _encryptionOctets;

    /// <summary>Copies the block; the lengths are those of SK_d (SK_p* have the same), of SK_a* and of SK_e*, in octets.</summary>
    public IkeKeys(ReadOnlySpan<byte> block, int prfOctets, int integrityOctets, int encryptionOctets)
        : base(block)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(block.Length, (3 * prfOctets) + (2 * (integrityOctets + encryptionOctets)), nameof(block));
        _prfOctets = checked((ushort)prfOctets);
        _integrityOctets = checked((ushort)integrityOctets);
        _encryptionOctets = checked((ushort)encryptionOctets);
    }

    /// <summary>Child SAs, and the next IKE SA, come from it.</summary>
    public SecretSlice SkD => new(this, 0, _prfOctets);

    /// <summary>Empty where the cipher is an AEAD, as <see cref="SkAr"/>.</summary>
    public SecretSlice SkAi => new(this, _prfOctets, _integrityOctets);

    public SecretSlice SkAr => new(this, _prfOctets + _integrityOctets, _integrityOctets);

    /// <summary>Protects what the original initiator sends.</summary>
    public SecretSlice SkEi => new(this, EncryptionOffset, _encryptionOctets);

    public SecretSlice SkEr => new(this, EncryptionOffset + _encryptionOctets, _encryptionOctets);

    /// <summary>Goes into the initiator's AUTH payload (RFC 7296 §2.15).</summary>
    public SecretSlice SkPi => new(this, ProofOffset, _prfOctets);

    public SecretSlice SkPr => new(this, ProofOffset + _prfOctets, _prfOctets);

    private int EncryptionOffset => _prfOctets + (2 * _integrityOctets);

    private int ProofOffset => EncryptionOffset + (2 * _encryptionOctets);
}
