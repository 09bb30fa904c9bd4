using System.Globalization;
using IkeCluster.Engine;

namespace IkeCluster.Benchmarks.Engine;

/// <summary>
/// Live memory of an established SA with one child in the engine's state, key contexts apart: so many real logins are kept,
/// and the collector is asked what they hold. Octets, not time, so no benchmark runner has a part in it.
/// </summary>
internal static class LiveMemory
{
    internal const string Switch = "--live-memory";

    private const int Sas = 100_000;

    internal static void Measure()
    {
        using var login = new RecordedLogin();
        var kept = new IkeSaState[Sas];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < kept.Length; i++)
        {
            kept[i] = login.Replay();
            login.ForgetCiphers(kept[i]);
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(kept);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"figure: {(after - before) / (double)Sas:F0} octets of live memory for each of {Sas:N0} established SAs with one child"));
    }
}
