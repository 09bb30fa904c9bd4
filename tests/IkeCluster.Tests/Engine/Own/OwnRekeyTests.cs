using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>Rekeys that this side begins, without a clash (RFC 7296 §1.3.2, 1.3.3, 2.8).</summary>
public sealed class OwnRekeyTests : IDisposable
{
    private readonly TwoSides _two = new();

    private Side A => _two.A;

    private Side B => _two.B;

    public void Dispose() => _two.Dispose();

    [Theory]
    [InlineData("aes256gcm16")]
    [InlineData("aes256gcm16-x25519")]
    [InlineData("aes128-sha256-modp2048")]
    [InlineData("aes256gcm16-esn-ecp256")]
    public void A_child_whose_time_has_come_is_replaced_and_its_old_half_deleted_by_us(string esp)
    {
        using var two = new TwoSides(esp: esp);
        ChildSa old = two.A.Child;

        two.A.RekeyChild();
        two.AssertOneOfEach();

        Assert.NotEqual(old.InboundSpi, two.A.Child.InboundSpi);
        Assert.Equal([.. old.LocalTs, .. old.RemoteTs], (IEnumerable<TrafficSelector>)[.. two.A.Child.LocalTs, .. two.A.Child.RemoteTs]);
        Assert.True(two.A.Child.IsInitiator);
        Assert.Equal(EngineWorld.Proposals(esp, SecurityProtocol.Esp).Transforms, two.A.Child.Proposal.Transforms);
    }

    [Fact]
    public void The_old_child_carries_the_traffic_until_the_new_one_is_in()
    {
        EspSpi old = A.Child.InboundSpi;
        A.RekeyChild();
        Assert.Equal([old], A.World.Installed);
        A.HandOver();
        Assert.Equal(2, B.World.Installed.Count);
        B.HandOver();
        Assert.Equal(2, A.World.Installed.Count);
        _two.AssertOneOfEach();
    }

    [Fact]
    public void An_ike_sa_whose_time_has_come_is_replaced_in_one_commit_and_its_old_half_deleted_by_us()
    {
        IkeSaState old = A.Sa;
        A.RekeyIke();
        A.HandOver();
        int writes = A.World.Writes.Count;
        B.HandOver();

        Assert.Equal(
            [(SaWriteKind.Update, old.LocalSpi, (IkeSpi?)null), (SaWriteKind.Insert, A.Sa.LocalSpi, old.LocalSpi)],
            A.World.Writes[writes..].Select(write => (write.Kind, write.State.LocalSpi, write.MovesLeasesFrom)));
        Assert.Equal((old.Children, old.Facts!.VirtualIps), (A.Sa.Children, A.Sa.Facts!.VirtualIps));
        Assert.Equal(OwnRequestKind.DeleteIke, A.World.Sas[old.LocalSpi].Own.Pending!.Kind);
        _two.AssertOneOfEach();
        Assert.True(A.Sa.IsInitiator);
        Assert.All(A.World.Events.OfType<SaEvent.Ended>(), ended => Assert.Equal(EndCause.Rekeyed, ended.Cause));

        // And again, the other way round and as the new initiator.
        B.RekeyIke();
        _two.AssertOneOfEach();
        B.RekeyChild();
        _two.AssertOneOfEach();
        A.RekeyIke();
        _two.AssertOneOfEach();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_crash_the_rekey_goes_out_octet_for_octet_and_its_answer_is_finished(bool isIke)
    {
        byte[] request = isIke ? A.RekeyIke() : A.RekeyChild();
        A.HandOver();
        byte[] lost = B.Take();

        A.Crash();

        Assert.Equal(request, A.Wire.Peek());
        A.HandOver();
        Assert.Equal(lost, B.Wire.Peek());
        _two.AssertOneOfEach();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_crash_while_the_secret_is_computed_asks_again(bool isIke)
    {
        byte[] request = isIke ? A.RekeyIke() : A.RekeyChild();
        A.HandOver();
        A.World.HoldsWork = true;
        B.HandOver();
        Assert.NotNull(A.Sa.Own.Pending!.Answer);

        A.World.ForgetWork();
        A.Crash();

        Assert.Equal(request, A.Wire.Peek());
        _two.AssertOneOfEach();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_crash_before_the_key_pair_is_there_begins_anew(bool isIke)
    {
        A.World.HoldsWork = true;
        Assert.Empty(isIke ? A.RekeyIke() : A.RekeyChild());
        Assert.NotNull(A.Sa.Own.Draft);
        A.World.ForgetWork();
        A.Crash();
        Assert.Empty(A.Wire);

        _ = isIke ? A.RekeyIke() : A.RekeyChild();
        _two.AssertOneOfEach();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_crash_after_the_new_one_is_in_deletes_the_old_one_again(bool isIke)
    {
        _ = isIke ? A.RekeyIke() : A.RekeyChild();
        A.HandOver();
        B.HandOver();
        byte[] delete = A.Take();

        A.Crash();

        Assert.Contains(A.Wire, message => message.AsSpan().SequenceEqual(delete));
        _two.AssertOneOfEach();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_repeated_answer_is_dropped_while_the_secret_is_computed_and_after(bool isIke)
    {
        _ = isIke ? A.RekeyIke() : A.RekeyChild();
        A.HandOver();
        byte[] answer = B.Take();
        A.World.HoldsWork = true;
        B.Deliver(answer);
        B.Deliver(answer);
        Assert.Equal(DropReason.UnexpectedResponse, A.World.Drops[^1]);

        A.World.FinishWork();
        B.Deliver(answer);

        Assert.Equal(DropReason.UnexpectedResponse, A.World.Drops[^1]);
        A.World.Sas.Values.ToList().ForEach(state => A.World.Turn(state, new IkeInput.TimerFired()));
        _two.AssertOneOfEach();
    }

    [Fact]
    public void The_peer_is_answered_while_our_sums_are_under_way()
    {
        A.World.HoldsWork = true;
        A.RekeyChild();
        B.World.Turn(B.Sa, new IkeInput.Terminate("none such"));
        B.Order(new IkeInput.Terminate("net"));
        B.HandOver();
        Assert.NotEmpty(A.Wire);
        _two.Settle();

        A.World.FinishWork();

        Assert.Null(A.Sa.Own.Draft);
        _two.AssertAgree(children: 0);
    }

    [Fact]
    public void A_sum_that_failed_is_tried_again_later()
    {
        A.World.HoldsWork = true;
        A.RekeyChild();
        A.World.Turn(A.Sa, new IkeInput.WorkDone(A.Sa.Own.Draft!.Ticket, new WorkResult.Failed()));

        Assert.True(A.Sa.Own.IsFree);
        Assert.InRange(A.Child.RekeyAt - A.World.Clock.Now, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public void A_refused_rekey_of_the_ike_sa_is_told_with_its_next_try_and_its_end()
    {
        Instant end = A.World.Clock.Now + TimeSpan.FromHours(5);
        A.World.Sas[A.Sa.LocalSpi] = A.Sa with { Facts = A.Sa.Facts! with { ExpireAt = end } };
        A.RekeyIke();
        PolicySet old = B.World.Policy;
        ConnectionPolicy other = old.Connections[0] with { Proposals = [EngineWorld.Proposals("aes128-sha256-modp4096", SecurityProtocol.Ike)] };
        B.World.Policy = new PolicySet([other], old.Pools, [], old.Anchors, old.Times);
        _two.Settle();

        SaEvent.PeerRefused told = Assert.Single(A.World.Events.OfType<SaEvent.PeerRefused>());
        Assert.Equal((OwnRequestKind.RekeyIke, NotifyType.NoProposalChosen, end), (told.Kind, told.Why, told.EndsAt));
        Assert.Equal(A.Sa.Facts!.RekeyAt, told.RetryAt);
    }

    [Fact]
    public void An_unanswered_rekey_follows_the_schedule_and_then_the_sa_is_dead()
    {
        byte[] request = A.RekeyChild();
        IkeSpi spi = A.Sa.LocalSpi;
        Instant begun = A.World.Clock.Now;
        List<double> seconds = [];
        while (A.World.Sas.ContainsKey(spi))
        {
            if (A.Repeat(spi) is { Length: > 0 } again)
            {
                Assert.Equal(request, again);
                seconds.Add(Math.Round((A.World.Clock.Now - begun).TotalSeconds, 1));
            }
        }

        Assert.Equal([4, 11.2, 24.2, 47.5, 89.5], seconds);
        Assert.Equal(EndCause.NoAnswer, A.World.Events.OfType<SaEvent.Ended>().Single().Cause);
        Assert.Empty(A.World.Installed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_private_value_is_wiped_when_it_has_served_or_the_sa_leaves_memory(bool isIke)
    {
        _ = isIke ? A.RekeyIke() : A.RekeyChild();
        SecretBytes served = A.Sa.Own.Pending!.Offer!.Seed!;
        Assert.NotEqual(0, served.Length);
        _two.Settle();
        Assert.Throws<ObjectDisposedException>(() => served.Reveal().Length);

        _ = isIke ? A.RekeyIke() : A.RekeyChild();
        SecretBytes left = A.Sa.Own.Pending!.Offer!.Seed!;
        IkeSa.Forget(A.Sa, A.World.Context.Ciphers);
        Assert.Throws<ObjectDisposedException>(() => left.Reveal().Length);
    }
}
