using System.Globalization;
using System.Text;

namespace IkeCluster.Node.Health;

/// <summary>How often something took how long, in Prometheus' buckets. Written by any thread, without a lock.</summary>
internal sealed class Histogram
{
    /// <summary>Upper bounds in seconds: from a symmetric sum to a client's patience.</summary>
    private static readonly double[] BoundsSeconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly long[] _counts = new long[BoundsSeconds.Length + 1];
    private long _sumMicroseconds;

    public void Observe(TimeSpan took)
    {
        int bucket = Array.FindIndex(BoundsSeconds, bound => took.TotalSeconds <= bound);
        Interlocked.Increment(ref _counts[bucket < 0 ? BoundsSeconds.Length : bucket]);
        Interlocked.Add(ref _sumMicroseconds, (long)took.TotalMicroseconds);
    }

    /// <summary>The lines of one series; <paramref name="labels"/> as <c>exchange="IKE_AUTH"</c>, or empty.</summary>
    public void Write(StringBuilder text, string name, string labels)
    {
        string separator = labels.Length == 0 ? "" : ",";
        string braced = labels.Length == 0 ? "" : $"{{{labels}}}";
        long total = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            total += Interlocked.Read(ref _counts[i]);
            string bound = i < BoundsSeconds.Length ? BoundsSeconds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{separator}le=\"{bound}\"}} {total}\n");
        }

        double sum = Interlocked.Read(ref _sumMicroseconds) / 1e6;
        text.Append(CultureInfo.InvariantCulture, $"{name}_sum{braced} {sum}\n{name}_count{braced} {total}\n");
    }
}
