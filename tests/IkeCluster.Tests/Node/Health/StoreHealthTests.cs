using IkeCluster.Node.Health;
using IkeCluster.Tests.Node.Events;

namespace IkeCluster.Tests.Node.Health;

/// <summary>A store that is away: told once, and again while it lasts, and with what to do.</summary>
public sealed class StoreHealthTests
{
    private readonly SetClock _clock = new();
    private readonly RecordedLog _log = new();
    private readonly StoreHealth _health;

    public StoreHealthTests() => _health = new StoreHealth(_log, _clock);

    [Fact]
    public void A_trouble_is_told_once_and_again_after_a_minute()
    {
        for (int second = 0; second < 90; second++)
        {
            _health.Away("the disk is full");
            _clock.Now += TimeSpan.FromSeconds(1);
        }

        Assert.Equal(Enumerable.Repeat("Store: the disk is full", 2), _log.Lines);
    }

    [Fact]
    public void Another_trouble_is_told_at_once()
    {
        _health.Away("the disk is full");
        _health.Trouble("a row cannot be read");
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public void The_end_of_an_outage_is_told_once()
    {
        _health.Committed();
        _health.Away("the disk is full");
        _clock.Now += TimeSpan.FromSeconds(12);
        Assert.Equal(
            "the store has taken no commit for 12 s (the disk is full): logins and rekeys wait, liveness is answered; see to the room and the rights of /data",
            _health.Describe("/data"));
        _health.Committed();
        _health.Committed();

        Assert.Equal(["Store: the disk is full", "Store: commits come through again after 12 s"], _log.Lines);
    }

    [Fact]
    public void What_is_no_outage_has_no_end()
    {
        _health.Trouble("a commit met another's");
        _health.Committed();
        Assert.Single(_log.Lines);
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
