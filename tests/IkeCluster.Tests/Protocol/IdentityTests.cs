using System.Text;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

public sealed class IdentityTests
{
    // One name, encoded by strongSwan 5.9.8 (pki --self --dn) and by OpenSSL 3 (req -x509 -utf8): they use other kinds of string.
    private const string MoonText = "C=CH, ST=Zürich, L=Rapperswil, O=strongSwan Project, OU=Research, CN=moon.strongswan.org, E=moon@strongswan.org";
    private const string MoonByStrongSwan =
        "3081a6310b30090603550406130243483110300e06035504080c075ac3bc72696368311330110603550407130a5261707065727377696c311b3019060355040a"
        + "13127374726f6e675377616e2050726f6a6563743111300f060355040b13085265736561726368311c301a060355040313136d6f6f6e2e7374726f6e67737761"
        + "6e2e6f72673122302006092a864886f70d01090116136d6f6f6e407374726f6e677377616e2e6f7267";
    private const string MoonByOpenSsl =
        "3081a6310b30090603550406130243483110300e06035504080c075ac3bc726963683113301106035504070c0a5261707065727377696c311b3019060355040a"
        + "0c127374726f6e675377616e2050726f6a6563743111300f060355040b0c085265736561726368311c301a06035504030c136d6f6f6e2e7374726f6e67737761"
        + "6e2e6f72673122302006092a864886f70d01090116136d6f6f6e407374726f6e677377616e2e6f7267";

    [Theory]
    [InlineData("192.168.1.14", IdType.Ipv4Addr, "c0a8010e")]
    [InlineData("2001:db8::1", IdType.Ipv6Addr, "20010db8000000000000000000000001")]
    [InlineData("moon.strongswan.org", IdType.Fqdn, "6d6f6f6e2e7374726f6e677377616e2e6f7267")]
    [InlineData("@moon", IdType.Fqdn, "6d6f6f6e")]
    [InlineData("@10.0.0.1", IdType.Fqdn, "31302e302e302e31")]
    [InlineData("a@b", IdType.Rfc822Addr, "614062")]
    [InlineData("@@a@b", IdType.Rfc822Addr, "614062")]
    [InlineData("@#00ff", IdType.KeyId, "00ff")]
    [InlineData("keyid:#00:ff", IdType.KeyId, "00ff")]
    [InlineData("keyid:abc", IdType.KeyId, "616263")]
    [InlineData("ab:cd", IdType.KeyId, "61623a6364")]
    [InlineData("c2VjcmV0=", IdType.KeyId, "6332566a636d56303d")]
    [InlineData("fqdn:a@b", IdType.Fqdn, "614062")]
    [InlineData("dns:a", IdType.Fqdn, "61")]
    [InlineData("email:a", IdType.Rfc822Addr, "61")]
    [InlineData("ipv4:10.0.0.1", IdType.Ipv4Addr, "0a000001")]
    [InlineData("ipv6:::1", IdType.Ipv6Addr, "00000000000000000000000000000001")]
    [InlineData("{2}:a", IdType.Fqdn, "61")]
    [InlineData("{11}:#0a", IdType.KeyId, "0a")]
    [InlineData("10", IdType.Fqdn, "3130")]
    [InlineData("%any", IdType.Any, "")]
    [InlineData("*", IdType.Any, "")]
    [InlineData("::", IdType.Any, "")]
    [InlineData("asn1dn:#3000", IdType.DerAsn1Dn, "3000")]
    [InlineData("CN=a", IdType.DerAsn1Dn, "300c310a300806035504031301 61")]
    [InlineData("/CN=a", IdType.DerAsn1Dn, "300c310a300806035504031301 61")]
    public void A_text_is_the_identity_that_swanctl_makes_of_it(string text, IdType type, string data)
    {
        Identity id = Parse(text);
        Assert.Equal(type, id.Type);
        Assert.Equal(data.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(id.Data.AsSpan()));
    }

    [Theory]
    [InlineData("@#0", "hexadecimal")]
    [InlineData("keyid:#xy", "hexadecimal")]
    [InlineData("CN=a, XY=b", "'XY=b'")]
    [InlineData("asn1dn:nonsense", "'nonsense'")]
    [InlineData("ipv4:::1", "address")]
    [InlineData("ipv6:moon", "address")]
    public void A_text_that_can_only_be_a_slip_is_refused_with_a_reason(string text, string reason)
    {
        Assert.False(Identity.TryParse(text, out Identity? id, out string fault));
        Assert.Null(id);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_identity_is_no_longer_than_the_limit() =>
        Assert.False(Identity.TryParse(new string('a', IkeCluster.Protocol.Limits.IdentityOctetsMax + 1), out _, out _));

    [Fact]
    public void A_distinguished_name_is_encoded_as_strongSwan_does()
    {
        Assert.Equal(MoonByStrongSwan, Convert.ToHexStringLower(Parse(MoonText).Data.AsSpan()));
        Assert.Equal(MoonText, Parse("asn1dn:#" + MoonByStrongSwan).ToString());
        Assert.Equal(MoonText, Parse("asn1dn:#" + MoonByOpenSsl).ToString());
    }

    [Fact]
    public void Distinguished_names_are_one_whatever_kind_of_string_or_case_they_use()
    {
        Identity ours = Parse(MoonText.ToUpperInvariant());
        Identity theirs = Parse("asn1dn:#" + MoonByOpenSsl);

        Assert.Equal(ours, theirs);
        Assert.Equal(ours.Key, theirs.Key);
        Assert.Equal(ours.GetHashCode(), theirs.GetHashCode());
        Assert.Equal(Identity.PerfectMatch, ours.Match(theirs));
    }

    [Theory]
    [InlineData("CN=a\\, b, O=c", "CN=a\\, b, O=c")]
    [InlineData("/O=a, b/CN=c", "O=a\\, b, CN=c")]
    [InlineData("emailAddress=a@b, 2.5.4.97=x, 1.2.3.4=y", "E=a@b, organizationIdentifier=x, 1.2.3.4=y")]
    [InlineData("cn = a , o=b=c", "CN=a, O=b=c")]
    public void A_distinguished_name_is_shown_as_it_can_be_read_again(string text, string shown)
    {
        Assert.Equal(shown, Parse(text).ToString());
        Assert.Equal(Parse(text), Parse(shown));
    }

    // The right-hand sides: what `pki --print` of strongSwan 5.9.8 shows for a certificate made with the left-hand side.
    [Theory]
    [InlineData("SN=x", "SN=x")]
    [InlineData("serialNumber=x", "serialNumber=x")]
    [InlineData("emailAddress=x", "E=x")]
    [InlineData("EN=x", "employeeNumber=x")]
    [InlineData("UN=x", "unstructuredName=x")]
    [InlineData("UA=x", "unstructuredAddress=x")]
    [InlineData("ND=x", "ND=x")]
    [InlineData("DC=x, UID=x, STREET=x, postalCode=x", "DC=x, UID=x, STREET=x, postalCode=x")]
    [InlineData("G=x, T=x, D=x, N=x, I=x, ID=x", "G=x, T=x, D=x, N=x, I=x, ID=x")]
    public void Attribute_types_go_by_the_names_that_strongSwan_gives_them(string text, string shown) =>
        Assert.Equal(shown, Parse(text).ToString());

    [Theory]
    [InlineData("%any", "moon.strongswan.org", Identity.AnyMatch)]
    [InlineData("moon.strongswan.org", "MOON.strongswan.org", Identity.PerfectMatch)]
    [InlineData("moon.strongswan.org", "moon.strongswan.com", Identity.NoMatch)]
    [InlineData("*.strongswan.org", "moon.strongswan.org", Identity.OneWildcardMatch)]
    [InlineData("*.strongswan.org", "strongswan.org", Identity.NoMatch)]
    [InlineData("*@strongswan.org", "Carol@StrongSwan.org", Identity.OneWildcardMatch)]
    [InlineData("*@strongswan.org", "@carol", Identity.NoMatch)]
    [InlineData("fqdn:*", "moon", Identity.AnyMatch)]
    [InlineData("10.0.0.1", "10.0.0.1", Identity.PerfectMatch)]
    [InlineData("10.0.0.1", "10.0.0.2", Identity.NoMatch)]
    [InlineData("@#01", "@#01", Identity.PerfectMatch)]
    [InlineData("keyid:Moon", "keyid:moon", Identity.NoMatch)]
    [InlineData("C=CH, O=x, CN=*", "C=CH, O=X, CN=moon", Identity.PerfectMatch - 1)]
    [InlineData("C=CH, O=*, CN=*", "C=CH, O=x, CN=moon", Identity.PerfectMatch - 2)]
    [InlineData("C=CH, CN=*", "C=CH, O=x, CN=moon", Identity.NoMatch)]
    [InlineData("C=CH, O=x, CN=*", "C=CH, O=x", Identity.NoMatch)]
    [InlineData("C=CH, O=x", "C=CH, O=x, CN=moon", Identity.NoMatch)]
    [InlineData("CN=moon", "moon", Identity.NoMatch)]
    public void A_pattern_ranks_a_peer_as_swanctl_does(string pattern, string peer, int score) =>
        Assert.Equal(score, Parse(pattern).Match(Parse(peer)));

    [Fact]
    public void More_wildcards_rank_lower_but_never_below_any()
    {
        string pattern = string.Join(", ", Enumerable.Repeat("OU=*", 30));
        string peer = string.Join(", ", Enumerable.Repeat("OU=x", 30));

        Assert.Equal(Identity.ManyWildcardsMatch, Parse(pattern).Match(Parse(peer)));
        Assert.True(Identity.ManyWildcardsMatch > Identity.AnyMatch);
    }

    [Fact]
    public void A_peer_that_hides_control_octets_in_its_name_fits_no_wildcard()
    {
        var peer = new Identity(IdType.Fqdn, [.. Encoding.ASCII.GetBytes("evil.org\0.strongswan.org")]);

        Assert.Equal(Identity.NoMatch, Parse("*.strongswan.org").Match(peer));
        Assert.Equal("evil.org?.strongswan.org", peer.ToString());
    }

    [Theory]
    [InlineData("%any", true)]
    [InlineData("*@a", true)]
    [InlineData("CN=*", true)]
    [InlineData("CN=a*", false)]
    [InlineData("a@b", false)]
    [InlineData("10.0.0.1", false)]
    public void Wildcards_are_told_apart(string text, bool has) => Assert.Equal(has, Parse(text).HasWildcards);

    [Theory]
    [InlineData("3005")]
    [InlineData("30023100")]
    [InlineData("300c310a3008060355040313016100")]
    [InlineData("300d310b3009060355040313016100")]
    [InlineData("300a310830060604550403")]
    [InlineData("")]
    public void Octets_that_are_no_distinguished_name_are_only_equal_to_themselves(string hex)
    {
        var broken = new Identity(IdType.DerAsn1Dn, [.. Convert.FromHexString(hex)]);

        Assert.Equal(Identity.NoMatch, Parse("CN=*").Match(broken));
        Assert.Equal(Identity.NoMatch, Parse("CN=a").Match(broken));
        Assert.NotEqual(Parse("CN=a").Key, broken.Key);
        Assert.Equal(broken, new Identity(IdType.DerAsn1Dn, broken.Data));
    }

    [Theory]
    [InlineData("@#00ff", "00:ff")]
    [InlineData("keyid:moon", "moon")]
    [InlineData("{13}:", "ID_NULL")]
    [InlineData("{200}:a", "(ID type 200)")]
    [InlineData("asn1dn:#3005", "(invalid ID_DER_ASN1_DN)")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    public void An_identity_is_shown_as_strongSwan_shows_it(string text, string shown) => Assert.Equal(shown, Parse(text).ToString());

    [Fact]
    public void An_address_is_an_identity()
    {
        Assert.True(IpAddress.TryParse("10.1.2.3", out IpAddress v4));
        Assert.True(IpAddress.TryParse("fd00::1", out IpAddress v6));

        Assert.Equal(Parse("10.1.2.3"), Identity.From(v4));
        Assert.Equal(Parse("fd00::1"), Identity.From(v6));
    }

    private static Identity Parse(string text)
    {
        Assert.True(Identity.TryParse(text, out Identity? id, out string fault), fault);
        return id;
    }
}
