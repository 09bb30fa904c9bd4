using System.Globalization;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>One IKE SA as charon sees it, from <c>swanctl --list-sas</c>; SPIs are hexadecimal digits.</summary>
internal sealed record CharonSa(
    string Name,
    string UniqueId,
    string State,
    string LocalAddress,
    int LocalPort,
    string LocalId,
    string RemoteAddress,
    int RemotePort,
    string RemoteId,
    bool IsInitiator,
    string InitiatorSpi,
    string ResponderSpi,
    string Suite,
    bool IsNatDetected,
    IReadOnlyList<string> VirtualAddresses,
    IReadOnlyList<CharonChildSa> Children)
{
    public bool IsEstablished => State == "ESTABLISHED";

    public static IReadOnlyList<CharonSa> ReadAll(string rawPretty) =>
    [
        .. ViciSection.Parse(rawPretty).Sections
            .Where(message => message.Key == "list-sa event")
            .SelectMany(message => message.Value.Sections)
            .Select(sa => Read(sa.Key, sa.Value)),
    ];

    private static CharonSa Read(string name, ViciSection sa) => new(
        name, sa["uniqueid"], sa["state"],
        sa["local-host"], int.Parse("0" + sa["local-port"], CultureInfo.InvariantCulture), sa["local-id"],
        sa["remote-host"], int.Parse("0" + sa["remote-port"], CultureInfo.InvariantCulture), sa["remote-id"],
        sa["initiator"] == "yes", sa["initiator-spi"], sa["responder-spi"],
        SuiteOf(sa, "encr", "integ-alg", "prf-alg", "dh-group"), sa["nat-any"] == "yes",
        sa.List("local-vips"),
        [.. sa.Section("child-sas").Sections.Select(child => CharonChildSa.Read(child.Value))]);

    /// <summary>The suite in the words of swanctl's own listing, such as AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519.</summary>
    internal static string SuiteOf(ViciSection sa, string cipher, params string[] others)
    {
        string bits = sa[cipher + "-keysize"];
        string first = bits.Length == 0 ? sa[cipher + "-alg"] : $"{sa[cipher + "-alg"]}-{bits}";
        return string.Join('/', others.Select(key => sa[key]).Where(word => word.Length > 0).Prepend(first));
    }
}

/// <summary>One Child SA as charon sees it; counts are octets and packets.</summary>
internal sealed record CharonChildSa(
    string Name,
    string UniqueId,
    string State,
    string Mode,
    bool IsUdpEncapsulated,
    string SpiIn,
    string SpiOut,
    string Suite,
    bool HasExtendedSequenceNumbers,
    long PacketsIn,
    long PacketsOut,
    IReadOnlyList<string> LocalTrafficSelectors,
    IReadOnlyList<string> RemoteTrafficSelectors)
{
    public bool IsInstalled => State == "INSTALLED";

    internal static CharonChildSa Read(ViciSection child) => new(
        child["name"], child["uniqueid"], child["state"], child["mode"], child["encap"] == "yes",
        child["spi-in"], child["spi-out"], CharonSa.SuiteOf(child, "encr", "integ-alg", "dh-group"),
        child["esn"] == "1",
        long.Parse("0" + child["packets-in"], CultureInfo.InvariantCulture),
        long.Parse("0" + child["packets-out"], CultureInfo.InvariantCulture),
        child.List("local-ts"), child.List("remote-ts"));
}
