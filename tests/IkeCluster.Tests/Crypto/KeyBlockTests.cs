using IkeCluster.Crypto;

namespace IkeCluster.Tests.Crypto;

public sealed class KeyBlockTests
{
    private static readonly byte[] Block = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    [Fact]
    public void The_keys_of_an_IKE_SA_are_cut_in_the_order_of_RFC_7296()
    {
        using var keys = new IkeKeys(Block, prfOctets: 2, integrityOctets: 1, encryptionOctets: 4);
        Assert.Equal([1, 2], keys.SkD.Reveal().ToArray());
        Assert.Equal([3], keys.SkAi.Reveal().ToArray());
        Assert.Equal([4], keys.SkAr.Reveal().ToArray());
        Assert.Equal([5, 6, 7, 8], keys.SkEi.Reveal().ToArray());
        Assert.Equal([9, 10, 11, 12], keys.SkEr.Reveal().ToArray());
        Assert.Equal([13, 14], keys.SkPi.Reveal().ToArray());
        Assert.Equal([15, 16], keys.SkPr.Reveal().ToArray());
    }

    [Fact]
    public void The_keys_of_a_Child_SA_are_cut_in_the_order_of_RFC_7296()
    {
        using var keys = new ChildKeys(Block, encryptionOctets: 5, integrityOctets: 3);
        Assert.Equal(Block[..5], keys.EncryptionInitiator.Reveal().ToArray());
        Assert.Equal(Block[5..8], keys.IntegrityInitiator.Reveal().ToArray());
        Assert.Equal(Block[8..13], keys.EncryptionResponder.Reveal().ToArray());
        Assert.Equal(Block[13..], keys.IntegrityResponder.Reveal().ToArray());
    }

    [Fact]
    public void A_key_of_a_wiped_block_is_refused_and_prints_as_a_word()
    {
        var keys = new ChildKeys(Block, encryptionOctets: 5, integrityOctets: 3);
        SecretSlice key = keys.EncryptionInitiator;
        Assert.Equal("[secret]", $"{key}");
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Reveal().Length);
    }

    [Fact]
    public void A_block_of_another_length_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new IkeKeys(Block, 2, 1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChildKeys(Block, 5, 4));
    }
}
