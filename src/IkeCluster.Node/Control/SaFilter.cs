using System.IO.Enumeration;
using IkeCluster.Engine;

namespace IkeCluster.Node.Control;

/// <summary>Which IKE SAs an operator means. Null: all. In an identity <c>*</c> stands for any characters.</summary>
internal sealed record SaFilter(string? Identity, string? Address)
{
    public bool Holds(IkeSaState state) => HoldsIdentity(state) && HoldsAddress(state);

    private bool HoldsIdentity(IkeSaState state) => Identity is null
        || Matches(state.Facts?.RemoteId.ToString()) || Matches(state.Facts?.EapId?.ToString());

    private bool Matches(string? identity) =>
        identity is not null && FileSystemName.MatchesSimpleExpression(Identity, identity, ignoreCase: true);

    private bool HoldsAddress(IkeSaState state) => Address is null
        || state.Path.Remote.Address.ToString() == Address
        || state.Path.Local.Address.ToString() == Address
        || (state.Facts?.VirtualIps.Any(leased => leased.Address.ToString() == Address) ?? false);
}
