using System.Globalization;
using IkeCluster.Fuzz.World;
using IkeCluster.Node.Configuration;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Fuzz;

/// <summary>What was found once is tried in every run (Corpus/README.md).</summary>
public sealed class CorpusTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Corpus");

    public static TheoryData<string> Messages =>
        [.. File.ReadLines(Path.Combine(Folder, "messages.txt")).Where(line => line.Length > 0 && line[0] != '#')];

    public static TheoryData<string> Configurations =>
        [.. Directory.GetFiles(Path.Combine(Folder, "configurations")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Messages), DisableDiscoveryEnumeration = true)]
    public void A_message_that_found_a_fault_finds_none_at_any_stage(string line)
    {
        string[] words = line.Split(' ');
        var exchange = (ExchangeType)byte.Parse(words[0], CultureInfo.InvariantCulture);
        bool isResponse = words[1] == "answer";
        var first = (PayloadType)byte.Parse(words[2], CultureInfo.InvariantCulture);
        using var world = new FuzzWorld(1, Gateway.Policy);
        foreach (Stage stage in Stages.Established)
        {
            using var peer = new PeerOfSa(world.Clone(stage));
            MessageId id = isResponse ? peer.Last.Own.Pending?.Id ?? MessageId.Zero : peer.Last.Window.Expected;
            byte[] message = peer.Keys.Seal(exchange, id, isResponse, first, Convert.FromHexString(words[3]));
            world.Receive(peer.Path, FuzzWorld.Datagram(peer.Path, message));
            Assert.Null(world.Watch.Objection);
            Assert.InRange(world.Watch.Replies, 0, 1);
        }

        world.Pass(TimeSpan.FromMinutes(12));
        Assert.Null(world.Watch.Objection);
        Assert.Equal(0, world.Live);
    }

    [Theory]
    [MemberData(nameof(Configurations), DisableDiscoveryEnumeration = true)]
    public void A_configuration_that_found_a_fault_is_refused_in_words(string file)
    {
        var report = new ConfigReport();
        Assert.Null(ConfigFile.Read(File.ReadAllText(Path.Combine(Folder, "configurations", file)), file, [], report));
        Assert.NotEmpty(report.Faults);
    }
}
