using System.Collections.Concurrent;
using IkeCluster.Crypto;
using IkeCluster.Engine.Work;
using IkeCluster.Node;
using IkeCluster.Protocol.Proposals;
using Microsoft.Extensions.Logging.Abstractions;

namespace IkeCluster.Tests.Node;

public sealed class SlowWorkPoolTests
{
    /// <summary>No group has this number: the sum throws.</summary>
    private const KeyExchangeMethod NoSuchGroup = (KeyExchangeMethod)0xFFFE;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_sum_that_throws_is_answered_and_its_thread_does_the_next(int threads)
    {
        using var pool = new SlowWorkPool(threads, NullLogger.Instance);
        using var home = new BlockingCollection<Action>();
        List<WorkResult> results = [];
        foreach (KeyExchangeMethod method in (KeyExchangeMethod[])[NoSuchGroup, KeyExchangeMethod.Ecp384])
        {
            Assert.True(pool.For(answer => home.Add(answer)).TryStart(new SlowWork.MakeKeyPair(method, Seed(method)), results.Add));
            if (threads > 0)
            {
                Assert.True(home.TryTake(out Action? answer, TimeSpan.FromSeconds(30)), "no answer came home");
                answer();
            }
        }

        Assert.IsType<WorkResult.Failed>(results[0]);
        Assert.IsType<WorkResult.KeyPair>(results[1]).Pair.Dispose();
    }

    private static SecretBytes Seed(KeyExchangeMethod method)
    {
        var seed = new SecretBytes(method == NoSuchGroup ? 32 : IkeCluster.Crypto.KeyExchange.KeyExchange.PrivateSeedOctets(method));
        seed.Reveal().Fill(7);
        return seed;
    }
}
