using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

/// <summary>What holds for all messages, made or mangled. A failure prints the seed: give it to Config.WithReplay.</summary>
public sealed class WireProperties
{
    private static readonly Gen<byte> Octet = Gen.Choose(0, 255).Select(n => (byte)n);
    private static readonly Gen<byte[]> Octets = Octet.ArrayOf();

    [Fact]
    public void Any_octets_are_read_without_an_exception() =>
        Holds(4000, from type in Octet from octets in Octets select (type, octets), input =>
        {
            AllReaders.Touch((PayloadType)input.type, input.octets);
            AllReaders.TouchChain((PayloadType)input.type, input.octets);
            AllReaders.TouchMessage(input.octets);
        });

    [Fact]
    public void Any_octets_are_some_body_of_each_payload_without_an_exception() =>
        Holds(4000, from type in Gen.Choose(33, 53) from octets in Octets select (type, octets), input =>
            AllReaders.Touch((PayloadType)input.type, input.octets));

    [Fact]
    public void Mangled_captured_messages_are_read_without_an_exception() =>
        Holds(4000, Gen.Elements(RealMessage.All.Select(m => m.Octets).ToArray()).SelectMany(Mangled), message =>
            AllReaders.TouchMessage(message));

    [Fact]
    public void Mangled_captured_chains_are_read_without_an_exception() =>
        Holds(6000, from chain in Gen.Elements(RealMessage.Chains.Where(c => c.Chain.Length > 0).ToArray())
                    from octets in Mangled(chain.Chain)
                    select (chain.First, octets), input => AllReaders.TouchChain(input.First, input.octets));

    [Fact]
    public void A_header_that_is_written_is_read_again() =>
        Holds(500, Gen.Choose(0, int.MaxValue).Four(), numbers =>
        {
            byte[] octets = new byte[IkeHeader.Octets];
            (int spi, int id, int length, int flags) = numbers;
            IkeHeader.Write(
                octets, new IkeSpi((ulong)spi << 33), new IkeSpi((ulong)spi), PayloadType.Sa, ExchangeType.IkeAuth,
                (HeaderFlags)(byte)flags, new MessageId((uint)id), (uint)length);

            Assert.True(IkeHeader.TryRead(octets, out IkeHeader header));
            Assert.Equal(((ulong)spi << 33, (ulong)spi), (header.InitiatorSpi.Value, header.ResponderSpi.Value));
            Assert.Equal(((uint)id, (uint)length, (byte)flags), (header.MessageId.Value, header.Length, (byte)header.Flags));
        });

    [Fact]
    public void Proposals_that_are_written_are_read_again() =>
        Holds(200, ProposalLists(), proposals =>
        {
            var writer = new PayloadWriter(new byte[Limits.MessageOctetsMax]);
            writer.Sa(proposals, new byte[proposals[0].Protocol == SecurityProtocol.Ike ? 8 : 4]);

            Assert.False(writer.Overflowed);
            Assert.True(SaPayload.TryReadProposals(writer.Chain[PayloadView.HeaderOctets..], out ImmutableArray<Proposal> read));
            Assert.Equal(proposals.Select((p, i) => p with { Number = (byte)(i + 1) }), read);
        });

    [Fact]
    public void Traffic_selectors_that_are_written_are_read_again() =>
        Holds(300, Selectors().ArrayOf().Where(s => s.Length <= Limits.TrafficSelectorsPerPayloadMax), selectors =>
        {
            var writer = new PayloadWriter(new byte[4096]);
            writer.Ts(PayloadType.TsInitiator, selectors);

            Assert.True(TsPayload.TryRead(writer.Chain[PayloadView.HeaderOctets..], out TsPayload ts, out _));
            Assert.Equal(selectors, ts.ToImmutableArray());
        });

    [Fact]
    public void Any_text_is_some_proposal_and_some_identity_or_neither_without_an_exception() =>
        Holds(2000, ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get), text =>
        {
            Assert.Equal(ProposalText.TryParse(text, SecurityProtocol.Ike, out _, out string fault), fault.Length == 0);
            Assert.Equal(Identity.TryParse(text, out Identity? id, out fault), fault.Length == 0);
            Assert.Equal(id is null, fault.Length > 0);
        });

    [Fact]
    [Trait("row", "40")]
    public void Any_octets_are_an_identity_that_can_be_shown_and_compared() =>
        Holds(2000, from type in Octet from data in Octets select new Identity((IdType)type, [.. data]), id =>
        {
            Assert.DoesNotContain(id.ToString(), char.IsControl);
            Assert.Equal(id.IsAny ? Identity.AnyMatch : Identity.PerfectMatch, id.Match(id));
            Assert.Equal(id, new Identity(id.Type, id.Data));
        });

    [Fact]
    public void A_distinguished_name_that_is_shown_is_read_again() =>
        Holds(300, NameTexts(), text =>
        {
            Assert.True(Identity.TryParse(text, out Identity? id, out string fault), fault);
            Assert.True(Identity.TryParse(id.ToString(), out Identity? again, out fault), fault);
            Assert.Equal(id, again);
            Assert.Equal(id.ToString(), again.ToString());
        });

    private static void Holds<T>(int tests, Gen<T> inputs, Action<T> claim) =>
        Prop.ForAll(inputs.ToArbitrary(), claim).Check(Config.QuickThrowOnFailure.WithMaxTest(tests).WithQuietOnSuccess(true));

    // Octets changed here and there, then perhaps cut, or doubled from some point on.
    private static Gen<byte[]> Mangled(byte[] original) =>
        from changes in Gen.Choose(0, original.Length - 1).Zip(Octet).ArrayOf().Resize(8)
        from cut in Gen.Frequency((2, Gen.Constant(original.Length)), (1, Gen.Choose(0, original.Length)))
        from repeatFrom in Gen.Frequency((3, Gen.Constant(cut)), (1, Gen.Choose(0, cut)))
        select Mangle(original, changes, cut, repeatFrom);

    private static byte[] Mangle(byte[] original, (int At, byte Value)[] changes, int cut, int repeatFrom)
    {
        byte[] octets = [.. original];
        foreach ((int at, byte value) in changes)
        {
            octets[at] = value;
        }

        return [.. octets[..cut], .. octets[repeatFrom..cut]];
    }

    private static Gen<ImmutableArray<Proposal>> ProposalLists() =>
        from protocol in Gen.Elements(SecurityProtocol.Ike, SecurityProtocol.Esp)
        from count in Gen.Choose(1, Limits.ProposalsPerSaMax)
        from lists in Transforms().ArrayOf().Where(t => t.Length <= Limits.TransformsPerProposalMax).ArrayOf(count)
        select lists.Select(transforms => new Proposal(protocol, [.. transforms])).ToImmutableArray();

    private static Gen<Transform> Transforms() =>
        from type in Octet
        from id in Gen.Choose(0, ushort.MaxValue)
        from bits in Gen.Elements<ushort>(0, 128, 256, ushort.MaxValue)
        select new Transform((TransformType)type, (ushort)id, bits);

    private static Gen<TrafficSelector> Selectors() =>
        from isV4 in ArbMap.Default.GeneratorFor<bool>()
        from octets in Octet.ArrayOf(32)
        from protocol in Octet
        from ports in Gen.Choose(0, ushort.MaxValue).Two()
        let first = IpAddress.Read(octets.AsSpan(0, isV4 ? 4 : 16))
        let second = IpAddress.Read(octets.AsSpan(16, isV4 ? 4 : 16))
        where isV4 || (!first.IsV4 && !second.IsV4)
        let inOrder = first.CompareTo(second) <= 0
        select new TrafficSelector(
            inOrder ? first : second, inOrder ? second : first, protocol,
            (ushort)Math.Min(ports.Item1, ports.Item2), (ushort)Math.Max(ports.Item1, ports.Item2));

    private static Gen<string> NameTexts() =>
        from types in Gen.Elements("C", "O", "CN", "E", "DC", "serialNumber", "1.2.3.4").NonEmptyListOf().Resize(12)
        from values in Gen.Elements("a", "B c", "ü", "x\\, y", "x\\\\y", "1=2", "*", "-", "o/p", "").ListOf(types.Count)
        select string.Join(", ", types.Zip(values, (type, value) => $"{type}={value}"));
}
