using IkeCluster.Protocol.Proposals;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary>Charon as responder begins, and the test kit's initiator answers as the peer that our own node will find in it.</summary>
public sealed class DialerAnswersCharonTests
{
    [Fact]
    public async Task Rekeys_by_charon_of_every_kind_leave_both_with_the_same()
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        using SocketInitiator dialer = await DialAsync(world, "aes256gcm16-x25519");
        await world.Server.RekeyChildAsync("net");
        Assert.True((await dialer.HearAsync<InitiatorEvent.ChildRekeyed>()).ByPeer);
        await dialer.HearAsync<InitiatorEvent.ChildDeleted>();
        await DialerAgreement.AssertAsync(world, dialer);

        await world.Server.RekeyIkeAsync("gateway");
        Assert.True((await dialer.HearAsync<InitiatorEvent.IkeRekeyed>()).ByPeer);
        Assert.False(dialer.Initiator.Sa!.IsInitiator);
        await dialer.UntilAsync<InitiatorEvent.LivenessAnswered>((one, now) => one.CheckLiveness(now));
        await DialerAgreement.AssertAsync(world, dialer);

        await world.Server.RekeyChildAsync("net");
        await dialer.HearAsync<InitiatorEvent.ChildDeleted>();
        await dialer.UntilAsync<InitiatorEvent.IkeRekeyed>((one, now) => one.RekeyIke(now));
        await dialer.SettleAsync();
        await DialerAgreement.AssertAsync(world, dialer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Both_rekey_the_child_at_once_and_agree_on_one(bool oursIsLowest)
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        using SocketInitiator dialer = await DialAsync(world, "aes256gcm16");
        ForceNonces(dialer, oursIsLowest);
        await world.Server.RekeyChildAsync("net");
        await world.Server.WaitForLogAsync("generating CREATE_CHILD_SA request");
        InitiatorEvent.Collided collided = await dialer.UntilAsync<InitiatorEvent.Collided>(
            (one, now) => one.RekeyChild(one.Children[0], now, KeyExchangeMethod.None));
        Assert.Equal(new InitiatorEvent.Collided(IsIke: false, OursStays: !oursIsLowest), collided);
        await WaitForOneChildAsync(dialer);
        await DialerAgreement.AssertAsync(world, dialer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Both_rekey_the_ike_sa_at_once_and_agree_on_one(bool oursIsLowest)
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        using SocketInitiator dialer = await DialAsync(world, "aes256gcm16");
        ForceNonces(dialer, oursIsLowest);
        await world.Server.RekeyIkeAsync("gateway");
        await world.Server.WaitForLogAsync("generating CREATE_CHILD_SA request");
        InitiatorEvent.Collided collided = await dialer.UntilAsync<InitiatorEvent.Collided>((one, now) => one.RekeyIke(now));
        Assert.Equal(new InitiatorEvent.Collided(IsIke: true, OursStays: !oursIsLowest), collided);
        await dialer.UntilOnlyOneSaAsync();
        Assert.Equal(!oursIsLowest, dialer.Initiator.Sa!.IsInitiator);
        await DialerAgreement.AssertAsync(world, dialer);
        await dialer.UntilAsync<InitiatorEvent.LivenessAnswered>((one, now) => one.CheckLiveness(now));
    }

    private static async Task<SocketInitiator> DialAsync(CharonWorld world, string esp)
    {
        var dialer = new SocketInitiator(
            world.Lab, DialerAgreement.Alice with { EspProposals = [DialerAgreement.Proposal(esp, SecurityProtocol.Esp)] });
        await dialer.UntilAsync<InitiatorEvent.ChildEstablished>((one, now) => one.Start(now));
        return dialer;
    }

    /// <summary>Our own exchange has our first nonce and charon's the second: the lowest of the four marks what is redundant.</summary>
    private static void ForceNonces(SocketInitiator dialer, bool oursIsLowest)
    {
        int made = 0;
        dialer.Initiator.Hooks.Nonce = () => made++ == 0 == oursIsLowest ? new byte[32] : [.. Enumerable.Repeat((byte)0xff, 32)];
    }

    private static async Task WaitForOneChildAsync(SocketInitiator dialer)
    {
        while (dialer.Initiator.Children.Count > 1)
        {
            await dialer.HearAsync<InitiatorEvent.ChildDeleted>();
        }

        await dialer.SettleAsync();
    }
}
