using System.Collections.Immutable;
using System.Globalization;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads traffic selectors: <c>10.0.0.0/8</c>, <c>dynamic</c>, each with <c>[tcp/443]</c> behind it.</summary>
internal static class SelectorReader
{
    private const string Hint = "write a subnet such as 10.0.0.0/8, or dynamic, with a protocol and port behind it if need be: 10.0.0.0/8[tcp/443]";

    /// <summary><c>dynamic</c> where nothing is written, as in swanctl.conf.</summary>
    public static ImmutableArray<SelectorPolicy> Read(ConfigSection section, string key)
    {
        ImmutableArray<ConfigScalar> written = section.List(key);
        if (written.IsEmpty)
        {
            return [new SelectorPolicy(IsDynamic: true, TrafficSelector.AllV4)];
        }

        var selectors = ImmutableArray.CreateBuilder<SelectorPolicy>();
        foreach (ConfigScalar text in written)
        {
            if (TryParse(text.Text, out SelectorPolicy selector))
            {
                selectors.Add(selector);
            }
            else
            {
                section.Report.Fault(text.Place, $"\"{text.Text}\" is not a traffic selector, {Hint}");
            }
        }

        return selectors.ToImmutable();
    }

    private static bool TryParse(string text, out SelectorPolicy policy)
    {
        policy = default;
        int bracket = text.IndexOf('[', StringComparison.Ordinal);
        string addresses = bracket < 0 ? text : text[..bracket];
        (byte Protocol, ushort Start, ushort End) ports = (0, 0, ushort.MaxValue);
        if (bracket >= 0 && (!text.EndsWith(']') || !TryPorts(text[(bracket + 1)..^1], out ports)))
        {
            return false;
        }

        bool isDynamic = addresses == "dynamic";
        AddressRange range = new(TrafficSelector.AllV4.Start, TrafficSelector.AllV4.End);
        if (!isDynamic && !ConfigText.TryRange(addresses, out range))
        {
            return false;
        }

        policy = new SelectorPolicy(isDynamic, new TrafficSelector(range.Start, range.End, ports.Protocol, ports.Start, ports.End));
        return true;
    }

    private static bool TryPorts(string text, out (byte Protocol, ushort Start, ushort End) ports)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        bool found = TryProtocol(slash < 0 ? text : text[..slash], out byte protocol);
        ports = (protocol, 0, ushort.MaxValue);
        if (slash < 0 || !found)
        {
            return found;
        }

        string range = text[(slash + 1)..];
        if (range == "opaque")
        {
            ports = (protocol, ushort.MaxValue, 0);
            return true;
        }

        int dash = range.IndexOf('-', StringComparison.Ordinal);
        bool both = TryNumber(dash < 0 ? range : range[..dash], out ushort start) & TryNumber(dash < 0 ? range : range[(dash + 1)..], out ushort end);
        ports = (protocol, start, end);
        return both && start <= end;
    }

    private static bool TryProtocol(string text, out byte protocol)
    {
        protocol = text switch { "icmp" => 1, "tcp" => 6, "udp" => 17, "gre" => 47, "icmpv6" or "ipv6-icmp" => 58, "sctp" => 132, _ => 0 };
        return protocol != 0 || byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out protocol);
    }

    private static bool TryNumber(string text, out ushort number) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
