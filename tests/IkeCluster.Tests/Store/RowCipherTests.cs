using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;

namespace IkeCluster.Tests.Store;

public sealed class RowCipherTests
{
    private static readonly RowSeat Seat = new(new ShardId(3), new IkeSpi(0x1122334455667788), 9, new Epoch(4));
    private static readonly byte[] Plain = [.. Enumerable.Range(0, 200).Select(octet => (byte)octet)];

    private readonly RowCipher _cipher = StoreFolder.Cipher(new CountingEntropy());

    [Fact]
    public void A_sealed_row_opens_in_its_seat() => Assert.Equal(Plain, Open(Seat, _cipher.Seal(Seat, Plain)));

    [Fact]
    public void A_row_of_nothing_is_sealed_too() => Assert.Empty(Open(Seat, _cipher.Seal(Seat, []))!);

    [Fact]
    public void A_row_opens_in_no_other_seat()
    {
        byte[] blob = _cipher.Seal(Seat, Plain);
        Assert.Null(Open(Seat with { Shard = new ShardId(2) }, blob));
        Assert.Null(Open(Seat with { LocalSpi = new IkeSpi(1) }, blob));
        Assert.Null(Open(Seat with { RowVersion = 8 }, blob));
        Assert.Null(Open(Seat with { Epoch = new Epoch(5) }, blob));
    }

    [Fact]
    public void A_row_with_any_octet_changed_does_not_open()
    {
        byte[] blob = _cipher.Seal(Seat, Plain);
        for (int i = 0; i < blob.Length; i++)
        {
            blob[i] ^= 1;
            Assert.Null(Open(Seat, blob));
            blob[i] ^= 1;
        }
    }

    [Fact]
    public void A_row_that_is_cut_short_does_not_open()
    {
        byte[] blob = _cipher.Seal(Seat, Plain);
        for (int length = 0; length < blob.Length; length++)
        {
            Assert.Null(Open(Seat, blob[..length]));
        }
    }

    [Fact]
    public void Another_format_and_a_key_nobody_has_do_not_open()
    {
        byte[] blob = _cipher.Seal(Seat, Plain);
        Assert.Null(_cipher.Open(RowCipher.Format + 1, 1, Seat, blob));
        Assert.Null(_cipher.Open(RowCipher.Format, 2, Seat, blob));
        Assert.Null(StoreFolder.Cipher(new CountingEntropy(), filler: 0x77).Open(RowCipher.Format, 1, Seat, blob));
    }

    [Fact]
    public void The_same_row_sealed_twice_shares_neither_salt_nor_ciphertext()
    {
        byte[] first = _cipher.Seal(Seat, Plain);
        byte[] second = _cipher.Seal(Seat, Plain);
        Assert.NotEqual(first[..24], second[..24]);
        Assert.NotEqual(first[24..], second[24..]);
    }

    [Fact]
    public void The_newest_key_seals_and_older_ones_still_open()
    {
        RowCipher before = StoreFolder.Cipher(new CountingEntropy(), (1, 11));
        RowCipher after = StoreFolder.Cipher(new CountingEntropy(), (1, 11), (2, 22));
        Assert.Equal(Plain, after.Open(RowCipher.Format, 1, Seat, before.Seal(Seat, Plain)));
        Assert.Equal(Plain, after.Open(RowCipher.Format, 2, Seat, after.Seal(Seat, Plain)));
        Assert.Null(after.Open(RowCipher.Format, 1, Seat, after.Seal(Seat, Plain)));
    }

    private byte[]? Open(RowSeat seat, byte[] blob) => _cipher.Open(RowCipher.Format, 1, seat, blob);
}
