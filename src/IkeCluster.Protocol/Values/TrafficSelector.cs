namespace IkeCluster.Protocol.Values;

/// <summary>
/// One range of addresses and ports with an IP protocol (RFC 7296 §3.13.1). Both addresses are of one family;
/// protocol 0 is any; for ICMP the ports hold type and code; ports 65535 to 0 are OPAQUE.
/// </summary>
public readonly record struct TrafficSelector(
    IpAddress Start, IpAddress End, byte IpProtocol = 0, ushort StartPort = 0, ushort EndPort = ushort.MaxValue)
{
    public bool IsV4 => Start.IsV4;

    public static TrafficSelector Host(IpAddress address) => new(address, address);

    public static TrafficSelector AllV4 { get; } = new(IpAddress.V4(0), IpAddress.V4(uint.MaxValue));

    public static TrafficSelector AllV6 { get; } = new(new IpAddress(0), new IpAddress(UInt128.MaxValue));

    /// <summary>Subnet of <paramref name="prefixLength"/> bits (0 to 32, or to 128) that holds the address.</summary>
    public static TrafficSelector Subnet(IpAddress address, int prefixLength)
    {
        int hostBits = (address.IsV4 ? 32 : 128) - prefixLength;
        UInt128 mask = hostBits >= 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;
        return new(new IpAddress(address.Value & ~mask), new IpAddress(address.Value | mask));
    }

    /// <summary>The part both hold, if there is one (RFC 7296 §2.9).</summary>
    public bool TryIntersect(TrafficSelector other, out TrafficSelector common)
    {
        bool isOpaque = StartPort > EndPort || other.StartPort > other.EndPort;
        bool sameProtocol = IpProtocol == 0 || other.IpProtocol == 0 || IpProtocol == other.IpProtocol;
        IpAddress start = Start.Value > other.Start.Value ? Start : other.Start;
        IpAddress end = End.Value < other.End.Value ? End : other.End;
        ushort startPort = Math.Max(StartPort, other.StartPort);
        ushort endPort = Math.Min(EndPort, other.EndPort);
        bool overlaps = IsV4 == other.IsV4 && sameProtocol && start.Value <= end.Value
            && (isOpaque ? SamePorts(other) : startPort <= endPort);
        common = overlaps
            ? new(start, end, IpProtocol == 0 ? other.IpProtocol : IpProtocol, isOpaque ? StartPort : startPort, isOpaque ? EndPort : endPort)
            : default;
        return overlaps;
    }

    public bool Contains(TrafficSelector other) => TryIntersect(other, out TrafficSelector common) && common == other;

    private bool SamePorts(TrafficSelector other) => StartPort == other.StartPort && EndPort == other.EndPort;

    /// <summary>As strongSwan prints it: <c>10.0.0.0/8</c>, a range where no prefix fits, <c>[tcp/443]</c> behind.</summary>
    public override string ToString()
    {
        UInt128 hosts = Start.Value ^ End.Value;
        bool isPrefix = (hosts & (hosts + 1)) == 0 && (Start.Value & hosts) == 0;
        int hostBits = hosts == UInt128.MaxValue ? 128 : (int)UInt128.Log2(hosts + 1);
        string range = isPrefix ? $"{Start}/{(IsV4 ? 32 : 128) - hostBits}" : $"{Start}..{End}";
        string ports = (StartPort, EndPort) switch
        {
            (0, ushort.MaxValue) => "",
            (ushort.MaxValue, 0) => "/opaque",
            _ when StartPort == EndPort => $"/{StartPort}",
            _ => $"/{StartPort}-{EndPort}",
        };
        string protocol = IpProtocol switch { 0 => "", 1 => "icmp", 6 => "tcp", 17 => "udp", 58 => "icmpv6", _ => $"{IpProtocol}" };
        return (IpProtocol, ports) is (0, "") ? range : $"{range}[{(IpProtocol == 0 ? "0" : protocol)}{ports}]";
    }
}
