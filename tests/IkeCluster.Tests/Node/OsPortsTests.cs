using IkeCluster.Node;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Node;

public sealed class OsPortsTests
{
    [Fact]
    public void The_clock_starts_at_the_wall_clock_and_never_goes_back()
    {
        var clock = new NodeClock();
        Instant before = clock.Now;
        for (int i = 0; i < 10_000; i++)
        {
            Instant now = clock.Now;
            Assert.True(now >= before);
            before = now;
        }

        Assert.True((DateTime.UtcNow - before.ToUtc()).Duration() < TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(5000)]
    public void Draws_of_any_length_are_filled_to_the_end(int octets)
    {
        using var entropy = new OsEntropy();
        byte[] seen = new byte[octets];
        for (int draw = 0; draw < 40; draw++)
        {
            byte[] drawn = new byte[octets];
            entropy.FillSecret(drawn);
            for (int i = 0; i < octets; i++)
            {
                seen[i] |= drawn[i];
            }
        }

        Assert.All(seen, octet => Assert.NotEqual(0, octet));
    }

    // A number drawn twice would be a nonce used twice.
    [Fact]
    public void Nothing_is_drawn_twice_not_even_by_two_threads()
    {
        using var entropy = new OsEntropy();
        long[][] drawn = new long[4][];
        Parallel.For(0, drawn.Length, thread => drawn[thread] = Draw(entropy, thread % 2 == 0));

        Assert.Equal(40_000, drawn.SelectMany(numbers => numbers).Distinct().Count());
    }

    private static long[] Draw(OsEntropy entropy, bool isPublic)
    {
        long[] numbers = new long[10_000];
        byte[] octets = new byte[8];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (isPublic)
            {
                entropy.FillPublic(octets);
            }
            else
            {
                entropy.FillSecret(octets);
            }

            numbers[i] = BitConverter.ToInt64(octets);
        }

        return numbers;
    }
}
