using System.Globalization;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Children;

/// <summary>What a peer asked for and did not get, in words for the operator; as long as we like, not as the peer likes.</summary>
internal static class ChildAsk
{
    private const int ItemsMax = 4;
    private const int CharactersMax = 160;

    internal static string OfProposals(in SaPayload sa)
    {
        List<string> offered = [];
        int count = 0;
        foreach (ProposalView proposal in sa)
        {
            if (count++ < ItemsMax)
            {
                offered.Add(ProposalText.Write(proposal.ToProposal()));
            }
        }

        return $"the peer offers {List(offered, count)}";
    }

    internal static string OfSelectors(in TsPayload local, in TsPayload remote) => $"the peer asks for {Of(local)} === {Of(remote)}";

    /// <summary>Why there is no address: the pools of that family have none left, or there are no such pools.</summary>
    internal static string OfPools(LeaseRequest request, PolicySet policy)
    {
        string[] tried = [.. request.Pools.Where(name => policy.FindPool(name)?.Addrs.Any(range => Wants(request, range.Start)) == true)];
        string family = !request.WantsIpv6 ? "IPv4 " : !request.WantsIpv4 ? "IPv6 " : "";
        return tried.Length switch
        {
            0 => $"the connection has no pool of {family}addresses",
            1 => $"pool {tried[0]} is full",
            _ => $"pools {List(tried, tried.Length)} are full",
        };
    }

    private static bool Wants(LeaseRequest request, IpAddress address) => address.IsV4 ? request.WantsIpv4 : request.WantsIpv6;

    private static string Of(in TsPayload selectors)
    {
        List<string> texts = [];
        for (int i = 0; i < Math.Min(selectors.Count, ItemsMax); i++)
        {
            texts.Add(selectors[i].ToString());
        }

        return List(texts, selectors.Count);
    }

    private static string List(IReadOnlyCollection<string> shown, int count)
    {
        string text = string.Join(", ", shown);
        text = text.Length > CharactersMax ? $"{text.AsSpan(0, CharactersMax)}…" : text.Length == 0 ? "nothing that is known here" : text;
        return count > shown.Count ? string.Create(CultureInfo.InvariantCulture, $"{text} and {count - shown.Count} more") : text;
    }
}
