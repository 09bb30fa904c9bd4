using IkeCluster.Crypto;

namespace IkeCluster.Tests.Crypto;

public sealed class SecretBytesTests
{
    [Fact]
    public void A_secret_prints_as_a_word()
    {
        using SecretBytes secret = SecretBytes.CopyOf([1, 2, 3]);
        Assert.Equal("[secret]", secret.ToString());
        Assert.Equal("[secret]", $"{secret}");
    }

    [Fact]
    public void A_secret_compares_by_its_octets()
    {
        using SecretBytes secret = SecretBytes.CopyOf([1, 2, 3]);
        Assert.True(secret.FixedTimeEquals([1, 2, 3]));
        Assert.False(secret.FixedTimeEquals([1, 2, 4]));
        Assert.False(secret.FixedTimeEquals([1, 2]));
    }

    [Fact]
    public void A_wiped_secret_is_zero_and_is_not_shown_again()
    {
        SecretBytes secret = SecretBytes.CopyOf([1, 2, 3]);
        ReadOnlySpan<byte> octets = secret.Reveal();
        secret.Dispose();
        Assert.True(octets.SequenceEqual((byte[])[0, 0, 0]));
        Assert.Throws<ObjectDisposedException>(() => secret.Reveal().Length);
    }
}
