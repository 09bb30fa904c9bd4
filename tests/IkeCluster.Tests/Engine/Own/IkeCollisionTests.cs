using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>
/// Both sides rekey the IKE SA at once, or one rekeys and the other changes a child or ends it (RFC 7296 §2.8.2, 2.25.2).
/// </summary>
public sealed class IkeCollisionTests : IDisposable
{
    private TwoSides _two = new(esp: "aes256gcm16");

    private Side A => _two.A;

    private Side B => _two.B;

    public void Dispose() => _two.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_children_move_to_the_survivor_and_each_side_deletes_what_is_its_own(bool oursStays)
    {
        Begin(oursStays);
        IkeSaState old = A.Sa;
        A.HandOver();
        B.HandOver();
        Rival rival = A.Sa.Own.Pending!.Rival!;
        IkeSpi ours = A.Sa.Own.Pending.Offer!.IkeSpi();
        Assert.Same(old.Children[0], A.Sa.Children[0]);
        int writes = A.World.Writes.Count;
        byte[] lowest = Collision.Lower(rival.LowestNonce, B.Sa.Own.Pending!.Rival!.LowestNonce).ToArray();
        Assert.Equal(oursStays, lowest.AsSpan().SequenceEqual(rival.LowestNonce));

        B.HandOver();

        IkeSpi stays = oursStays ? ours : rival.Ike!.LocalSpi;
        IkeSpi goes = oursStays ? rival.Ike!.LocalSpi : ours;
        Assert.Equal(
            [(SaWriteKind.Update, old.LocalSpi, (IkeSpi?)null), (SaWriteKind.Insert, stays, old.LocalSpi), (SaWriteKind.Insert, goes, null)],
            A.World.Writes[writes..].Take(3).Select(write => (write.Kind, write.State.LocalSpi, write.MovesLeasesFrom)));
        Assert.Equal((old.Children, old.Facts!.VirtualIps), (A.World.Sas[stays].Children, A.World.Sas[stays].Facts!.VirtualIps));
        Assert.Empty(A.World.Sas[goes].Children);
        Assert.Empty(A.World.Sas[goes].Facts!.VirtualIps);

        // Whoever asked for the one that goes deletes it, and whoever asked for the one that stays deletes the old one.
        Assert.Equal(oursStays, A.World.Sas[old.LocalSpi].Own.Pending is { Kind: OwnRequestKind.DeleteIke });
        Assert.Equal(!oursStays, A.World.Sas[goes].Own.Pending is { Kind: OwnRequestKind.DeleteIke });
        _two.AssertOneOfEach();
        Assert.Equal(stays, A.Sa.LocalSpi);
        Assert.All(A.World.Events.OfType<SaEvent.Ended>(), ended => Assert.Equal(EndCause.Rekeyed, ended.Cause));
    }

    [Fact]
    public void Only_the_peer_sees_the_clash()
    {
        Begin(oursStays: false);
        byte[] theirs = B.Take();
        A.HandOver();
        B.HandOver();

        // RFC 7296 §2.25.2: an SA that we are closing is not rekeyed; B's own request has lost, whatever its nonce.
        B.Deliver(theirs);

        _two.AssertOneOfEach();
        Assert.True(A.Sa.IsInitiator);
        Assert.Contains(B.World.Events.OfType<SaEvent.Collided>(), clash => !clash.KeptOurs);
    }

    [Fact]
    public void The_peer_never_saw_our_request_and_deletes_the_old_sa()
    {
        Begin(oursStays: true);
        A.Lose();
        B.HandOver();
        A.HandOver();
        Assert.Equal(SaPhase.Established, A.Sa.Phase);
        B.HandOver();
        Assert.True(B.Sa.IsInitiator);
        _two.Rest(TimeSpan.FromMinutes(10));
        _two.AssertAgree(children: 1);
        Assert.False(A.Sa.IsInitiator);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_peers_delete_overtakes_its_answer_and_the_redundant_sa_is_deleted_by_us(bool crashes)
    {
        Begin(oursStays: false);
        A.HandOver();
        B.HandOver();
        IkeSpi ours = A.Sa.Own.Pending!.Offer!.IkeSpi();
        byte[] answer = B.Take();
        A.HandOver();
        B.HandOver();
        Assert.False(A.Sa.IsInitiator);
        if (crashes)
        {
            A.Crash(takeover: false);
        }

        B.Deliver(answer);

        Assert.Equal(OwnRequestKind.DeleteIke, A.World.Sas[ours].Own.Pending!.Kind);
        _two.Rest(TimeSpan.FromMinutes(1));
        Assert.Single(B.World.Sas);
        _two.AssertOneOfEach();
    }

    [Fact]
    public void A_crash_in_a_clash_forgets_neither_the_rival_nor_its_keys()
    {
        foreach (bool oursStays in (bool[])[true, false])
        {
            _two.Dispose();
            Begin(oursStays);
            B.HandOver();
            A.Crash();
            Assert.NotNull(A.Sa.Own.Pending!.Rival!.Ike);
            _two.AssertOneOfEach();
            Assert.Equal(oursStays, A.Sa.IsInitiator);
        }
    }

    [Fact]
    public void A_second_rekey_in_a_clash_is_put_off()
    {
        Begin(oursStays: true);
        B.HandOver();
        A.Lose();

        // B forgets its request (another implementation may) and asks anew.
        B.World.Sas[B.Sa.LocalSpi] = B.Sa with { Own = new OwnRequests(B.Sa.Own.NextId.Next) };
        B.RekeyIke();
        B.HandOver();

        A.HandOver();
        A.HandOver();
        Assert.Contains(B.World.Events.OfType<SaEvent.ExchangeDone>(), done => done is { Role: "initiator", Result: "TemporaryFailure" });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void While_we_rekey_the_ike_sa_a_child_of_the_peer_is_put_off_and_the_other_way_round(bool weRekeyIke)
    {
        (Side ike, Side child) = weRekeyIke ? (A, B) : (B, A);
        ike.RekeyIke();
        child.RekeyChild();
        child.HandOver();
        ike.HandOver();
        Assert.All(
            A.World.Events.Concat(B.World.Events).OfType<SaEvent.ExchangeDone>(), done => Assert.Equal("TemporaryFailure", done.Result));

        _two.Settle();
        Assert.True(A.Sa.Own.IsFree && B.Sa.Own.IsFree);

        // Both ask again, each after a wait of its own.
        _two.Rest(TimeSpan.FromMinutes(10));
        _two.AssertAgree(children: 1);
        Assert.Equal(weRekeyIke, A.Sa.IsInitiator);
        Assert.Equal(!weRekeyIke, A.Child.IsInitiator);
    }

    [Fact]
    public void The_peer_deletes_a_child_while_we_rekey_the_ike_sa()
    {
        B.DeleteChild();
        A.RekeyIke();
        B.HandOver();
        Assert.Empty(A.Sa.Children);
        _two.Rest(TimeSpan.FromMinutes(10));
        _two.AssertAgree(children: 0);
    }

    [Fact]
    public void The_peer_deletes_the_ike_sa_that_we_rekey()
    {
        B.DeleteIke();
        A.RekeyIke();
        B.HandOver();
        Assert.Empty(A.World.Sas);
        A.HandOver();
        A.HandOver();
        _two.Settle();
        Assert.Empty(B.World.Sas);
        Assert.Empty(A.World.Installed.Concat(B.World.Installed));
    }

    [Fact]
    public void An_operator_ends_the_sa_while_its_rekey_is_under_way()
    {
        A.RekeyIke();
        A.DeleteIke();
        _two.Settle();
        Assert.Empty(A.World.Sas);
        Assert.Empty(B.World.Sas);
        Assert.Empty(A.World.Installed.Concat(B.World.Installed));
    }

    [Fact]
    public void Both_delete_the_ike_sa()
    {
        A.DeleteIke();
        B.DeleteIke();
        A.HandOver();
        B.HandOver();
        _two.Settle();
        Assert.Empty(A.World.Sas);
        Assert.Empty(B.World.Sas);
    }

    private void Begin(bool oursStays)
    {
        for (ulong seed = 1; ; seed++)
        {
            using var rehearsal = new TwoSides(esp: "aes256gcm16", seed: seed);
            rehearsal.A.RekeyIke();
            rehearsal.B.RekeyIke();
            rehearsal.Settle();
            if (rehearsal.A.Sa.IsInitiator == oursStays)
            {
                _two = new TwoSides(esp: "aes256gcm16", seed: seed);
                A.RekeyIke();
                B.RekeyIke();
                return;
            }
        }
    }
}
