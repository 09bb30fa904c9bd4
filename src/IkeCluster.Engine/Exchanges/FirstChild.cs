using System.Collections.Immutable;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>The Child SA that IKE_AUTH makes on the way (RFC 7296 §1.2), or that the peer leaves out (RFC 6023).</summary>
internal static class FirstChild
{
    /// <summary>What it is to be; null: the peer wants none.</summary>
    internal static ChildPlan? Plan(
        in PayloadIndex payloads, DatagramPath path, ConnectionPolicy connection, ImmutableArray<LeasedAddress> addresses, Identity user,
        PolicySet policy)
    {
        LeaseRequest? asked = Configuration.ReadRequest(payloads, connection.Pools, user);

        // RFC 7296 §2.19, 3.15.4: no address although asked, and a connection whose peers must ask.
        if (addresses.IsEmpty && asked is not null)
        {
            return ChildPlan.Refused(NotifyType.InternalAddressFailure, detail: ChildAsk.OfPools(asked, policy));
        }

        if (!connection.Pools.IsEmpty && asked is null)
        {
            return ChildPlan.Refused(NotifyType.FailedCpRequired, detail: "the connection has pools, and the peer asks for no address");
        }

        if (IsLeftOut(payloads) && connection.Childless != ChildlessMode.Never)
        {
            return null;
        }

        return connection.Childless == ChildlessMode.Force
            ? ChildPlan.Refused(NotifyType.NoProposalChosen)
            : ChildMaker.Plan(payloads, connection, ChildAddresses.Of(path, addresses, connection, policy), replaced: null, isFirst: true);
    }

    // RFC 6023 §3: all three payloads are left out, or none.
    private static bool IsLeftOut(in PayloadIndex payloads) =>
        payloads.CountOf(PayloadType.Sa) + payloads.CountOf(PayloadType.TsInitiator) + payloads.CountOf(PayloadType.TsResponder) == 0;
}
