using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>
/// One identity that logs in twice, over two loops with the real engine: who stays, who hears of it, and who has the address
/// (TRAPS 22 and 23).
/// </summary>
public sealed class UniqueTests : IDisposable
{
    private const string First4 = "10.64.0.0";
    private readonly List<RealPeer> _peers = [];
    private LoopWorld _world = World(UniquePolicy.Replace);

    [Fact]
    public void Replace_ends_the_first_tells_its_peer_and_gives_its_addresses_to_the_second()
    {
        RealPeer first = Login(host: 1);
        RealPeer second = Login(host: 2, loop: 1);

        Assert.Contains(first.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
        Assert.Equal($"{First4} fd00:64::", second.Addresses);
        Assert.Equal(EndCause.Replaced, Ended(first));
        Assert.Equal([second.OurSpi], HoldersOfFirst4());
        Answers(second);

        second.Run((one, now) => one.DeleteIke(now));
        Assert.Empty(HoldersOfFirst4());
        Assert.Equal(0, _world.Pools.Stats()[0].Held);
    }

    [Fact]
    public void Initial_contact_drops_the_first_without_a_word()
    {
        Rebuild(UniquePolicy.No);
        RealPeer first = Login(host: 1);
        RealPeer second = Login(host: 2, loop: 1, change: InitialContact);

        Assert.Empty(Heard(first));
        Assert.Equal(EndCause.InitialContact, Ended(first));
        Assert.True(_world.Store.Row(first.OurSpi)!.IsTombstone);
        Assert.Equal($"{First4} fd00:64::", second.Addresses);
        Assert.Equal([second.OurSpi], HoldersOfFirst4());
    }

    [Theory]
    [InlineData(UniquePolicy.No, false)]
    [InlineData(UniquePolicy.Never, false)]
    [InlineData(UniquePolicy.Never, true)]
    public void Otherwise_both_stay_with_an_address_each(UniquePolicy unique, bool isInitialContact)
    {
        Rebuild(unique);
        RealPeer first = Login(host: 1);
        RealPeer second = Login(host: 2, loop: 1, change: isInitialContact ? InitialContact : null);

        Assert.NotEqual(first.Addresses, second.Addresses);
        Answers(first);
        Answers(second);
    }

    [Fact]
    public void Initial_contact_of_another_identity_or_of_a_failed_login_ends_nobody()
    {
        Rebuild(UniquePolicy.No);
        RealPeer first = Login(host: 1);
        using var mallory = new RealPeer(_world, seed: 9, "mallory@example.org", InitialContact);
        Assert.Contains(mallory.Login(), one => one is InitiatorEvent.Failed);
        using var guesser = new RealPeer(_world, seed: 10, change: settings => InitialContact(settings) with
        {
            Proof = new InitiatorProof.SharedKey(IkeCluster.Crypto.SecretBytes.CopyOf("wrong"u8)),
        });
        Assert.Contains(guesser.Login(), one => one is InitiatorEvent.Failed);
        Answers(first);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Keep_refuses_the_second_and_leaves_nothing_of_it(bool asksForAddresses)
    {
        Rebuild(UniquePolicy.Keep);
        RealPeer first = Login(host: 1);
        using var second = new RealPeer(_world, seed: 2, change: settings => settings with
        {
            WantsIpv4 = asksForAddresses,
            WantsIpv6 = asksForAddresses,
        })
        { Loop = 1 };
        List<InitiatorEvent> learned = second.Login();
        Assert.True(learned.Exists(one => one is InitiatorEvent.Failed), string.Join('\n', learned));
        InitiatorEvent.Failed failed = learned.OfType<InitiatorEvent.Failed>().Single();

        Assert.Equal(NotifyType.AuthenticationFailed, failed.Refusal);
        SaEvent.LoginFailed told = Assert.Single(_world.Events.Story.OfType<SaEvent.LoginFailed>());
        Assert.Equal((LoginFailure.AlreadyConnected, "roadwarrior", "psk"), (told.Failure, told.Connection, told.Method));
        Assert.Equal(0, _world.HalfOpen.Count);
        Assert.Equal([1, 1], _world.Pools.Stats().Select(pool => pool.Held));
        Assert.Empty(_world.Events.Faults);
        Assert.Empty(_world.Events.Troubles);
        Answers(first);

        first.Run((one, now) => one.DeleteIke(now));
        Login(host: 2);
    }

    [Theory]
    [InlineData(UniquePolicy.Replace)]
    [InlineData(UniquePolicy.Keep)]
    public void A_client_that_logs_in_anew_keeps_its_address_and_has_time_to_end_the_old_SA(UniquePolicy unique)
    {
        Rebuild(unique);
        RealPeer old = Login(host: 1);
        RealPeer fresh = Login(host: 1, seed: 2);
        Assert.Equal(old.Addresses, fresh.Addresses);
        Assert.Equal(2, HoldersOfFirst4().Length);
        Assert.Empty(Heard(old));
        Answers(old);

        old.Run((one, now) => one.DeleteIke(now));
        Assert.Equal(EndCause.PeerDelete, Ended(old));
        Assert.Equal([fresh.OurSpi], HoldersOfFirst4());
        Assert.Equal(1, _world.Pools.Stats()[0].Held);
        Answers(fresh);
    }

    [Fact]
    public void An_old_SA_that_its_client_forgets_is_deleted_after_the_grace()
    {
        RealPeer old = Login(host: 1);
        RealPeer fresh = Login(host: 1, seed: 2);
        _world.Pass(Displacing.ReauthGrace - TimeSpan.FromSeconds(1));
        Assert.Empty(Heard(old));
        _world.Pass(TimeSpan.FromSeconds(2));
        Assert.Contains(old.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
        Assert.Equal(EndCause.Replaced, Ended(old));
        Answers(fresh);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Without_replacing_the_same_client_has_its_address_by_both_SAs_if_it_asks_for_it(ulong host, bool shares)
    {
        Rebuild(UniquePolicy.No);
        Login(host: 1);
        RealPeer fresh = Login(host, seed: 2, change: settings => settings with
        {
            WantsIpv4 = false,
            WantsIpv6 = false,
            MoreAttributes = [new CfgAttribute(CfgAttributeType.InternalIp4Address, new byte[] { 10, 64, 0, 0 })],
        });
        Assert.Equal(shares, fresh.Addresses == First4);
        Assert.Equal(shares ? 2 : 1, HoldersOfFirst4().Length);
    }

    [Fact]
    public void Two_holders_of_one_address_are_both_back_after_a_crash_and_the_last_one_frees_it()
    {
        RealPeer old = Login(host: 1);
        RealPeer fresh = Login(host: 1, seed: 2);
        _world.Start();
        _world.Run();
        Answers(old);
        Answers(fresh);
        fresh.Run((one, now) => one.DeleteIke(now));
        RealPeer bob = Login(host: 7, identity: "bob@example.org");
        Assert.NotEqual(First4, bob.Addresses.Split(' ')[0]);
        old.Run((one, now) => one.DeleteIke(now));
        Assert.Empty(HoldersOfFirst4());
        Assert.Equal(1, _world.Pools.Stats()[0].Held);
    }

    [Fact]
    public void A_sleeping_SA_is_woken_to_go()
    {
        RealPeer first = Login(host: 1);
        _world.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(0, _world.InMemory);
        Login(host: 2, loop: 1);
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
        Assert.True(_world.Store.Row(first.OurSpi)!.IsTombstone);
    }

    [Fact]
    public void A_crash_between_the_commit_and_the_telling_loses_nothing()
    {
        RealPeer first = Login(host: 1);
        _world.Store.Spoil = _ => SaOutcomeKind.Unknown;
        using var second = new RealPeer(_world, seed: 2) { Loop = 1 };
        second.Login();
        Assert.Equal(Displacement.Replaced, _world.Store.MarkOf(first.OurSpi));
        Assert.Empty(Heard(first));

        _world.Store.Spoil = _ => null;
        _world.Start();
        _world.Run();
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
        _world.Run();
        Assert.Equal(EndCause.Replaced, Ended(first));
    }

    [Fact]
    public void An_outcome_that_is_known_late_still_tells()
    {
        RealPeer first = Login(host: 1);
        _world.Store.Spoil = _ => SaOutcomeKind.Unknown;
        using var second = new RealPeer(_world, seed: 2) { Loop = 1 };
        second.Login();
        _world.Store.Spoil = _ => null;
        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
    }

    [Fact]
    public void Of_two_logins_in_one_commit_group_the_later_wins()
    {
        _world.Store.IsHolding = true;
        var first = new RealPeer(_world, seed: 1);
        var second = new RealPeer(_world, seed: 2) { Loop = 1 };
        _peers.AddRange([first, second]);
        first.Login();
        second.Login();
        Release();

        Assert.Contains(first.Listen(), one => one is InitiatorEvent.Established);
        Assert.Contains(second.Listen(), one => one is InitiatorEvent.Established);
        Release();
        Assert.Equal(EndCause.Replaced, Ended(first));
        Answers(second);
        Assert.Single(_world.Store.LiveRows);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_login_that_meets_an_IKE_rekey_in_the_store_ends_the_SA_that_came_of_it(bool isRekeyFirst)
    {
        RealPeer first = Login(host: 1);
        IkeSpi before = first.OurSpi;
        var second = new RealPeer(_world, seed: 2) { Loop = 1 };
        _peers.Add(second);
        _world.Store.IsHolding = true;
        Action[] both = [() => first.Run((one, now) => one.RekeyIke(now)), () => second.Login()];
        foreach (Action act in isRekeyFirst ? both : [.. both.Reverse()])
        {
            act();
        }

        Release();
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.IkeRekeyed);
        Release();
        first.Listen();
        second.Listen();
        Assert.NotEqual(before, first.OurSpi);
        Assert.Equal(EndCause.Replaced, Ended(first));
        Assert.Empty(_world.Events.Faults);
        Answers(second);
        Assert.Equal([second.OurSpi], HoldersOfFirst4());
    }

    [Fact]
    public void A_mark_waits_while_the_SA_is_frozen()
    {
        RealPeer first = Login(host: 1);
        var second = new RealPeer(_world, seed: 2) { Loop = 1 };
        _peers.Add(second);
        _world.Store.IsHolding = true;
        second.Login();
        first.Run((one, now) => one.RekeyChild(one.Children[0], now));
        _world.Store.IsHolding = false;
        _world.Store.ReleaseOne();
        _world.Run();
        Assert.Equal(Displacement.Replaced, _world.Store.MarkOf(first.OurSpi));
        Assert.DoesNotContain(Heard(first), one => one is InitiatorEvent.Closed);
        Release();
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.ChildRekeyed);
        Assert.Equal(EndCause.Replaced, Ended(first));
        Assert.Empty(_world.Events.Faults);
    }

    [Fact]
    public void A_mark_waits_for_an_SA_that_is_written_and_not_yet_known()
    {
        RealPeer first = Login(host: 1);
        IkeSpi before = first.OurSpi;
        var second = new RealPeer(_world, seed: 2) { Loop = 1 };
        _peers.Add(second);
        _world.Store.IsSilent = true;
        first.Run((one, now) => one.RekeyIke(now));
        second.Login();
        _world.Store.IsSilent = false;
        IkeSpi successor = Assert.Single(_world.Store.LiveRows, spi => _world.Store.MarkOf(spi) != Displacement.None);
        Assert.NotEqual(before, successor);

        // The later commit's answer comes first, and names an SA that the other loop has not heard of.
        _world.Store.ReleaseOne(isLatest: true);
        _world.Run();
        Release();
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.IkeRekeyed);
        Assert.Equal(successor, first.OurSpi);
        Assert.Equal(EndCause.Replaced, Ended(first));
        Assert.Empty(_world.Events.Faults);
    }

    [Fact]
    public void A_mark_that_comes_while_the_row_is_being_read_is_not_lost()
    {
        RealPeer first = Login(host: 1);
        _world.Pass(TimeSpan.FromMinutes(11));
        var second = new RealPeer(_world, seed: 2) { Loop = 1 };
        _peers.Add(second);

        // The row was read before the mark was made, and its answer comes after.
        OutgoingMessage liveness = Assert.Single(first.Initiator.CheckLiveness(_world.Now).Send);
        _world.Store.IsSilent = true;
        _world.Receive(RealPeer.Reverse(liveness.Path), liveness.Message);
        second.Login();
        _world.Store.IsSilent = false;
        _world.Store.ReleaseOne(isLatest: true);
        _world.Run();
        Release();
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
    }

    [Fact]
    public void Where_the_row_cannot_be_read_now_it_is_read_later()
    {
        RealPeer first = Login(host: 1);
        _world.Pass(TimeSpan.FromMinutes(11));
        _world.Store.BreaksLoads = true;
        Login(host: 2, loop: 1);
        Assert.Empty(Heard(first));
        _world.Store.BreaksLoads = false;
        _world.Pass(TimeSpan.FromSeconds(2));
        Assert.Contains(first.Listen(), one => one is InitiatorEvent.Closed { ByPeer: true });
    }

    [Fact]
    public async Task An_operator_and_a_later_login_end_the_same_SA_once()
    {
        RealPeer first = Login(host: 1);
        _world.Store.IsHolding = true;
        Task<bool> ordered = _world.Directory.TerminateAsync(first.OurSpi, null, default).AsTask();
        _world.Run();
        var second = new RealPeer(_world, seed: 2);
        _peers.Add(second);
        second.Login();
        Release();
        first.Listen();
        Release();
        Assert.True(await ordered);
        Assert.Single(_world.Events.Story.OfType<SaEvent.Ended>());
        Assert.Single(_world.Store.LiveRows);
    }

    [Fact]
    public void Past_the_limit_a_login_is_refused_and_below_it_again_it_is_not()
    {
        _world.Dispose();
        PolicySet policy = Policies.Of(
            RedirectPolicy.Never, new IkeLimits { SessionsPerIdentity = 2 }, Policies.RoadWarrior with { Unique = UniquePolicy.No });
        _world = LoopWorld.WithRealEngine(policy, loops: 2);
        RealPeer first = Login(host: 1);
        Login(host: 2, loop: 1);
        using var third = new RealPeer(_world, seed: 3);
        Assert.Equal(NotifyType.AuthenticationFailed, Assert.Single(third.Login().OfType<InitiatorEvent.Failed>()).Refusal);
        Assert.Equal(LoginFailure.TooManySessions, Assert.Single(_world.Events.Story.OfType<SaEvent.LoginFailed>()).Failure);
        first.Run((one, now) => one.DeleteIke(now));
        Login(host: 4);
    }

    [Fact]
    public void Of_two_addresses_only_the_one_that_another_holds_is_given_up()
    {
        _world.Store.HoldLease("rw4", LoopWorld.Address(First4), new IkeSpi(0xFEED));
        Assert.Equal("10.64.0.1 fd00:64::", Login(host: 1).Addresses);
    }

    [Fact]
    public void Where_a_NAT_moved_the_peer_its_next_login_from_there_is_the_same_client()
    {
        RealPeer old = Login(host: 1, change: settings => settings with { ForcesEncapsulation = true });
        DatagramPath path = old.Initiator.Path;
        var moved = new UdpEndpoint(LoopWorld.Address("203.0.113.77"), path.Local.Port);
        OutgoingMessage liveness = Assert.Single(old.Initiator.CheckLiveness(_world.Now).Send);
        _world.Receive(RealPeer.Reverse(path with { Local = moved }), [0, 0, 0, 0, .. liveness.Message]);
        Assert.Contains(_world.Events.Story, one => one is SaEvent.Moved);

        RealPeer fresh = Login(host: 77, change: settings => settings with { ForcesEncapsulation = true });
        Assert.Equal(old.Addresses, fresh.Addresses);
        Assert.Equal(Displacement.Reauthenticated, _world.Store.MarkOf(old.OurSpi));
        Assert.DoesNotContain(_world.Events.Story, one => one is SaEvent.Ended);
    }

    public void Dispose()
    {
        _peers.ForEach(peer => peer.Dispose());
        _world.Dispose();
    }

    private static LoopWorld World(UniquePolicy unique) =>
        LoopWorld.WithRealEngine(Policies.RoadWarrior with { Unique = unique }, loops: 2);

    private static InitiatorSettings InitialContact(InitiatorSettings settings) => settings with { InitialContact = true };

    private void Rebuild(UniquePolicy unique)
    {
        _world.Dispose();
        _world = World(unique);
    }

    private RealPeer Login(
        ulong host, int loop = 0, ulong? seed = null, string identity = "alice@example.org",
        Func<InitiatorSettings, InitiatorSettings>? change = null)
    {
        var peer = new RealPeer(_world, seed ?? host, identity, change, host) { Loop = loop };
        _peers.Add(peer);
        List<InitiatorEvent> learned = peer.Login();
        Assert.True(learned.OfType<InitiatorEvent.Established>().Any(), string.Join('\n', learned));
        return peer;
    }

    private static void Answers(RealPeer peer)
    {
        List<InitiatorEvent> learned = peer.CheckLiveness();
        Assert.True(learned.OfType<InitiatorEvent.LivenessAnswered>().Any(), string.Join('\n', learned));
    }

    /// <summary>Peers of one host see what is meant for one another.</summary>
    private static IEnumerable<InitiatorEvent> Heard(RealPeer peer) => peer.Listen().Where(one => one is not InitiatorEvent.Ignored);

    private ImmutableArray<IkeSpi> HoldersOfFirst4() => _world.Store.HoldersOf("rw4", LoopWorld.Address(First4));

    private EndCause Ended(RealPeer peer)
    {
        peer.Listen();
        _world.Run();
        return Assert.Single(_world.Events.Story.OfType<SaEvent.Ended>(), ended => ended.State.LocalSpi == peer.OurSpi).Cause;
    }

    /// <summary>The store answers what it was asked, in order, and goes on answering.</summary>
    private void Release()
    {
        _world.Store.IsHolding = false;
        _world.Store.Release();
        _world.Run();
    }
}
