using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using IkeCluster.Crypto.Ciphers;

namespace IkeCluster.Tests.Crypto;

public sealed class AesBlockTests
{
    // FIPS 197, appendices B and C.1.
    [Theory]
    [InlineData("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32")]
    [InlineData("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a")]
    public void The_examples_of_FIPS_197_agree(string key, string plain, string cipher)
    {
        using var aes = new AesBlock(Convert.FromHexString(key));

        Assert.Equal(Convert.FromHexString(cipher), Encrypt(aes, Convert.FromHexString(plain)));
    }

    [Fact]
    public void Any_key_and_block_agree_with_the_base_class_library()
    {
        Gen<byte[]> sixteen = Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>(), 16);
        Prop.ForAll(sixteen.ToArbitrary(), sixteen.ToArbitrary(), (key, block) =>
        {
            using var ours = new AesBlock(key);
            using var theirs = Aes.Create();
            theirs.SetKey(key);
            return Encrypt(ours, block).SequenceEqual(theirs.EncryptEcb(block, PaddingMode.None));
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));
    }

    private static byte[] Encrypt(AesBlock aes, byte[] block)
    {
        byte[] cipher = new byte[16];
        aes.Encrypt(Vector128.Create(block)).CopyTo(cipher);
        return cipher;
    }
}
