using System.Collections.Immutable;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Crypto.Integrity;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Crypto.Prf;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads proposals in strongSwan's spelling and refuses what this release has no sums for.</summary>
internal static class ProposalReader
{
    public static ImmutableArray<Proposal> Read(ConfigSection section, string key, SecurityProtocol protocol)
    {
        ImmutableArray<ConfigScalar> written = section.List(key);
        if (written.IsEmpty)
        {
            return Defaults(protocol);
        }

        var proposals = ImmutableArray.CreateBuilder<Proposal>();
        foreach (ConfigScalar text in written)
        {
            if (text.Text == "default")
            {
                proposals.AddRange(Defaults(protocol));
            }
            else if (!ProposalText.TryParse(text.Text, protocol, out Proposal? proposal, out string fault))
            {
                section.Report.Fault(text.Place, $"\"{text.Text}\" is not a proposal: {fault}");
            }
            else if (Unbuilt(proposal) is { } unbuilt)
            {
                section.Report.Fault(text.Place, $"\"{text.Text}\": {unbuilt} is not in this release, leave it out");
            }
            else
            {
                proposals.Add(proposal);
                WarnOfDiscouraged(section, text, proposal);
            }
        }

        return proposals.ToImmutable();
    }

    /// <summary>What <c>default</c> stands for; combined-mode ciphers are preferred.</summary>
    private static ImmutableArray<Proposal> Defaults(SecurityProtocol protocol) => protocol == SecurityProtocol.Ike
        ? [ProposalText.DefaultIkeAead, ProposalText.DefaultIke]
        : [ProposalText.DefaultEspAead, ProposalText.DefaultEsp];

    private static string? Unbuilt(Proposal proposal)
    {
        foreach (Transform transform in proposal.Transforms)
        {
            if (!IsBuilt(transform))
            {
                return Transforms.Name(transform);
            }
        }

        return null;
    }

    private static bool IsBuilt(Transform transform) => transform.Type switch
    {
        TransformType.Encr => IsBuilt([transform]) || IsBuilt([transform, Transform.Integ(IntegrityId.HmacSha256With128)]),
        TransformType.Prf => Prf.Find((PrfId)transform.Id) is not null,
        TransformType.Integ => transform.Id == 0 || IntegrityAlgorithm.Find((IntegrityId)transform.Id) is not null,
        TransformType.KeyExchange => transform.Id == 0 || KeyExchange.IsSupported((KeyExchangeMethod)transform.Id),
        TransformType.SequenceNumbers => true,
        _ => false,
    };

    /// <summary>A combined-mode cipher stands alone, every other one beside an integrity algorithm.</summary>
    private static bool IsBuilt(ImmutableArray<Transform> cipher) => MessageCipher.IsSupported(new Proposal(SecurityProtocol.Esp, cipher));

    private static void WarnOfDiscouraged(ConfigSection section, ConfigScalar text, Proposal proposal)
    {
        if (Discouraged.Among(proposal) is { } names)
        {
            section.Report.Warn(text.Place, $"\"{text.Text}\" allows {names}, which RFC 8247 discourages");
        }
    }
}
