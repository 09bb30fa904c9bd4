using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>IKE_AUTH with EAP (RFC 7296 §2.16), with several rounds (RFC 4739), or with both.</summary>
internal sealed class RoundsExchange(InitiatorSettings settings, InitResult init, FillRandom random) : IAuthRounds
{
    private const byte EapRequest = 1;
    private const byte EapSuccess = 3;

    private readonly LoginWishes _wishes = new(settings, init, random);
    private readonly ResponderProof _responder = new(settings, init);
    private readonly ImmutableArray<AuthRound> _rounds = [new(settings.LocalId, settings.Proof), .. settings.LaterRounds];
    private int _at;
    private ProvedResponder? _proved;
    private EapPeer? _eap;
    private bool _awaitsEapAuth;

    private AuthRound Round => _rounds[_at];

    private bool IsLast => _at == _rounds.Length - 1;

    public AuthTurn Begin() => BeginRound(isFirst: true);

    public AuthTurn Answered(in PayloadIndex answer, Instant now)
    {
        if (_proved is null && (_proved = _responder.Check(answer, now, out string fault, out NotifyType refused)) is null)
        {
            return new AuthTurn.Failed(fault, refused);
        }

        if (_eap is not null && !_awaitsEapAuth)
        {
            return AnswerEap(answer);
        }

        if (_awaitsEapAuth && !HoldsEapAuth(answer))
        {
            return Unproved(answer, "the responder's AUTH after EAP is not made with the key");
        }

        (_eap, _awaitsEapAuth) = (null, false);
        if (IsLast)
        {
            return _wishes.Settle(answer, _proved);
        }

        NotifyType error = ChildOffer.FirstError(answer);
        _at++;
        return error == NotifyType.None ? BeginRound(isFirst: false) : new AuthTurn.Failed("a round was refused", error);
    }

    private AuthTurn BeginRound(bool isFirst)
    {
        (AuthMethod Method, byte[] Data)? proof = null;
        if (Round.Proof is InitiatorProof.Eap eap)
        {
            _eap = new EapPeer(eap, random);
        }
        else if ((proof = AuthExchange.Prove(init, Round.Id, Round.Proof, out string fault)) is null)
        {
            return new AuthTurn.Failed(fault);
        }

        return Ask((ref PayloadWriter writer) =>
        {
            writer.Id(PayloadType.IdInitiator, Round.Id);
            AuthExchange.WriteCertificates(ref writer, Round.Proof, isFirst ? settings.Anchors : null);
            WriteFirst(ref writer, isFirst);
            if (proof is { } ready)
            {
                writer.Auth(ready.Method, ready.Data);
                WriteWhetherAnotherFollows(ref writer);
            }

            if (isFirst)
            {
                _wishes.Write(ref writer);
            }
        });
    }

    private void WriteFirst(ref PayloadWriter writer, bool isFirst)
    {
        if (isFirst)
        {
            _wishes.WriteRemoteId(ref writer);
        }

        if (isFirst && _rounds.Length > 1)
        {
            writer.Notify(NotifyType.MultipleAuthSupported);
        }
    }

    private AuthTurn AnswerEap(in PayloadIndex answer)
    {
        if (!answer.TryFind(PayloadType.Eap, out PayloadView body) || !EapPayload.TryRead(body.Body, out EapPayload eap, out _))
        {
            return Unproved(answer, "no sound EAP payload in the answer");
        }

        switch (eap.Code)
        {
            case EapRequest:
                byte[] response = _eap!.Answer(eap.Packet.ToArray());
                return Ask((ref PayloadWriter writer) => writer.Eap(response));
            case EapSuccess when _eap!.Msk is not null:
                return ProveByMsk(_eap.Msk);
            case EapSuccess:
                return new AuthTurn.Failed("EAP-Success before the method was through");
            default:
                return new AuthTurn.Failed("EAP failed", ChildOffer.FirstError(answer));
        }
    }

    private AuthTurn.Ask ProveByMsk(SecretBytes msk)
    {
        _awaitsEapAuth = true;
        byte[] signed = ProofOctets.Signed(init.Chosen.Prf, init.Request, init.Nr, init.Keys.SkPi.Reveal(), ProofOctets.RestOf(Round.Id));
        byte[] data = ProofOctets.OfSharedKey(init.Chosen.Prf, msk.Reveal(), signed);
        if (Round.Proof is InitiatorProof.Eap { SpoilsAuth: true })
        {
            data[0] ^= 1;
        }

        return Ask((ref PayloadWriter writer) =>
        {
            writer.Auth(AuthMethod.SharedKey, data);
            WriteWhetherAnotherFollows(ref writer);
        });
    }

    private bool HoldsEapAuth(in PayloadIndex answer)
    {
        byte[] expected = ProofOctets.OfSharedKey(init.Chosen.Prf, _eap!.Msk!.Reveal(), _responder.Signed(_proved!.RestOfId));
        return answer.TryFind(PayloadType.Auth, out PayloadView body) && AuthPayload.TryRead(body.Body, out AuthPayload auth, out _)
            && auth.Method == AuthMethod.SharedKey && auth.Data.SequenceEqual(expected);
    }

    private void WriteWhetherAnotherFollows(ref PayloadWriter writer)
    {
        if (!IsLast)
        {
            writer.Notify(NotifyType.AnotherAuthFollows);
        }
    }

    /// <summary>What had to be in the answer is not: because the responder refuses, or without a word of it.</summary>
    private static AuthTurn.Failed Unproved(in PayloadIndex answer, string fault) => ChildOffer.FirstError(answer) is var refusal and not NotifyType.None
        ? new AuthTurn.Failed($"IKE_AUTH refused: {NotifyText.Write(refusal)}", refusal)
        : new AuthTurn.Failed(fault);

    private static AuthTurn.Ask Ask(WritePayloads write) => new(PayloadChain.Of(write));
}
