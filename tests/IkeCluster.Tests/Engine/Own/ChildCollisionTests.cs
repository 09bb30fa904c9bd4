using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>
/// Both sides rekey one child at once (RFC 7296 §2.8.1): each interleaving by name. The orders nobody thought of are in
/// <see cref="EveryOrderTests"/>.
/// </summary>
public sealed class ChildCollisionTests : IDisposable
{
    private TwoSides _two = new(esp: "aes256gcm16");

    private Side A => _two.A;

    private Side B => _two.B;

    public void Dispose() => _two.Dispose();

    [Fact]
    public void The_lowest_of_four_nonces_names_the_exchange_that_is_redundant()
    {
        Assert.True(Collision.IsRedundant([1, 9], [5], [2]));
        Assert.True(Collision.IsRedundant([5], [1, 9], [2]));
        Assert.False(Collision.IsRedundant([3], [5], [2, 9]));

        // Octet by octet, without regard to signs and lengths.
        Assert.True(Collision.IsRedundant([0x7f, 0xff], [0xff], [0x80]));
        Assert.True(Collision.IsRedundant([1, 2], [9], [1, 2, 0]));
        Assert.False(Collision.IsRedundant([1, 2, 0], [9], [1, 2]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_see_the_clash_and_each_deletes_what_is_its_own(bool oursStays)
    {
        Begin(oursStays);
        EspSpi old = A.Child.InboundSpi;
        A.HandOver();
        B.HandOver();
        EspSpi ours = A.Sa.Own.Pending!.Offer!.ChildSpi();
        EspSpi theirs = A.Sa.Own.Pending.Rival!.Child;
        Assert.Equal(oursStays, IsOursHigher());

        // B's answer to ours decides: the loser of ours goes, or the old child does. Never the peer's.
        B.HandOver();

        Assert.Equal(oursStays ? old : ours, A.Sa.Own.Pending!.Child);
        Assert.Equal(oursStays, A.World.Installed.Contains(ours));
        Assert.Equal(oursStays, A.World.Events.OfType<SaEvent.Collided>().Single().KeptOurs);
        Assert.Contains(old, A.World.Installed);
        _two.AssertOneOfEach();
        Assert.Equal(oursStays ? ours : theirs, A.Child.InboundSpi);
    }

    [Fact]
    public void The_losers_delete_comes_before_the_winner_knows_of_a_clash()
    {
        Begin(oursStays: true);
        A.HandOver();
        byte[] ourAnswer = B.Wire.Last();
        B.HandOver();
        byte[] late = B.Take();
        Assert.Equal(ourAnswer, late);

        // B has both answers and deletes the child that it made, while A still waits.
        A.HandOver();
        EspSpi theirs = A.Sa.Own.Pending!.Rival!.Child;
        B.HandOver();
        Assert.DoesNotContain(theirs, A.World.Installed);
        Assert.Empty(A.World.Events.OfType<SaEvent.Collided>());

        B.Deliver(late);
        _two.AssertOneOfEach();
    }

    [Fact]
    public void Only_the_peer_sees_the_clash()
    {
        // B's request is lost at first; A has its answer and deletes the old child before the repeat arrives.
        Begin(oursStays: false);
        byte[] theirs = B.Take();
        A.HandOver();
        B.HandOver();
        A.HandOver();

        // RFC 7296 §2.25.1: a child that we delete is not rekeyed.
        B.Deliver(theirs);

        Assert.Empty(A.World.Events.OfType<SaEvent.Collided>());
        _two.AssertOneOfEach();
        Assert.True(A.Child.IsInitiator);
    }

    [Fact]
    public void The_peer_never_saw_our_request_and_deletes_the_old_child()
    {
        Begin(oursStays: false);
        byte[] ours = A.Take();
        B.HandOver();
        A.HandOver();
        B.HandOver();
        A.HandOver();
        Assert.Single(A.World.Installed);

        // CHILD_SA_NOT_FOUND: what the peer made is there already, so nothing more is made.
        A.Deliver(ours);
        _two.AssertOneOfEach();
        Assert.False(A.Child.IsInitiator);
    }

    [Fact]
    public void A_crash_in_a_clash_forgets_neither_the_rival_nor_the_nonces()
    {
        foreach (bool oursStays in (bool[])[true, false])
        {
            _two.Dispose();
            Begin(oursStays);
            B.HandOver();
            byte[] lowest = A.Sa.Own.Pending!.Rival!.LowestNonce;
            A.Crash();
            Assert.Equal(lowest, A.Sa.Own.Pending!.Rival!.LowestNonce);
            _two.AssertOneOfEach();
            Assert.Equal(oursStays, A.Child.IsInitiator);
        }
    }

    [Fact]
    public void Our_draft_yields_to_a_rekey_of_the_peer()
    {
        using var two = new TwoSides();
        two.A.World.HoldsWork = true;
        two.A.RekeyChild();
        two.A.World.HoldsWork = false;
        two.B.RekeyChild();
        two.B.HandOver();
        two.A.World.FinishWork();
        two.AssertOneOfEach();
        Assert.Empty(two.A.World.Events.OfType<SaEvent.Collided>());
    }

    [Fact]
    public void We_delete_a_child_that_the_peer_rekeys()
    {
        A.DeleteChild();
        B.RekeyChild();
        B.HandOver();

        // TEMPORARY_FAILURE: and then there is nothing left to rekey.
        A.HandOver();
        A.HandOver();
        B.HandOver();
        _two.Rest(TimeSpan.FromMinutes(10));
        _two.AssertAgree(children: 0);
        Assert.Contains(B.World.Events.OfType<SaEvent.ExchangeDone>(), done => done is { Role: "initiator", Result: "TemporaryFailure" });
    }

    [Fact]
    public void The_peer_deletes_a_child_that_we_rekey()
    {
        B.DeleteChild();
        A.RekeyChild();
        B.HandOver();
        Assert.Empty(A.Sa.Children);
        A.HandOver();
        B.HandOver();
        _two.Rest(TimeSpan.FromMinutes(10));
        _two.AssertAgree(children: 0);
    }

    [Fact]
    public void Both_delete_one_child_and_neither_answer_names_it_again()
    {
        A.DeleteChild();
        B.DeleteChild();
        _two.Settle();
        _two.AssertAgree(children: 0);
    }

    /// <summary>Both requests are on the wire, of a clash that ends as asked.</summary>
    private void Begin(bool oursStays)
    {
        for (ulong seed = 1; ; seed++)
        {
            using var rehearsal = new TwoSides(esp: "aes256gcm16", seed: seed);
            rehearsal.A.RekeyChild();
            rehearsal.B.RekeyChild();
            rehearsal.Settle();
            if (rehearsal.A.Child.IsInitiator == oursStays)
            {
                _two = new TwoSides(esp: "aes256gcm16", seed: seed);
                A.RekeyChild();
                B.RekeyChild();
                return;
            }
        }
    }

    /// <summary>From the octets themselves: the peer's exchange has a nonce below both of ours.</summary>
    private bool IsOursHigher()
    {
        OwnRequest ours = A.Sa.Own.Pending!;
        OwnRequest theirs = B.Sa.Own.Pending!;
        byte[] ourLowest = theirs.Rival!.LowestNonce;
        byte[] theirLowest = ours.Rival!.LowestNonce;
        return string.CompareOrdinal(Convert.ToHexString(theirLowest), Convert.ToHexString(ourLowest)) < 0;
    }
}
