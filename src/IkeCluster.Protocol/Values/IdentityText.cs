using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IkeCluster.Protocol.Values;

/// <summary>Identities as swanctl.conf spells them and strongSwan shows them.</summary>
internal static class IdentityText
{
    private const int Sha1Octets = 20;

    private static readonly string[] AnyWords = ["", "%any", "%any6", "*", "0.0.0.0", "::", "0::0"];

    private static readonly (string Prefix, IdType Type)[] Prefixes =
    [
        ("ipv4:", IdType.Ipv4Addr), ("ipv6:", IdType.Ipv6Addr), ("rfc822:", IdType.Rfc822Addr), ("email:", IdType.Rfc822Addr),
        ("userfqdn:", IdType.Rfc822Addr), ("fqdn:", IdType.Fqdn), ("dns:", IdType.Fqdn), ("asn1dn:", IdType.DerAsn1Dn),
        ("asn1gn:", IdType.DerAsn1Gn), ("keyid:", IdType.KeyId),
    ];

    internal static bool TryParse(string text, [NotNullWhen(true)] out Identity? id, out string fault)
    {
        text = text.Trim();
        fault = "";
        id = AnyWords.Contains(text, StringComparer.OrdinalIgnoreCase) ? Identity.Any : null;
        if (id is null && TryTakeType(ref text, out IdType type))
        {
            id = OfType(type, text, out fault);
        }
        else
        {
            id ??= text.Contains('=') ? NameOrKeyId(text, out fault) : ByLook(text, out fault);
        }

        if (id?.Data.Length > Limits.IdentityOctetsMax)
        {
            fault = $"an identity has at most {Limits.IdentityOctetsMax} octets";
            id = null;
        }

        return id is not null;
    }

    internal static string Write(Identity id)
    {
        ReadOnlySpan<byte> data = id.Data.AsSpan();
        return id.Type switch
        {
            IdType.Any => "%any",
            IdType.Ipv4Addr when data.Length == 4 => new IPAddress(data).ToString(),
            IdType.Ipv6Addr when data.Length == 16 => new IPAddress(data).ToString(),
            IdType.Fqdn or IdType.Rfc822Addr => Showable(data),
            IdType.DerAsn1Dn => DistinguishedNameText.Write(data) is { Length: > 0 } name ? name : "(invalid ID_DER_ASN1_DN)",
            IdType.DerAsn1Gn => "(ASN.1 general name)",
            IdType.KeyId when data.Length != Sha1Octets && IsPrintable(data) => Encoding.ASCII.GetString(data),
            IdType.KeyId => ColonHex(data),
            IdType.Null => "ID_NULL",
            _ => $"(ID type {(byte)id.Type})",
        };
    }

    internal static string Key(Identity id)
    {
        ReadOnlySpan<byte> data = id.Data.AsSpan();
        string type = ((byte)id.Type).ToString(CultureInfo.InvariantCulture);
        return id.Type switch
        {
            IdType.Fqdn or IdType.Rfc822Addr when IsPrintable(data) => $"{type}:{Encoding.ASCII.GetString(data).ToLowerInvariant()}",
            IdType.DerAsn1Dn => $"{type}:{NameKey(data)}",
            _ => $"{type}#{Convert.ToHexStringLower(data)}",
        };
    }

    /// <summary>Neither a control, nor a mark that changes how its neighbours look.</summary>
    internal static bool IsShowable(char c) => char.GetUnicodeCategory(c)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse);

    private static string NameKey(ReadOnlySpan<byte> der)
    {
        var name = new DistinguishedName(der);
        var key = new StringBuilder();
        while (name.TryNext(out NameAttribute attribute))
        {
            key.Append(Convert.ToHexStringLower(attribute.Oid)).Append(attribute.IsText ? '=' : '#');
            key.Append(Convert.ToHexStringLower(attribute.FoldedValue())).Append(',');
        }

        return name.IsBroken ? $"#{Convert.ToHexStringLower(der)}" : key.ToString();
    }

    // A prefix that says the type: by its name, or by its number in braces.
    private static bool TryTakeType(ref string text, out IdType type)
    {
        foreach ((string prefix, IdType known) in Prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                text = text[prefix.Length..];
                type = known;
                return true;
            }
        }

        int end = text.StartsWith('{') ? text.IndexOf("}:", StringComparison.Ordinal) : -1;
        bool isNumbered = byte.TryParse(text.AsSpan(1, Math.Max(end - 1, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out byte number);
        type = (IdType)number;
        text = isNumbered ? text[(end + 2)..] : text;
        return isNumbered;
    }

    private static Identity? OfType(IdType type, string text, out string fault)
    {
        fault = "";
        if (text.StartsWith('#'))
        {
            return OfHex(type, text[1..], out fault);
        }

        Identity? id = type switch
        {
            IdType.Ipv4Addr or IdType.Ipv6Addr => TryParseAddress(text, out Identity? address) && address.Type == type ? address : null,
            IdType.DerAsn1Dn => DistinguishedNameText.TryEncode(text, out ImmutableArray<byte> der, out fault) ? new(type, der) : null,
            IdType.Any => Identity.Any,
            _ => OfText(type, text),
        };
        fault = id is null && fault.Length == 0 ? $"'{text}' is no address of the family that its prefix names" : fault;
        return id;
    }

    private static Identity? OfHex(IdType type, string hex, out string fault)
    {
        hex = hex.Replace(":", "", StringComparison.Ordinal);
        bool isHex = hex.Length % 2 == 0 && hex.All(char.IsAsciiHexDigit);
        fault = isHex ? "" : $"'{hex}' is not an even number of hexadecimal digits";
        return isHex ? new Identity(type, [.. Convert.FromHexString(hex)]) : null;
    }

    // strongSwan makes a key id of every text with '=' that is no DN. Here a text whose first attribute is known counts
    // as a DN, so that a slip further on is an error that is told, not a key id that nobody has.
    private static Identity? NameOrKeyId(string text, out string fault)
    {
        if (DistinguishedNameText.TryEncode(text, out ImmutableArray<byte> der, out fault))
        {
            return new Identity(IdType.DerAsn1Dn, der);
        }

        bool isKeyId = !DistinguishedNameText.LooksLikeName(text);
        fault = isKeyId ? "" : fault;
        return isKeyId ? OfText(IdType.KeyId, text) : null;
    }

    private static Identity? ByLook(string text, out string fault)
    {
        fault = "";
        return text switch
        {
            _ when text.StartsWith("@#", StringComparison.Ordinal) => OfHex(IdType.KeyId, text[2..], out fault),
            _ when text.StartsWith("@@", StringComparison.Ordinal) => OfText(IdType.Rfc822Addr, text[2..]),
            _ when text.StartsWith('@') => OfText(IdType.Fqdn, text[1..]),
            _ when text.Contains('@') => OfText(IdType.Rfc822Addr, text),
            _ when TryParseAddress(text, out Identity? address) => address,
            _ => OfText(text.Contains(':') ? IdType.KeyId : IdType.Fqdn, text),
        };
    }

    private static Identity OfText(IdType type, string text) => new(type, [.. Encoding.UTF8.GetBytes(text)]);

    // .NET also takes "10" and "0x0a000001" for IPv4 addresses, and zones and brackets for IPv6; people do not.
    private static bool TryParseAddress(string text, [NotNullWhen(true)] out Identity? id)
    {
        bool isAddress = IPAddress.TryParse(text, out IPAddress? address) && text.AsSpan().IndexOfAny("%[]/") < 0
            && (address.AddressFamily == AddressFamily.InterNetworkV6 || string.Equals(address.ToString(), text, StringComparison.Ordinal));
        IdType type = address?.AddressFamily == AddressFamily.InterNetworkV6 ? IdType.Ipv6Addr : IdType.Ipv4Addr;
        id = isAddress ? new Identity(type, [.. address!.GetAddressBytes()]) : null;
        return isAddress;
    }

    private static bool IsPrintable(ReadOnlySpan<byte> data) => !data.ContainsAnyExceptInRange((byte)' ', (byte)'~');

    private static string Showable(ReadOnlySpan<byte> data) => string.Create(data.Length, data, static (into, from) =>
    {
        for (int i = 0; i < into.Length; i++)
        {
            into[i] = from[i] is >= (byte)' ' and <= (byte)'~' ? (char)from[i] : '?';
        }
    });

    private static string ColonHex(ReadOnlySpan<byte> data) =>
        string.Join(':', Convert.ToHexStringLower(data).Chunk(2).Select(pair => new string(pair)));
}
