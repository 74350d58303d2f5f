using System.Globalization;
using System.Text;

namespace Orrery.Api.Metrics;

/// <summary>Writes Prometheus' text format, version 0.0.4; names and units as OpenTelemetry maps them to Prometheus.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new(8192);

    /// <summary>The exported name: dots to underscores, the unit spelled out, <c>_total</c> on counters.</summary>
    public static string NameOf(string instrument, string? unit, MetricKind kind)
    {
        var name = new StringBuilder(instrument.Length + 16);
        foreach (var c in instrument)
            name.Append(char.IsAsciiLetterOrDigit(c) || c == ':' ? c : '_');
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        if (!EndsWith(name, suffix))
            name.Append(suffix);
        if (kind == MetricKind.Counter && !EndsWith(name, "_total"))
            name.Append("_total");
        return name.ToString();
    }

    /// <summary>One family with all its series, in a stable order.</summary>
    public void Write(MetricFamily family)
    {
        var lines = family.All.Select(pair => (Labels: LabelsOf(pair.Key), pair.Value)).OrderBy(line => line.Labels, StringComparer.Ordinal).ToList();
        if (lines.Count == 0)
            return;
        Head(family.Name, family.Help, family.Kind);
        foreach (var (labels, series) in lines)
        {
            if (family.Kind == MetricKind.Histogram)
                WriteHistogram(family, labels, series);
            else
                Sample(family.Name, labels, series.Value);
        }
    }

    /// <summary>A family of one series without labels.</summary>
    public void Single(string name, string help, MetricKind kind, double value)
    {
        Head(name, help, kind);
        Sample(name, "", value);
    }

    public void Head(string name, string help, MetricKind kind)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(kind.ToString().ToLowerInvariant()).Append('\n');
    }

    public void Sample(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
            _text.Append('{').Append(labels).Append('}');
        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    public override string ToString() => _text.ToString();

    private static bool EndsWith(StringBuilder name, string suffix) =>
        name.Length >= suffix.Length && name.ToString(name.Length - suffix.Length, suffix.Length) == suffix;

    private static string LabelsOf(KeyValuePair<string, object?>[] tags)
    {
        var labels = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (labels.Length > 0)
                labels.Append(',');
            foreach (var c in key)
                labels.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
            labels.Append("=\"");
            foreach (var c in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
                _ = c switch
                {
                    '\\' => labels.Append("\\\\"),
                    '"' => labels.Append("\\\""),
                    '\n' => labels.Append("\\n"),
                    _ => labels.Append(c),
                };
            labels.Append('"');
        }

        return labels.ToString();
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private void WriteHistogram(MetricFamily family, string labels, Series series)
    {
        var prefix = labels.Length > 0 ? labels + "," : "";
        var count = 0L;
        for (var i = 0; i <= family.Bounds.Length; i++)
        {
            count += series.Bucket(i);
            var bound = i < family.Bounds.Length ? Number(family.Bounds[i]) : "+Inf";
            Sample(family.Name + "_bucket", $"{prefix}le=\"{bound}\"", count);
        }

        Sample(family.Name + "_sum", labels, series.Value);
        Sample(family.Name + "_count", labels, count);
    }
}
