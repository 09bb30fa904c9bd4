using System.Diagnostics;
using System.Globalization;
using IkeCluster.Fuzz.Campaigns;

namespace IkeCluster.Fuzz;

/// <summary>
/// Campaigns of fresh seeds, until enough messages went by. <c>--seed N</c> runs one campaign again, octet for octet.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int MessagesPerCampaign = 4_000;

    private const int CampaignsToWarmUp = 16;
    private const long GrowthOctetsMax = 8_000_000;

    // Both sides of each handshake are done in full.
    private const int LiveMessagesPerCampaign = 800;

    [Fact]
    public void A_million_wrong_messages_find_no_fault()
    {
        ulong? replay = Number("IKECLUSTER_SEED");
        ulong first = replay ?? (ulong)Stopwatch.GetTimestamp() * 8;
        long messagesMin = (long)(Number("IKECLUSTER_FUZZ_MESSAGES") ?? 1_000_000);
        double secondsMin = Number("IKECLUSTER_FUZZ_SECONDS") is { } seconds ? (seconds == 0 ? double.PositiveInfinity : seconds) : 0;
        var clock = Stopwatch.StartNew();
        var reach = new Reach();
        long messages = 0;
        ulong seed = first;
        long baseline = 0;
        do
        {
            messages += Run(seed++, reach);
            Hang.Rest();

            // By then everything that is made once has been made.
            baseline = seed - first == CampaignsToWarmUp ? GC.GetTotalMemory(forceFullCollection: true) : baseline;
        }
        while (replay is null && (messages < messagesMin || clock.Elapsed.TotalSeconds < secondsMin));

        string figure = $"figure: {messages} messages in {clock.Elapsed.TotalSeconds:F0} s, {seed - first} campaigns from seed {first}";
        output.WriteLine(figure);
        Console.WriteLine(figure);
        Console.WriteLine($"reached: {reach}");
        reach.Check(messages);
        Assert.True(baseline == 0 || GC.GetTotalMemory(forceFullCollection: true) - baseline < GrowthOctetsMax, "memory is not given back");
    }

    [Fact]
    public void Whatever_breaks_a_campaign_is_told_with_the_line_that_replays_it()
    {
        static void Stumble() => throw new InvalidOperationException("the bystander stumbles");
        string told = Assert.ThrowsAny<Exception>(() => Campaign.Tell(4711, Stumble)).Message;
        Assert.StartsWith("replay: tests/run.sh fuzz --seed 4711\n", told, StringComparison.Ordinal);
        Assert.Contains("the bystander stumbles", told, StringComparison.Ordinal);
    }

    /// <summary>One campaign; the number of its messages.</summary>
    private static long Run(ulong seed, Reach reach)
    {
        long messages = 0;
        Campaign.Tell(seed, () =>
        {
            using Campaign campaign = Make(seed);
            campaign.Run(campaign is LiveCampaign ? LiveMessagesPerCampaign : MessagesPerCampaign);
            messages = campaign.Messages;
            reach.Add(campaign.World.Watch);
        });
        return messages;
    }

    private static Campaign Make(ulong seed) => (seed % 8) switch
    {
        0 or 1 => new StrangerCampaign(seed),
        2 => new LoginCampaign(seed),
        3 => new LiveCampaign(seed),
        _ => new DialogueCampaign(seed),
    };

    /// <summary>A number from the environment; null: it is not set. One that is no number is never taken for none.</summary>
    internal static ulong? Number(string name) => Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text
        ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new ArgumentException($"{name} is no number: {text}", nameof(name));
}
