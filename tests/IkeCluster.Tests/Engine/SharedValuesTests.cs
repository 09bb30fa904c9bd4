using IkeCluster.Engine;

namespace IkeCluster.Tests.Engine;

/// <summary>What a million SAs have in common is there once (decision 0005).</summary>
public sealed class SharedValuesTests
{
    [Fact]
    public void Two_SAs_share_their_chosen_proposals_also_when_read_back_from_rows()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        world.Login(world.Client(EngineWorld.Alice(), seed: 1));
        world.Login(world.Client(EngineWorld.Alice(), seed: 2));
        IkeSaState[] sas = [.. world.Sas.Values, .. world.Sas.Values.Select(sa => Snapshot.TryRead(Snapshot.Write(sa), 1, out _)!)];

        Assert.Equal(4, sas.Length);
        Assert.All(sas, sa => Assert.Same(sas[0].Facts!.Proposal, sa.Facts!.Proposal));
        Assert.All(sas, sa => Assert.Same(sas[0].Children[0].Proposal, sa.Children[0].Proposal));
        Assert.Same(sas[2].Facts!.Connection, sas[3].Facts!.Connection);
    }
}
