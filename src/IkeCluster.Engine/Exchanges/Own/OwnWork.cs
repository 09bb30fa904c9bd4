using System.Diagnostics;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// The sums of our own requests. Their tickets stand beside that of the peer's request, so that neither waits for the
/// other.
/// </summary>
internal static class OwnWork
{
    internal static bool IsFor(IkeSaState state, Ticket ticket) =>
        state.Own.Draft?.Ticket == ticket || state.Own.Pending?.Answer?.Ticket == ticket;

    internal static Step Resume(IkeSaState state, WorkResult result, in StepContext context) =>
        (state.Own.Draft, state.Own.Pending?.Answer, result) switch
        {
            ({ } draft, _, WorkResult.KeyPair made) => AfterKeyPair(state, draft, made.Pair, context),
            (null, { } answer, WorkResult.KeyPairAndSecret both) => OwnResponse.AfterKeyExchange(state, answer, both, context),
            ({ } draft, _, WorkResult.Failed) => OwnDuties.Postpone(state, draft, context),
            (null, { }, WorkResult.Failed) => OwnResponse.AfterFailure(state, context),
            _ => throw new UnreachableException(),
        };

    private static Step AfterKeyPair(IkeSaState state, OwnDraft draft, KeyExchange made, in StepContext context)
    {
        using KeyExchange pair = made;
        return draft.Kind == OwnRequestKind.RekeyIke
            ? OwnRekeyIke.AfterKeyPair(state, pair, context)
            : OwnChild.AfterKeyPair(state, draft, pair, context);
    }
}
