using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Load;

/// <summary>What happened, in lines for a terminal.</summary>
internal static class EventText
{
    public static IEnumerable<string> Lines(InitiatorEvent happened) => happened switch
    {
        InitiatorEvent.Established established => Sa("established", established.Sa),
        InitiatorEvent.IkeRekeyed rekeyed => Sa($"rekeyed{By(rekeyed.ByPeer)}", rekeyed.Sa),
        InitiatorEvent.ChildEstablished child => [Child($"child{By(child.ByPeer)}", child.Child)],
        InitiatorEvent.ChildRekeyed child => [Child($"child rekeyed{By(child.ByPeer)}", child.New)],
        InitiatorEvent.ChildRefused refused => [$"child refused: {NotifyText.Write(refused.Refusal)}"],
        InitiatorEvent.ChildDeleted deleted => [$"child {deleted.Child.InboundSpi} deleted{By(deleted.ByPeer)}"],
        InitiatorEvent.Closed closed => [$"closed{By(closed.ByPeer)}"],
        InitiatorEvent.Failed failed => [$"ikeload: {failed.Cause}"],
        InitiatorEvent.IkeRekeyRefused refused => [$"rekey refused: {NotifyText.Write(refused.Refusal)}"],
        InitiatorEvent.Collided collided => [$"both sides rekeyed: {(collided.OursStays ? "ours" : "the responder's")} stays"],
        InitiatorEvent.PeerRefused refused => [$"refused the responder: {NotifyText.Write(refused.Refusal)}"],
        InitiatorEvent.PeerAsked asked => [$"answered {asked.Exchange}"],
        _ => [],
    };

    private static IEnumerable<string> Sa(string verb, NegotiatedSa sa)
    {
        yield return $"{verb}: {sa.RemoteId} ({sa.RemoteAuth})";
        yield return $"  spis       {sa.InitiatorSpi}_i {sa.ResponderSpi}_r";
        yield return $"  suite      {ProposalText.Write(sa.Proposal)}";
        if (!sa.VirtualIps.IsEmpty)
        {
            yield return $"  addresses  {string.Join(", ", sa.VirtualIps)}";
        }

        if (!sa.DnsServers.IsEmpty)
        {
            yield return $"  dns        {string.Join(", ", sa.DnsServers)}";
        }

        if (!sa.Subnets.IsEmpty)
        {
            yield return $"  subnets    {string.Join(", ", sa.Subnets)}";
        }

        yield return $"  nat        {Nat(sa)}";
    }

    private static string Child(string what, InitiatorChild child) =>
        $"{what}: {child.InboundSpi}_i {child.OutboundSpi}_o {ProposalText.Write(child.Proposal)} "
        + $"{Selectors(child.LocalTs)} === {Selectors(child.RemoteTs)}";

    private static string Selectors(IEnumerable<TrafficSelector> selectors) => string.Join(' ', selectors);

    private static string Nat(NegotiatedSa sa) => (sa.LocalBehindNat, sa.RemoteBehindNat) switch
    {
        (true, true) => "both behind one",
        (true, false) => "we are behind one",
        (false, true) => "the responder is behind one",
        (false, false) => "none",
    };

    private static string By(bool peer) => peer ? " by the responder" : "";
}
