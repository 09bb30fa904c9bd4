using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.TestKit.Initiator;

/// <summary>
/// What a login asks for besides being let in: IDr, status notifications, CP, SA and TS. They stand in the first IKE_AUTH
/// request, and the last answer settles them (RFC 7296 §1.2, §2.16).
/// </summary>
internal sealed class LoginWishes(InitiatorSettings settings, InitResult init, FillRandom random)
{
    private readonly ChildOffer? _offer = settings.Childless ? null : ChildOffer.First(settings, random);

    public void WriteRemoteId(ref PayloadWriter writer)
    {
        if (settings.RemoteId is { } wanted)
        {
            writer.Id(PayloadType.IdResponder, wanted);
        }
    }

    /// <summary>Everything behind AUTH, or behind the identities where AUTH comes later.</summary>
    public void Write(ref PayloadWriter writer)
    {
        if (settings.InitialContact)
        {
            writer.Notify(NotifyType.InitialContact);
        }

        foreach (NotifyType notify in settings.AuthNotifies)
        {
            writer.Notify(notify);
        }

        if (Configuration.Request(settings) is { IsEmpty: false } wanted)
        {
            writer.Cp(CfgType.Request, wanted.AsSpan());
        }

        _offer?.Write(ref writer);
    }

    /// <summary>The SA that the last answer makes, once the responder has proved itself.</summary>
    public AuthTurn Settle(in PayloadIndex answer, ProvedResponder responder)
    {
        NegotiatedSa sa = Configuration.Read(answer, new NegotiatedSa
        {
            InitiatorSpi = init.InitiatorSpi,
            ResponderSpi = init.ResponderSpi,
            Proposal = init.Chosen,
            RemoteId = responder.Id,
            RemoteAuth = responder.Method,
            Fragmentation = init.Fragmentation,
            LocalBehindNat = init.LocalBehindNat,
            RemoteBehindNat = init.RemoteBehindNat,
            PeerNotifies = [.. init.PeerNotifies, .. StatusNotifies.Types(answer)],
            AuthLifetime = Lifetime(answer),
        });

        // RFC 7296 §1.2: a child that is refused leaves the IKE SA standing.
        NotifyType refusal = ChildOffer.FirstError(answer);
        // RFC 5685 §6: a client that is sent elsewhere gets no child.
        if (_offer is null || refusal != NotifyType.None || answer.HasNotify(NotifyType.Redirect))
        {
            return new AuthTurn.Done(new AuthResult(sa, null, refusal));
        }

        InitiatorChild? child = _offer.Settle(answer, init.Chosen.Prf, init.Keys, init.Ni, init.Nr, out string fault);
        return child is null ? new AuthTurn.Failed(fault) : new AuthTurn.Done(new AuthResult(sa, child, NotifyType.None));
    }

    /// <summary>RFC 4478 §3: how long the responder lets the SA live without a new login.</summary>
    private static TimeSpan? Lifetime(in PayloadIndex answer) =>
        answer.TryFindNotify(NotifyType.AuthLifetime, out NotifyPayload notify) && notify.Data.Length == sizeof(uint)
            ? TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(notify.Data))
            : null;
}

/// <summary>Status notifications of a message.</summary>
internal static class StatusNotifies
{
    public static ImmutableArray<NotifyType> Types(in PayloadIndex payloads) => [.. All(payloads).Select(notify => notify.Type)];

    public static List<(NotifyType Type, byte[] Data)> All(in PayloadIndex payloads)
    {
        List<(NotifyType, byte[])> found = [];
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Notify && NotifyPayload.TryRead(payloads[i].Body, out NotifyPayload notify, out _)
                && !notify.Type.IsError())
            {
                found.Add((notify.Type, notify.Data.ToArray()));
            }
        }

        return found;
    }
}
