using System.Buffers.Binary;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.TestKit.Initiator;

/// <summary>What a CREATE_CHILD_SA of the responder comes to: the SA that it makes, or a refusal, and the answer in either case.</summary>
internal sealed record Verdict<T>(T? Made, NotifyType Refusal, PayloadChain Answer)
    where T : class
{
    public static Verdict<T> Accepted(T made, PayloadChain answer) => new(made, NotifyType.None, answer);

    public static Verdict<T> Refused(NotifyType refusal, params byte[] data) =>
        new(null, refusal, PayloadChain.Of((ref PayloadWriter writer) => writer.Notify(refusal, data)));

    /// <summary>RFC 7296 §1.3: the group that would do.</summary>
    public static Verdict<T> WrongKe(KeyExchangeMethod wanted)
    {
        byte[] group = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(group, (ushort)wanted);
        return Refused(NotifyType.InvalidKePayload, group);
    }
}

/// <summary>Reads what both kinds of CREATE_CHILD_SA carry.</summary>
internal static class CreateChildPayloads
{
    public static byte[]? Nonce(in PayloadIndex payloads) =>
        payloads.TryFind(PayloadType.Nonce, out PayloadView view) && NoncePayload.TryRead(view.Body, out NoncePayload nonce, out _)
            ? nonce.Value.ToArray()
            : null;

    public static (KeyExchangeMethod Method, byte[] Value)? Ke(in PayloadIndex payloads) =>
        payloads.TryFind(PayloadType.Ke, out PayloadView view) && KePayload.TryRead(view.Body, out KePayload ke, out _)
            ? (ke.Method, ke.Value.ToArray())
            : null;

    /// <summary>The method that INVALID_KE_PAYLOAD asks for, where it was offered and is another than the one sent.</summary>
    public static KeyExchangeMethod? WantedInstead(in PayloadIndex answer, IEnumerable<Proposal> offered, KeyExchangeMethod sent)
    {
        if (!answer.TryFindNotify(NotifyType.InvalidKePayload, out NotifyPayload notify) || notify.Data.Length != sizeof(ushort))
        {
            return null;
        }

        var wanted = (KeyExchangeMethod)BinaryPrimitives.ReadUInt16BigEndian(notify.Data);
        return wanted != sent && offered.Any(proposal => proposal.Transforms.Contains(Transform.KeyExchange(wanted))) ? wanted : null;
    }
}
