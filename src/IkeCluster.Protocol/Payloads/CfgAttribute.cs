namespace IkeCluster.Protocol.Payloads;

/// <summary>Configuration payload types (IANA IKEv2 registry; RFC 7296 §3.15).</summary>
public enum CfgType : byte { None = 0, Request = 1, Reply = 2, Set = 3, Ack = 4 }

/// <summary>Configuration attribute types (IANA IKEv2 registry; RFC 7296 §3.15.1).</summary>
public enum CfgAttributeType : ushort
{
    None = 0, InternalIp4Address = 1, InternalIp4Netmask = 2, InternalIp4Dns = 3, InternalIp4Nbns = 4, InternalIp4Dhcp = 6,
    ApplicationVersion = 7, InternalIp6Address = 8, InternalIp6Dns = 10, InternalIp6Dhcp = 12, InternalIp4Subnet = 13,
    SupportedAttributes = 14, InternalIp6Subnet = 15, Mip6HomePrefix = 16, InternalIp6Link = 17, InternalIp6Prefix = 18,
    HomeAgentAddress = 19, PCscfIp4Address = 20, PCscfIp6Address = 21, FttKat = 22, ExternalSourceIp4NatInfo = 23,
    TimeoutPeriodForLivenessCheck = 24, InternalDnsDomain = 25, InternalDnssecTa = 26,
    EncDnsIp4 = 27, EncDnsIp6 = 28, EncDnsDigestInfo = 29,

    // Microsoft's and Cisco's own, as strongSwan names them.
    InternalIp4Server = 23456, InternalIp6Server = 23457, UnitySplitInclude = 28676, UnityLocalLan = 28678,
}

/// <summary>A configuration attribute to be written; an empty value asks for one (RFC 7296 §3.15.1).</summary>
public readonly record struct CfgAttribute(CfgAttributeType Type, ReadOnlyMemory<byte> Value);
