using IkeCluster.Engine;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 56 to 61: EAP. Of the methods only Identity and MSCHAPv2 are here.</summary>
public sealed class EapAttackTests
{
    private const byte Response = 2;
    private const byte Success = 3;

    [Theory]
    [Trait("row", "58")]
    [InlineData(-1)]
    [InlineData(-5)]
    [InlineData(1)]
    [InlineData(60_000)]
    public void A_packet_whose_length_is_not_that_of_its_payload_is_refused(int off)
    {
        using EapWorld world = EapWorld.Of();
        world.Login(EapWorld.Odd(request => Packet(Response, request, off, 26, 2, 0, 0, 54, 49)));

        AssertRefused(world);
    }

    [Theory]
    [Trait("row", "56")]
    [Trait("row", "57")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void A_field_that_is_shorter_than_its_header_is_refused(byte length)
    {
        // MSCHAPv2 has a length of its own inside, as the AVPs of TTLS and the attributes of SIM have.
        using EapWorld world = EapWorld.Of();
        world.Login(EapWorld.Odd(request => Packet(Response, request, 0, 26, 2, 0, 0, length, 49, 1, 2, 3)));

        AssertRefused(world);
    }

    [Theory]
    [Trait("row", "59")]
    [InlineData(Success)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(255)]
    public void A_peer_that_says_success_itself_has_not_succeeded(byte code)
    {
        using EapWorld world = EapWorld.Of();
        world.Login(EapWorld.Odd(request => code == Success ? [Success, request[1], 0, 4] : Packet(code, request, 0, 26, 3)));

        AssertRefused(world);
    }

    [Theory]
    [Trait("row", "59")]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public void An_end_of_the_method_before_its_middle_is_no_end(byte opCode)
    {
        using EapWorld world = EapWorld.Of();
        world.Login(EapWorld.Odd(request => Packet(Response, request, 0, 26, opCode)));

        AssertRefused(world);
    }

    private static byte[] Packet(byte code, byte[] request, int off, params byte[] data)
    {
        int length = 4 + data.Length + off;
        return [code, request[1], (byte)(length >> 8), (byte)length, .. data];
    }

    private static void AssertRefused(EapWorld world)
    {
        Assert.Empty(world.Engine.Events.OfType<SaEvent.Established>());
        Assert.DoesNotContain(world.Engine.Sas.Values, sa => sa.IsEstablished);
        Assert.Empty(world.Engine.Writes);
        _ = world.Failure;
    }
}
