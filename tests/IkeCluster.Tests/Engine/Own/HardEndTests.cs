using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>What this side ends has an end, also with a peer that goes on speaking and never answers (RFC 7296 §2.1, 2.4).</summary>
public sealed class HardEndTests : IDisposable
{
    private readonly TwoSides _two = new(policy => policy with { DpdDelay = TimeSpan.FromSeconds(30), DpdTimeout = TimeSpan.FromSeconds(165) });

    private readonly IkeSpi _spi;

    public HardEndTests() => _spi = A.Sa.LocalSpi;

    private Side A => _two.A;

    private Side B => _two.B;

    public void Dispose() => _two.Dispose();

    [Fact]
    public void A_peer_that_speaks_and_never_answers_is_given_up_after_dpd_timeout()
    {
        Instant until = AskLiveness() + TimeSpan.FromSeconds(240);

        SpeakUntil(until);

        Assert.Empty(A.World.Sas);
        Assert.Equal(EndCause.NoAnswer, A.World.Events.OfType<SaEvent.Ended>().Single().Cause);
        Assert.Empty(A.World.Installed);
    }

    [Fact]
    public void An_order_to_end_that_waits_for_such_a_peer_is_carried_out_with_the_schedule()
    {
        Instant until = AskLiveness() + TimeSpan.FromSeconds(240);
        A.DeleteIke();

        SpeakUntil(until);

        Assert.Empty(A.World.Sas);
        Assert.Empty(A.World.Installed);
    }

    [Fact]
    public void A_peer_heard_just_before_is_not_given_up_before_dpd_timeout()
    {
        Instant asked = AskLiveness();
        SpeakUntil(asked + TimeSpan.FromSeconds(164));
        Assert.Single(A.World.Sas);
        _two.Settle();
        _two.AssertAgree(children: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_ike_sa_past_its_lifetime_carries_nothing_more_while_a_request_of_ours_waits(bool isLogin)
    {
        Instant end = AskLiveness() + TimeSpan.FromSeconds(10);
        Set(A.Sa with { Facts = isLogin ? A.Sa.Facts! with { LoginEndsAt = end } : A.Sa.Facts! with { ExpireAt = end } });

        SpeakUntil(end);

        Assert.Equal(SaPhase.Deleting, A.World.Sas[_spi].Phase);
        Assert.Empty(A.World.Installed);

        // The answer comes after all, and the peer is told.
        _two.Settle();
        Assert.Empty(A.World.Sas);
        Assert.Empty(B.World.Sas);
        Assert.Equal(EndCause.Expired, A.World.Events.OfType<SaEvent.Ended>().Single().Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_child_past_its_lifetime_leaves_while_a_request_of_ours_waits_and_its_delete_follows(bool byDataPlane)
    {
        Instant end = AskLiveness() + TimeSpan.FromSeconds(10);
        ChildSa child = A.Child;
        if (byDataPlane)
        {
            A.Order(new IkeInput.ChildExpiring(child.InboundSpi, IsHard: true));
        }
        else
        {
            Set(A.Sa with { Children = [child with { ExpireAt = end }] });
            SpeakUntil(end);
        }

        Assert.Empty(A.World.Installed);
        Assert.Equal([child.InboundSpi], A.Sa.Own.Dropped);
        A.Crash(takeover: false);
        Assert.Equal([child.InboundSpi], A.Sa.Own.Dropped);
        _two.Settle();
        _two.AssertAgree(children: 0);
        Assert.Single(A.World.Events.OfType<SaEvent.ChildRemoved>());
    }

    [Fact]
    public void An_ike_sa_that_ends_while_its_rekey_waits_takes_the_new_one_with_it()
    {
        A.RekeyIke();
        Set(A.Sa with { Facts = A.Sa.Facts! with { ExpireAt = A.World.Clock.Now } });
        A.Wake(_spi);
        Assert.Empty(A.World.Installed);

        _two.Rest(TimeSpan.FromMinutes(10));

        Assert.Empty(A.World.Sas);
        Assert.Empty(B.World.Sas);
    }

    [Fact]
    public void A_child_that_is_made_for_an_ike_sa_on_its_way_out_is_not_installed()
    {
        A.RekeyChild();
        A.DeleteIke();
        int before = A.World.Events.OfType<SaEvent.ChildInstalled>().Count();

        _two.Rest(TimeSpan.FromMinutes(10));

        Assert.Equal(before, A.World.Events.OfType<SaEvent.ChildInstalled>().Count());
        Assert.Empty(A.World.Sas);
        Assert.Empty(B.World.Sas);
    }

    /// <summary>Our question is on the wire, and stays there.</summary>
    private Instant AskLiveness()
    {
        _two.Advance(TimeSpan.FromSeconds(31));
        A.Wake(_spi);
        Assert.Equal(OwnRequestKind.Liveness, A.Sa.Own.Pending!.Kind);
        return A.World.Clock.Now;
    }

    /// <summary>The peer asks every 20 seconds, is answered, and answers nothing; our timers fire when they are due.</summary>
    private void SpeakUntil(Instant until)
    {
        byte[] asked = A.Wire.Count > 0 ? A.Take() : [];
        while (A.World.Clock.Now < until && A.World.Sas.ContainsKey(_spi))
        {
            Instant next = A.World.Clock.Now + TimeSpan.FromSeconds(20);
            next = next < until ? next : until;
            while (A.World.WakeAt.TryGetValue(_spi, out Instant timer) && timer <= next)
            {
                _two.Advance(timer > A.World.Clock.Now ? timer - A.World.Clock.Now : TimeSpan.Zero);
                A.Wake(_spi);
            }

            _two.Advance(next - A.World.Clock.Now);
            if (A.World.Sas.ContainsKey(_spi))
            {
                Speak();
            }
        }

        A.Wire.Clear();
        if (A.World.Sas.ContainsKey(_spi))
        {
            A.Wire.Enqueue(asked);
        }
    }

    private void Speak()
    {
        A.Wire.Clear();
        B.World.Turn(B.Sa with { HeardAt = B.World.Clock.Now - TimeSpan.FromHours(1) }, new IkeInput.TimerFired());
        B.Wake(B.Sa.LocalSpi);
        B.HandOver();
        A.HandOver();
    }

    private void Set(IkeSaState state)
    {
        A.World.Sas[_spi] = state;
        A.World.WakeAt[_spi] = A.World.Clock.Now;
    }
}
