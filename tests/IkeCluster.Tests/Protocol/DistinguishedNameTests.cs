using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

public sealed class DistinguishedNameTests
{
    // CN in each: 0C UTF8String, 13 PrintableString, 1E BMPString.
    [Theory]
    [InlineData("0C02FFFE", "0C02FEFF")]
    [InlineData("0C02FFFE", "0C06EFBFBDEFBFBD")]
    [InlineData("1E02D800", "1E02D801")]
    [InlineData("1E03004100", "1E03004101")]
    public void Values_that_are_no_text_differ_as_their_octets_do(string one, string other)
    {
        Assert.NotEqual(Name(one), Name(other));
        Assert.Equal(Identity.NoMatch, Name(one).Match(Name(other)));
        Assert.Equal(Name(one), Name(one));
    }

    [Theory]
    [InlineData("0C0141", "130161")]
    [InlineData("1E020041", "0C0161")]
    public void Neither_case_nor_the_kind_of_string_matters(string one, string other) => Assert.Equal(Name(one), Name(other));

    private static Identity Name(string value)
    {
        byte[] octets = Convert.FromHexString(value);
        byte[] pair = [0x06, 0x03, 0x55, 0x04, 0x03, .. octets];
        byte[] sequence = [0x30, (byte)pair.Length, .. pair];
        byte[] set = [0x31, (byte)sequence.Length, .. sequence];
        return new Identity(IdType.DerAsn1Dn, [0x30, (byte)set.Length, .. set]);
    }
}
