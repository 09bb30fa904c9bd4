using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Text;

namespace IkeCluster.Protocol.Values;

/// <summary>
/// Distinguished names as strongSwan writes them: <c>C=CH, O=Example, CN=a</c>, in the order of the certificate; or
/// <c>/C=CH/O=Example/CN=a</c>. A backslash takes the special meaning from the separator behind it.
/// </summary>
internal static class DistinguishedNameText
{
    // Where two names have one OID, the first is shown.
    private static readonly (string Name, string Oid)[] Types =
    [
        ("C", "2.5.4.6"), ("ST", "2.5.4.8"), ("L", "2.5.4.7"), ("O", "2.5.4.10"), ("OU", "2.5.4.11"), ("CN", "2.5.4.3"),
        ("SN", "2.5.4.4"), ("serialNumber", "2.5.4.5"), ("STREET", "2.5.4.9"), ("T", "2.5.4.12"), ("D", "2.5.4.13"),
        ("postalCode", "2.5.4.17"), ("N", "2.5.4.41"), ("G", "2.5.4.42"), ("I", "2.5.4.43"), ("ID", "2.5.4.45"),
        ("dnQualifier", "2.5.4.46"), ("pseudonym", "2.5.4.65"), ("organizationIdentifier", "2.5.4.97"),
        ("E", "1.2.840.113549.1.9.1"), ("Email", "1.2.840.113549.1.9.1"), ("emailAddress", "1.2.840.113549.1.9.1"),
        ("unstructuredName", "1.2.840.113549.1.9.2"), ("UN", "1.2.840.113549.1.9.2"),
        ("unstructuredAddress", "1.2.840.113549.1.9.8"), ("UA", "1.2.840.113549.1.9.8"),
        ("UID", "0.9.2342.19200300.100.1.1"), ("DC", "0.9.2342.19200300.100.1.25"),
        ("employeeNumber", "2.16.840.1.113730.3.1.3"), ("EN", "2.16.840.1.113730.3.1.3"), ("ND", "0.2.262.1.10.7.20"),
    ];

    private static readonly string[] Ia5Types = ["1.2.840.113549.1.9.1", "1.2.840.113549.1.9.2", "0.9.2342.19200300.100.1.25"];

    internal static bool TryEncode(string text, out ImmutableArray<byte> der, out string fault)
    {
        der = [];
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string part in Split(text))
            {
                if (!TryWrite(writer, part, out fault))
                {
                    return false;
                }
            }
        }

        der = [.. writer.Encode()];
        fault = der.Length > 2 ? "" : "a distinguished name needs at least one attribute, as CN=name";
        return fault.Length == 0;
    }

    /// <summary>Empty where the octets are no name: the caller says what to show then.</summary>
    internal static string Write(ReadOnlySpan<byte> der)
    {
        var name = new DistinguishedName(der);
        var text = new StringBuilder();
        while (name.TryNext(out NameAttribute attribute))
        {
            text.Append(text.Length == 0 ? "" : ", ").Append(NameOf(attribute.Oid)).Append('=');
            text.Append(attribute.IsText ? Escape(attribute.Text) : "#" + Convert.ToHexStringLower(attribute.Value));
        }

        return name.IsBroken ? "" : text.ToString();
    }

    /// <summary>Whether a text begins like a distinguished name: with an attribute type that is known.</summary>
    internal static bool LooksLikeName(string text) =>
        Split(text).FirstOrDefault() is { } first && first.Split('=', 2) is [string type, _] && TryFindOid(type.Trim(), out _);

    private static List<string> Split(string text)
    {
        char separator = text.StartsWith('/') ? '/' : ',';
        var parts = new List<string>();
        var part = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                part.Append(text[++i]);
            }
            else if (text[i] == separator)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(text[i]);
            }
        }

        parts.Add(part.ToString());
        parts.RemoveAll(string.IsNullOrWhiteSpace);
        return parts;
    }

    private static bool TryWrite(AsnWriter writer, string part, out string fault)
    {
        string[] sides = part.Split('=', 2, StringSplitOptions.TrimEntries);
        if (sides.Length != 2 || !TryFindOid(sides[0], out string oid))
        {
            fault = $"'{part.Trim()}' is no attribute of a distinguished name that is known here";
            return false;
        }

        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            writer.WriteCharacterString(KindOf(oid, sides[1]), sides[1]);
        }

        fault = "";
        return true;
    }

    private static UniversalTagNumber KindOf(string oid, string value)
    {
        bool isAscii = value.All(char.IsAscii);
        bool isPrintable = value.All(c => char.IsAsciiLetterOrDigit(c) || " '()+,-./:=?".Contains(c, StringComparison.Ordinal));
        return isAscii && Ia5Types.Contains(oid, StringComparer.Ordinal) ? UniversalTagNumber.IA5String
            : isPrintable ? UniversalTagNumber.PrintableString
            : UniversalTagNumber.UTF8String;
    }

    private static bool TryFindOid(string type, out string oid)
    {
        oid = Array.Find(Types, t => string.Equals(t.Name, type, StringComparison.OrdinalIgnoreCase)).Oid
            ?? (ObjectIdentifierText.TryParse(type, out _) ? type : "");
        return oid.Length > 0;
    }

    private static string NameOf(ReadOnlySpan<byte> oid)
    {
        string dotted = ObjectIdentifierText.Write(oid);
        string? name = Array.Find(Types, t => string.Equals(t.Oid, dotted, StringComparison.Ordinal)).Name;
        return name ?? (dotted.Length > 0 ? dotted : Convert.ToHexStringLower(oid));
    }

    private static string Escape(string value)
    {
        var text = new StringBuilder();
        foreach (char c in value)
        {
            text.Append(c is ',' or '\\' ? "\\" : "").Append(IdentityText.IsShowable(c) ? c : '?');
        }

        return text.ToString();
    }
}
