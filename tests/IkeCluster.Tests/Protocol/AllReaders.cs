using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

/// <summary>Reads a payload by its type and touches everything in it: whatever can throw has thrown.</summary>
internal static class AllReaders
{
    /// <summary>The chain, every payload in it, and every field of those: true when all were sound.</summary>
    internal static bool TouchChain(PayloadType first, ReadOnlySpan<byte> chain)
    {
        bool isSound = PayloadIndex.TryRead(first, chain, out PayloadIndex index, out ParseFault fault);
        Assert.Equal(!isSound, fault.IsFault);
        for (int i = 0; i < index.Count; i++)
        {
            isSound &= Touch(index[i].Type, index[i].Body);
        }

        index.TryFindNotify(NotifyType.Cookie, out _);
        Assert.NotEmpty(fault.ToString());
        return isSound;
    }

    internal static bool TouchMessage(ReadOnlySpan<byte> message)
    {
        bool isFine = IkeHeader.Check(message) == DropReason.None;
        if (EncryptedPayload.TryLocate(message, out EncryptedPayload sk, out _))
        {
            Assert.Equal(message.Length, sk.IvOffset + sk.ContentOctets);
        }

        return isFine && IkeHeader.TryRead(message, out IkeHeader header)
            && TouchChain(header.NextPayload, message[IkeHeader.Octets..]);
    }

    internal static bool Touch(PayloadType type, ReadOnlySpan<byte> body)
    {
        bool isSound = Touch(type, body, out ParseFault fault);
        Assert.Equal(!isSound, fault.IsFault);
        Assert.InRange(fault.Offset, 0, body.Length);
        return isSound;
    }

    internal static ParseFault FaultOf(PayloadType type, ReadOnlySpan<byte> body)
    {
        Touch(type, body, out ParseFault fault);
        return fault;
    }

    private static bool Touch(PayloadType type, ReadOnlySpan<byte> body, out ParseFault fault)
    {
        switch (type)
        {
            case PayloadType.Sa:
                return TouchSa(body, out fault);
            case PayloadType.Ke:
                return KePayload.TryRead(body, out KePayload ke, out fault) && Use(ke.Value, (ushort)ke.Method);
            case PayloadType.IdInitiator or PayloadType.IdResponder:
                return IdPayload.TryRead(body, out IdPayload id, out fault) && TouchId(id.ToIdentity());
            case PayloadType.Cert:
                return CertPayload.TryRead(body, out CertPayload cert, out fault) && Use(cert.Data, (byte)cert.Encoding);
            case PayloadType.CertReq:
                return CertReqPayload.TryRead(body, out CertReqPayload request, out fault) && Use(request.Authorities, (byte)request.Encoding);
            case PayloadType.Auth:
                return AuthPayload.TryRead(body, out AuthPayload auth, out fault) && Use(auth.Data, (byte)auth.Method);
            case PayloadType.Nonce:
                return NoncePayload.TryRead(body, out NoncePayload nonce, out fault) && Use(nonce.Value, 0);
            case PayloadType.Notify:
                return NotifyPayload.TryRead(body, out NotifyPayload notify, out fault)
                    && Use(notify.Data, (byte)notify.Protocol) && Use(notify.Spi, (ushort)notify.Type);
            case PayloadType.Delete:
                return TouchDelete(body, out fault);
            case PayloadType.VendorId:
                return VendorIdPayload.TryRead(body, out VendorIdPayload vendor, out fault) && Use(vendor.Value, 0);
            case PayloadType.TsInitiator or PayloadType.TsResponder:
                return TsPayload.TryRead(body, out TsPayload ts, out fault) && ts.ToImmutableArray().All(s => s.ToString().Length > 0);
            case PayloadType.Cp:
                return TouchCp(body, out fault);
            case PayloadType.Eap:
                return EapPayload.TryRead(body, out EapPayload eap, out fault) && Use(eap.TypeData, eap.Type) && Use(eap.Packet, eap.Code);
            default:
                fault = default;
                return true;
        }
    }

    private static bool TouchSa(ReadOnlySpan<byte> body, out ParseFault fault)
    {
        bool isSound = SaPayload.TryRead(body, out SaPayload sa, out fault);
        Assert.Equal(isSound, SaPayload.TryReadProposals(body, out _));
        foreach (ProposalView proposal in sa)
        {
            int count = 0;
            foreach (TransformView transform in proposal.Transforms)
            {
                Assert.NotEmpty(Transforms.Name(transform.ToTransform()));
                count++;
            }

            Assert.Equal(proposal.TransformCount, count);
            Use(proposal.Spi, proposal.Number);
        }

        return isSound;
    }

    private static bool TouchDelete(ReadOnlySpan<byte> body, out ParseFault fault)
    {
        bool isSound = DeletePayload.TryRead(body, out DeletePayload delete, out fault);
        for (int i = 0; isSound && delete.SpiSize == 4 && i < delete.Count; i++)
        {
            Assert.Equal(8, delete.Spi(i).ToString().Length);
        }

        return isSound;
    }

    private static bool TouchCp(ReadOnlySpan<byte> body, out ParseFault fault)
    {
        bool isSound = CpPayload.TryRead(body, out CpPayload cp, out fault);
        for (CpPayload.Enumerator attributes = isSound ? cp.GetEnumerator() : default; attributes.MoveNext();)
        {
            Use(attributes.Current.Value, (ushort)attributes.Current.Type);
        }

        return isSound;
    }

    private static bool TouchId(Identity id)
    {
        Assert.True(id.Match(id) is Identity.PerfectMatch);
        Assert.NotNull(id.ToString());
        return id.Key.Length > 0;
    }

    private static bool Use(ReadOnlySpan<byte> octets, int number) => (octets.IsEmpty || octets[^1] <= byte.MaxValue) && number <= ushort.MaxValue;
}
