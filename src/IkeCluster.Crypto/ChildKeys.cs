namespace IkeCluster.Crypto;

/// <summary>
/// The keys of a Child SA by who sends under them, "initiator" being whoever began the exchange that made it
/// (RFC 7296 §2.17), kept as the KEYMAT they are cut from. Encryption keys hold the salt; integrity keys are empty where
/// the cipher is an AEAD.
/// </summary>
public sealed class ChildKeys : SecretBlock
{
    private readonly ushort _encryptionOctets;
    private readonly ushort _integrityOctets;

    /// <summary>Copies KEYMAT; the lengths are those of one encryption and one integrity key, in octets.</summary>
    public ChildKeys(ReadOnlySpan<byte> keymat, int encryptionOctets, int integrityOctets)
        : base(keymat)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(keymat.Length, 2 * (encryptionOctets + integrityOctets), nameof(keymat));
        _encryptionOctets = checked((ushort)encryptionOctets);
        _integrityOctets = checked((ushort)integrityOctets);
    }

    public SecretSlice EncryptionInitiator => new(this, 0, _encryptionOctets);

    public SecretSlice IntegrityInitiator => new(this, _encryptionOctets, _integrityOctets);

    public SecretSlice EncryptionResponder => new(this, _encryptionOctets + _integrityOctets, _encryptionOctets);

    public SecretSlice IntegrityResponder => new(this, (2 * _encryptionOctets) + _integrityOctets, _integrityOctets);
}
