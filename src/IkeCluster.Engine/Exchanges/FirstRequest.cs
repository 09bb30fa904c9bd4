using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// Of the first request of IKE_AUTH, what its last answer needs (RFC 7296 §2.16): the rest is not kept for a peer that may
/// take minutes and has proved nothing.
/// </summary>
internal static class FirstRequest
{
    internal static InnerMessage Keep(in PayloadIndex payloads)
    {
        int octets = 0;
        for (int i = 0; i < payloads.Count; i++)
        {
            octets += IsNeeded(payloads[i]) ? PayloadView.HeaderOctets + BodyOf(payloads[i]).Length : 0;
        }

        byte[] chain = new byte[octets];
        var writer = new PayloadWriter(chain);
        for (int i = 0; i < payloads.Count; i++)
        {
            if (IsNeeded(payloads[i]))
            {
                writer.Raw(payloads[i].Type, BodyOf(payloads[i]));
            }
        }

        return new InnerMessage(writer.First, chain);
    }

    private static bool IsNeeded(in PayloadView payload) => payload.Type switch
    {
        PayloadType.Cp or PayloadType.Sa or PayloadType.TsInitiator or PayloadType.TsResponder or PayloadType.CertReq => true,
        PayloadType.Notify => NotifyPayload.TryRead(payload.Body, out NotifyPayload notify, out _) && notify.Type
            is NotifyType.InitialContact or NotifyType.UseTransportMode or NotifyType.MobikeSupported
            or NotifyType.AdditionalIp4Address or NotifyType.AdditionalIp6Address or NotifyType.NoAdditionalAddresses,
        _ => false,
    };

    // That it asks for certificates counts, not whose.
    private static ReadOnlySpan<byte> BodyOf(in PayloadView payload) => payload.Type == PayloadType.CertReq ? default : payload.Body;
}
