using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Peers;

/// <summary>What a client learned, in a line of the story.</summary>
internal static class EventText
{
    public static string Of(InitiatorEvent learned) => learned switch
    {
        InitiatorEvent.Ignored ignored => $"ignores: {ignored.Cause}",
        InitiatorEvent.Failed failed => $"failed: {failed.Cause}",
        InitiatorEvent.ChildEstablished made => $"has child {Of(made.Child)}",
        InitiatorEvent.ChildRekeyed made => $"has child {Of(made.New)} for {Of(made.Old)}{By(made.ByPeer)}",
        InitiatorEvent.ChildDeleted gone => $"has child {Of(gone.Child)} no more{By(gone.ByPeer)}",
        InitiatorEvent.IkeRekeyed rekeyed => $"has {rekeyed.Sa.PeerSpi} now{By(rekeyed.ByPeer)}",
        InitiatorEvent.ChildRefused refused => $"child refused: {refused.Refusal}",
        InitiatorEvent.IkeRekeyRefused refused => $"rekey refused: {refused.Refusal}",
        InitiatorEvent.PeerAsked asked => $"is asked {asked.Exchange}",
        InitiatorEvent.PeerRefused refused => $"refuses: {refused.Refusal}",
        InitiatorEvent.Collided collided => $"collision, {(collided.IsIke ? "IKE" : "child")}, {(collided.OursStays ? "ours" : "the gateway's")} stays",
        _ => learned.GetType().Name,
    };

    /// <summary>As the gateway names it.</summary>
    private static string Of(InitiatorChild child) => $"{child.OutboundSpi}/{child.InboundSpi}";

    private static string By(bool isByPeer) => isByPeer ? ", by the gateway" : "";
}
