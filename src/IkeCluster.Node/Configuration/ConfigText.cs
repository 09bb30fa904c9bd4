using System.Globalization;
using System.Net;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>How values are spelled: times, rates, addresses, ranges.</summary>
internal static class ConfigText
{
    public const string DurationHint = "write a time such as 30s, 4h or 1h30m";
    public const string RangeHint = "write an address, a subnet such as 10.0.0.0/8 or a range such as 10.0.0.1-10.0.0.9";

    private static readonly (string Unit, TimeSpan Span)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary><c>30s</c>, <c>1h30m</c>; a bare number is seconds, as in swanctl.conf. At most ten years.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        if (rest.IsEmpty)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            int digits = CountWhile(rest, char.IsAsciiDigit);
            int letters = CountWhile(rest[digits..], char.IsAsciiLetter);
            if (!TryPart(rest[..digits], rest.Slice(digits, letters), letters == 0 && digits == text.Length, out TimeSpan part))
            {
                return false;
            }

            duration += part;
            rest = rest[(digits + letters)..];
        }

        return duration <= TimeSpan.FromDays(3650);
    }

    /// <summary><c>5000</c>; with units also <c>500k</c>, <c>500m</c> and <c>2g</c>, powers of 1024 as in swanctl.conf.</summary>
    public static bool TryAmount(string text, bool takesUnits, out ulong amount)
    {
        int shift = takesUnits && text.Length > 1
            ? char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 }
            : 0;
        ReadOnlySpan<char> digits = shift == 0 ? text : text.AsSpan(0, text.Length - 1);
        bool isNumber = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out amount) && amount <= ulong.MaxValue >> shift;
        amount <<= isNumber ? shift : 0;
        return isNumber;
    }

    /// <summary><c>20/s</c>, <c>600/m</c>: how many in a second.</summary>
    public static bool TryRate(string text, out double perSecond)
    {
        perSecond = 0;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || !TryNumber(text[..slash], out double count))
        {
            return false;
        }

        perSecond = text[(slash + 1)..] switch { "s" => count, "m" => count / 60, "h" => count / 3600, _ => double.NaN };
        return !double.IsNaN(perSecond);
    }

    /// <summary>Not negative, finite.</summary>
    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>yes, true, on, 1 and their opposites, as strongSwan reads them.</summary>
    public static bool? YesNo(string text) => text.ToLowerInvariant() switch
    {
        "yes" or "true" or "on" or "1" or "enabled" => true,
        "no" or "false" or "off" or "0" or "disabled" => false,
        _ => null,
    };

    /// <summary>Strict: four numbers for IPv4, no brackets, no zone.</summary>
    public static bool TryAddress(string text, out IpAddress address)
    {
        address = default;
        bool looksRight = text.Contains(':', StringComparison.Ordinal)
            ? !text.AsSpan().ContainsAny("[]%/")
            : text.AsSpan().Count('.') == 3;
        return looksRight && IpAddress.TryParse(text, out address);
    }

    /// <summary>An address, a subnet or a range <c>a-b</c> of one family.</summary>
    public static bool TryRange(string text, out AddressRange range)
    {
        range = default;
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0)
        {
            bool both = TryAddress(text[..dash].Trim(), out IpAddress from) & TryAddress(text[(dash + 1)..].Trim(), out IpAddress to);
            range = new AddressRange(from, to);
            return both && from.IsV4 == to.IsV4 && from.Value <= to.Value;
        }

        bool found = TrySubnet(text, out IpAddress address, out int prefixLength);
        TrafficSelector subnet = found ? TrafficSelector.Subnet(address, prefixLength) : default;
        range = new AddressRange(subnet.Start, subnet.End);
        return found;
    }

    /// <summary>An address with or without <c>/prefix</c>.</summary>
    public static bool TrySubnet(string text, out IpAddress address, out int prefixLength)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        prefixLength = 0;
        if (!TryAddress(slash < 0 ? text : text[..slash], out address))
        {
            return false;
        }

        int longest = address.IsV4 ? 32 : 128;
        if (slash < 0)
        {
            prefixLength = longest;
            return true;
        }

        return int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefixLength)
            && prefixLength <= longest;
    }

    /// <summary><c>127.0.0.1:9464</c> or <c>[::1]:9464</c>.</summary>
    public static bool TryEndpoint(string text, out IPEndPoint endpoint)
    {
        bool found = IPEndPoint.TryParse(text, out IPEndPoint? parsed) && parsed.Port != 0;
        endpoint = parsed ?? new IPEndPoint(IPAddress.None, 0);
        return found;
    }

    private static bool TryPart(ReadOnlySpan<char> digits, ReadOnlySpan<char> unit, bool isBare, out TimeSpan part)
    {
        part = default;
        if (digits.Length is 0 or > 9)
        {
            return false;
        }

        int count = int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        if (isBare)
        {
            part = TimeSpan.FromSeconds(count);
            return true;
        }

        foreach ((string name, TimeSpan span) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                part = count * span;
                return true;
            }
        }

        return false;
    }

    private static int CountWhile(ReadOnlySpan<char> text, Func<char, bool> holds)
    {
        int count = 0;
        while (count < text.Length && holds(text[count]))
        {
            count++;
        }

        return count;
    }
}
