using IkeCluster.Crypto;

namespace IkeCluster.TestKit.Initiator;

/// <content>What only a simulation may look at.</content>
public sealed partial class IkeInitiator
{
    /// <summary>The keys of the established IKE SA, to be held against the responder's; they stay the initiator's own.</summary>
    public IkeKeys? Keys => _isEstablished ? _sa?.Keys : null;
}
