using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Fuzz.World;

/// <summary>
/// A message that a real peer sent inside SK or SKF, and the established SA as it was just before. Whatever the recorded
/// peers can do becomes a stage by itself.
/// </summary>
/// <param name="Name">Scenario and place in it; names the stage in the corpus.</param>
/// <param name="Snapshot">The SA as the store would hold it; empty for IKE_AUTH, which comes before there is a row.</param>
internal sealed record Stage(
    string Name, byte[] Snapshot, IkeSpi PeerSpi, ExchangeType Exchange, bool IsResponse, PayloadType First, byte[] Chain)
{
    public bool IsLogin => Snapshot.Length == 0;

    public override string ToString() => Name;
}
