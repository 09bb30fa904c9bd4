using System.Globalization;
using System.Text;

namespace IkeCluster.Node.Health;

/// <summary>Writes Prometheus' text format, version 0.0.4.</summary>
internal sealed class MetricsWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    public MetricsWriter Counter(string name, string help, IEnumerable<(string Labels, long Count)> series) =>
        Family(name, help, "counter", series.Select(one => (one.Labels, (double)one.Count)));

    public MetricsWriter Counter(string name, string help, long count) => Counter(name, help, [("", count)]);

    public MetricsWriter Gauge(string name, string help, IEnumerable<(string Labels, double Value)> series) =>
        Family(name, help, "gauge", series);

    public MetricsWriter Gauge(string name, string help, double value) => Gauge(name, help, [("", value)]);

    public MetricsWriter Histogram(string name, string help, IEnumerable<(string Labels, Histogram Histogram)> series)
    {
        Head(name, help, "histogram");
        foreach ((string labels, Histogram histogram) in series)
        {
            histogram.Write(_text, name, labels);
        }

        return this;
    }

    /// <summary>A label with a value that a user chose: a pool's name, a certificate's.</summary>
    public static string Label(string name, string value) =>
        $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    public override string ToString() => _text.ToString();

    private MetricsWriter Family(string name, string help, string type, IEnumerable<(string Labels, double Value)> series)
    {
        Head(name, help, type);
        foreach ((string labels, double value) in series)
        {
            string braced = labels.Length == 0 ? "" : $"{{{labels}}}";
            _text.Append(CultureInfo.InvariantCulture, $"{name}{braced} {value}\n");
        }

        return this;
    }

    private void Head(string name, string help, string type) => _text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
}
