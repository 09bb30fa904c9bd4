using IkeCluster.Cluster.Actors;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Actors;

public sealed class TimerWheelTests
{
    private static readonly Instant Start = new(1_790_000_000_123_456);
    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(1024);

    private readonly TimerWheel<int> _wheel = new(Start);

    [Fact]
    public void A_deadline_fires_once_and_never_early()
    {
        _wheel.Set(Start + TimeSpan.FromSeconds(30), 7);

        Assert.Empty(Expire(Start + TimeSpan.FromMilliseconds(29_999)));
        Assert.Equal([7], Expire(Start + TimeSpan.FromSeconds(30) + Tick));
        Assert.Empty(Expire(Start + TimeSpan.FromDays(1)));
        Assert.Equal(0, _wheel.Count);
    }

    [Fact]
    public void A_deadline_in_the_past_fires_at_the_next_tick()
    {
        _wheel.Set(Start - TimeSpan.FromHours(1), 1);

        Assert.Equal([1], Expire(Start + Tick));
    }

    [Fact]
    public void A_deadline_that_is_set_again_each_time_it_fires_does_not_hold_the_loop()
    {
        Instant now = Start + TimeSpan.FromMilliseconds(100);
        Expire(now);
        _wheel.Set(now, 1);
        int fired = 0;
        for (int tick = 1; tick <= 10; tick++)
        {
            while (_wheel.TryExpire(now + (Tick * tick), out int key))
            {
                fired++;
                _wheel.Set(now, key);
            }
        }

        Assert.InRange(fired, 9, 11);
    }

    [Fact]
    public void A_cancelled_deadline_does_not_fire_and_its_handle_is_spent()
    {
        TimerHandle handle = _wheel.Set(Start + TimeSpan.FromSeconds(1), 1);
        _wheel.Set(Start + TimeSpan.FromSeconds(1), 2);

        Assert.True(_wheel.Cancel(handle));
        Assert.False(_wheel.Cancel(handle));
        Assert.Equal([2], Expire(Start + TimeSpan.FromSeconds(2)));
        Assert.False(_wheel.Cancel(default));
    }

    [Fact]
    public void A_handle_does_not_cancel_the_deadline_that_took_its_place()
    {
        TimerHandle first = _wheel.Set(Start + TimeSpan.FromSeconds(1), 1);
        _wheel.Cancel(first);
        _wheel.Set(Start + TimeSpan.FromSeconds(1), 2);

        Assert.False(_wheel.Cancel(first));
        Assert.Equal([2], Expire(Start + TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void A_deadline_that_has_expired_can_be_cancelled_until_it_is_taken()
    {
        _wheel.Set(Start + TimeSpan.FromSeconds(1), 1);
        TimerHandle second = _wheel.Set(Start + TimeSpan.FromSeconds(1), 2);
        Assert.True(_wheel.TryExpire(Start + TimeSpan.FromSeconds(2), out int first));

        Assert.Equal(1, first);
        Assert.True(_wheel.Cancel(second));
        Assert.Empty(Expire(Start + TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Deadlines_of_one_tick_fire_in_the_order_of_setting()
    {
        Instant due = Start + TimeSpan.FromMinutes(10);
        for (int key = 0; key < 100; key++)
        {
            _wheel.Set(due, key);
        }

        Assert.Equal(Enumerable.Range(0, 100), Expire(due + Tick));
    }

    [Fact]
    public void Never_sets_nothing()
    {
        Assert.True(_wheel.Set(Instant.Never, 1).IsNone);
        Assert.Equal(Instant.Never, _wheel.Next);
    }

    [Fact]
    public void The_farthest_deadlines_are_kept()
    {
        _wheel.Set(Start + TimeSpan.FromDays(365 * 200), 1);
        _wheel.Set(Start + TimeSpan.FromDays(365 * 20), 2);

        Assert.Empty(Expire(Start + TimeSpan.FromDays((365 * 20) - 1)));
        Assert.Equal([2], Expire(Start + TimeSpan.FromDays((365 * 20) + 1)));
        Assert.Equal([1], Expire(Start + TimeSpan.FromDays(365 * 40)));
    }

    /// <summary>The reference is a sorted list; steps of the clock are of every size, so that every level is crossed.</summary>
    [Theory]
    [InlineData(1UL)]
    [InlineData(0x5EEDUL)]
    [InlineData(0xC0FFEEUL)]
    public void It_fires_what_a_sorted_list_would(ulong seed)
    {
        var random = new TestRandom(seed);
        var expected = new List<(long DueTick, int Key, TimerHandle Handle)>();
        Instant now = Start;
        for (int step = 0, key = 0; step < 3_000; step++)
        {
            for (int i = random.Below(4); i > 0; i--)
            {
                Instant at = now + TimeSpan.FromMicroseconds(random.Spread(34));
                long dueTick = Math.Max(((at.Microseconds - 1) >> 10) + 1, (now.Microseconds >> 10) + 1);
                expected.Add((dueTick, key, _wheel.Set(at, key)));
                key++;
            }

            if (expected.Count > 0 && random.Below(5) == 0)
            {
                int victim = random.Below(expected.Count);
                Assert.True(_wheel.Cancel(expected[victim].Handle));
                expected.RemoveAt(victim);
            }

            Instant wake = _wheel.Next;
            Assert.All(expected, one => Assert.True(wake.Microseconds >> 10 <= one.DueTick));
            now = random.Below(3) == 0 && wake != Instant.Never ? wake : now + TimeSpan.FromMicroseconds(random.Spread(32));
            long tick = now.Microseconds >> 10;
            int[] due = [.. expected.Where(one => one.DueTick <= tick).OrderBy(one => one.DueTick).Select(one => one.Key)];
            int[] fired = [.. Expire(now)];
            Assert.Equal(due.Order(), fired.Order());
            Assert.Equal(DueTicks(due), DueTicks(fired));
            expected.RemoveAll(one => one.DueTick <= tick);
            Assert.Equal(expected.Count, _wheel.Count);
        }

        IEnumerable<long> DueTicks(int[] keys) => keys.Select(key => expected.Find(one => one.Key == key).DueTick);
    }

    private List<int> Expire(Instant now)
    {
        var fired = new List<int>();
        while (_wheel.TryExpire(now, out int key))
        {
            fired.Add(key);
        }

        return fired;
    }
}
