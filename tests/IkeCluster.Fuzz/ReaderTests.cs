using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine;
using IkeCluster.Fuzz.Campaigns;
using IkeCluster.Fuzz.Mutation;
using IkeCluster.Fuzz.World;
using IkeCluster.Node.Configuration;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Cluster;
using IkeCluster.Tests.Crypto.Signatures;
using IkeCluster.Tests.Protocol;

namespace IkeCluster.Fuzz;

/// <summary>
/// Each reader by itself, deeper than a whole message lets it be reached: whatever it is given, it answers yes or no and
/// never throws.
/// </summary>
public sealed class ReaderTests
{
    private const int Rounds = 30_000;

    private static readonly string[] Texts =
    [
        "aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes128-sha256-modp2048-esn-noesn", "default", "C=CH, O=Example, CN=alice, E=a@example.org",
        "*@example.org", "@@616263", "@#0a0b0c", "asn1dn:#300d310b3009060355040613024348", "keyid:gw", "192.0.2.1", "2001:db8::1", "%any",
        "ecdsa-384-sha384-ike:pubkey-sha256", "fqdn:vpn.example.org",
    ];

    private readonly TestRandom _chance;
    private readonly Mutator _mutator;
    private readonly ulong _seed;

    public ReaderTests()
    {
        _seed = FuzzTests.Number("IKECLUSTER_SEED") ?? (ulong)Stopwatch.GetTimestamp();
        _chance = new TestRandom(_seed);
        _mutator = new Mutator(_chance, Donors.All);
    }

    [Fact]
    public void Payloads() => Run(4 * Rounds, () =>
    {
        Piece chain = _mutator.Pick(Donors.All).Copy();
        _mutator.Change(chain);
        (PayloadType first, byte[] octets) = _mutator.Write(chain);
        return new Attempt(octets, () => AllReaders.TouchChain(first, octets));
    });

    [Fact]
    public void Bodies_of_every_type() => Run(4 * Rounds, () =>
    {
        Piece chain = _mutator.Pick(Donors.All);
        byte[] body = chain.Parts.Count == 0 ? [] : [.. _mutator.Pick(chain.Parts).Head.Skip(4), .. _mutator.Pick(chain.Parts).Tail];
        byte[] octets = _mutator.Spoil([.. body, 0]);
        var type = (PayloadType)(33 + _chance.Below(21));
        return new Attempt(octets, () => AllReaders.Touch(type, octets));
    });

    [Fact]
    public void Words_of_proposals_identities_and_authentication() => Run(2 * Rounds, () =>
    {
        byte[] octets = _mutator.Spoil(Encoding.UTF8.GetBytes(_mutator.Pick(Texts)));
        string text = Encoding.UTF8.GetString(octets);
        return new Attempt(octets, () =>
        {
            _ = ProposalText.TryParse(text, SecurityProtocol.Ike, out _, out _);
            _ = ProposalText.TryParse(text, SecurityProtocol.Esp, out _, out _);
            _ = AuthScheme.TryParse(text, out _, out _);
            if (Identity.TryParse(text, out Identity? id, out _))
            {
                Assert.NotNull(id.ToString());
                Assert.True(Policy(id));
            }
        });
    });

    [Fact]
    public void Certificates_and_what_they_hold() => Run(Rounds / 3, () =>
    {
        byte[] octets = _mutator.Spoil(Gateway.Certificate);
        return new Attempt(octets, () =>
        {
            if (!PeerCertificate.TryRead(octets, out X509Certificate2 certificate, out _))
            {
                return;
            }

            using (certificate)
            {
                CertificateChain.Validate(certificate, [], Gateway.Anchors, FuzzWorld.Start, AuthScheme.PublicKey);
                CertificateIdentity.Holds(certificate, Gateway.Laptop.LocalId);
                using Crypto.Signatures.PublicKey? key = Crypto.Signatures.PublicKey.FromCertificate(certificate);
            }
        });
    });

    [Fact]
    public void Proofs_by_signature()
    {
        byte[] signed = [1, 2, 3];
        Crypto.Signatures.PublicKey[] keys = [.. Enum.GetValues<KeyKind>().Select(kind => TestKeys.PublicHalf(TestKeys.Of(kind)))];
        byte[][] proofs =
        [
            .. Enum.GetValues<KeyKind>().Select(kind => AuthSignature.Sign(
                TestKeys.Of(kind), AuthSignature.Choose(TestKeys.Of(kind), [.. AuthSignature.OfferedHashes], allowSha1: false)!.Value, signed)),
        ];
        Run(Rounds, () =>
        {
            byte[] octets = _mutator.Spoil(_mutator.Pick(proofs));
            Crypto.Signatures.PublicKey key = _mutator.Pick(keys);
            var method = (AuthMethod)(_chance.Below(3) == 0 ? _chance.Below(16) : 14);
            return new Attempt(octets, () => AuthSignature.Verify(key, method, octets, signed, allowSha1: true, out _));
        });
    }

    [Fact]
    public void Rows_of_the_store() => Run(Rounds, () =>
    {
        byte[] octets = _mutator.Spoil(_mutator.Pick(Stages.Established).Snapshot);
        return new Attempt(octets, () => Snapshot.TryRead(octets, rowVersion: 1, out _));
    });

    [Fact]
    public void Configurations()
    {
        byte[][] files = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Configurations")).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        Run(Rounds / 20, () =>
        {
            byte[] octets = _mutator.Spoil(_mutator.Pick(files));
            string text = Encoding.UTF8.GetString(octets);
            return new Attempt(octets, () =>
            {
                var report = new ConfigReport();
                NodeConfig? config = ConfigFile.Read(text, "fuzz.yaml", [], report);
                Assert.Equal(config is null, report.Faults.Any());
            });
        });
    }

    private static bool Policy(Identity id) => id.Match(id) > 0 || id.Data.IsEmpty;

    private sealed record Attempt(byte[] Octets, Action Read);

    private void Run(int rounds, Func<Attempt> next)
    {
        for (int i = 0; i < rounds; i++)
        {
            Attempt attempt = next();
            try
            {
                attempt.Read();
            }
            catch (Exception fault)
            {
                Assert.Fail($"replay: tests/run.sh fuzz --seed {_seed}   (round {i})\noctets: {Convert.ToHexString(attempt.Octets)}\n{fault}");
            }
        }
    }
}
