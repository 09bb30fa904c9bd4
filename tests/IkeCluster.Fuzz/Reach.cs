using IkeCluster.Fuzz.World;

namespace IkeCluster.Fuzz;

/// <summary>
/// How deep the messages of a whole run got. A fuzzer whose messages all fail at the first check finds nothing and looks
/// well: what must be reached is named here, and a run that does not reach it fails.
/// </summary>
internal sealed class Reach
{
    /// <summary>Below this there are too few messages to reach everything.</summary>
    private const long MessagesMin = 500_000;

    private static readonly string[] Musts =
    [
        "Established", "LoginFailed", "ChildInstalled", "ChildRemoved", "IkeRekeyed", "Moved", "Ended",
        "ike_sa_init responder ok", "ike_sa_init responder NoProposalChosen", "ike_sa_init responder InvalidKePayload",
        "ike_auth responder ok", "ike_auth responder failed",
        "create_child_sa responder ok", "create_child_sa responder NoProposalChosen", "create_child_sa responder TsUnacceptable",
        "create_child_sa responder InvalidKePayload", "create_child_sa responder ChildSaNotFound", "create_child_sa responder TemporaryFailure",
        "create_child_sa responder UnsupportedCriticalPayload",
        "informational responder ok", "informational responder UnsupportedCriticalPayload",
        "informational initiator ok", "create_child_sa initiator ok",
    ];

    private readonly SortedDictionary<string, long> _reached = new(StringComparer.Ordinal);

    public void Add(Watch watch)
    {
        foreach ((string name, long count) in watch.Reached)
        {
            _reached[name] = _reached.GetValueOrDefault(name) + count;
        }
    }

    public void Check(long messages)
    {
        if (messages >= MessagesMin)
        {
            Assert.Subset(_reached.Keys.ToHashSet(StringComparer.Ordinal), Musts.ToHashSet(StringComparer.Ordinal));
        }
    }

    public override string ToString() => string.Join(", ", _reached.Select(one => $"{one.Key}: {one.Value}"));
}
