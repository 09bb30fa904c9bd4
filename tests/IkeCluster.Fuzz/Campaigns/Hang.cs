namespace IkeCluster.Fuzz.Campaigns;

/// <summary>A message that makes an endless loop cannot be reported by the thread that is in it: another one looks on.</summary>
internal static class Hang
{
    private static readonly TimeSpan WallTimeMax = TimeSpan.FromMinutes(2);
    private static readonly Timer Guard = new(_ => Look(), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));

    private static volatile Watched? _watched;

    public static void Watch(Func<string> describe, byte[] datagram)
    {
        _watched = new Watched(describe, datagram, Environment.TickCount64);
        GC.KeepAlive(Guard);
    }

    /// <summary>Nothing is under test.</summary>
    public static void Rest() => _watched = null;

    private static void Look()
    {
        if (_watched is { } watched && Environment.TickCount64 - watched.Since > WallTimeMax.TotalMilliseconds)
        {
            Console.Error.WriteLine($"{watched.Describe()}\ndatagram: {Convert.ToHexString(watched.Datagram)}\nit never came to an end");
            Environment.Exit(3);
        }
    }

    private sealed record Watched(Func<string> Describe, byte[] Datagram, long Since);
}
