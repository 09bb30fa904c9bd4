using IkeCluster.Cluster.Admission;
using IkeCluster.Crypto;
using IkeCluster.Protocol;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Admission;

/// <summary>Logins by EAP from one address: each may hold an SA for minutes, so the budget of the source is hard.</summary>
public sealed class LoginRoomTests : IDisposable
{
    private const int PerSource = 2;

    private readonly EapWorld _gateway = EapWorld.Of();
    private readonly LoopWorld _world;

    public LoginRoomTests() => _world = LoopWorld.WithRealEngine(
        _gateway.Engine.Policy, admission: AdmissionSettings.Default with { HalfOpenPerSource = PerSource });

    // Without a cookie too: IKE_AUTH has proved the address.
    [Fact]
    public void A_source_with_as_many_as_it_may_have_begins_no_other_until_one_has_ended()
    {
        using RealPeer one = Typing(1);
        using RealPeer two = Typing(2);
        using RealPeer three = Typing(3);
        using RealPeer elsewhere = Typing(4, host: 9);
        one.Login();
        two.Login();
        Assert.Equal(0, _world.Events.Drops.Count(drop => drop == DropReason.SourceHalfOpen));

        three.Login();
        Assert.Equal(1, _world.Events.Drops.Count(drop => drop == DropReason.SourceHalfOpen));
        elsewhere.Login();
        Assert.Equal(1, _world.Events.Drops.Count(drop => drop == DropReason.SourceHalfOpen));
    }

    public void Dispose()
    {
        _world.Dispose();
        _gateway.Dispose();
    }

    // The user looks for the password and never finds it.
    private RealPeer Typing(ulong seed, ulong host = 1) => new(
        _world, seed, host: host,
        change: settings => settings with
        {
            Proof = new InitiatorProof.Eap("alice@example.org", SecretBytes.CopyOf("?"u8)) { Override = (_, _) => null },
            Anchors = EapWorld.Alice().Anchors,
            IkeProposals = EapWorld.Alice().IkeProposals,
        });
}
