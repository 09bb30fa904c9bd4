using System.IO.Enumeration;
using IkeCluster.Cluster.Tracing;
using IkeCluster.Engine;

namespace IkeCluster.Node.Control;

/// <summary>Which IKE SAs an operator means. Null: all. In an identity <c>*</c> stands for any characters.</summary>
internal sealed record SaFilter(string? Identity, string? Address)
{
    public bool IsAll => Identity is null && Address is null;

    public bool Holds(IkeSaState state) => Holds(
        new TraceSubject(state.LocalSpi, state.Path, state.Facts?.RemoteId, state.Facts?.EapId, state.Facts?.VirtualIps ?? []));

    public bool Holds(in TraceSubject subject) => HoldsIdentity(subject) && HoldsAddress(subject);

    // With EAP nobody has proved IDi, so an operator who looks for a user does not find who only says that name.
    private bool HoldsIdentity(in TraceSubject subject) => Identity is null || Matches((subject.EapId ?? subject.RemoteId)?.ToString());

    private bool Matches(string? identity) =>
        identity is not null && FileSystemName.MatchesSimpleExpression(Identity, identity, ignoreCase: true);

    private bool HoldsAddress(in TraceSubject subject) => Address is null
        || subject.Path.Remote.Address.ToString() == Address
        || subject.Path.Local.Address.ToString() == Address
        || subject.VirtualIps.Any(leased => leased.Address.ToString() == Address);
}
