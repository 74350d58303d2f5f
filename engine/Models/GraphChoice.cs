using System.Runtime.InteropServices;

namespace Orrery.Engine.Models;

/// <summary>
/// Which of a directory's graphs is the model, where orrery.json does not say. By name: <c>model.onnx</c> first, then its usual variants,
/// then the encoder of a pair of encoder and decoder, then CLIP's text half; in <c>onnx/</c> before the directory itself. Where there is no
/// such name the only graph. Never a decoder's part, and never one for another kind of processor.
/// </summary>
public static class GraphChoice
{
    private static readonly string[] _names = ["model", "encoder_model", "text_model"];

    // As Optimum's and sentence-transformers' exporters write them, nearest to the plain graph first.
    private static readonly string[] _variants =
    [
        "", "_O1", "_O2", "_O3", "_fp16", "_O4", "_quantized", "_int8", "_uint8", "_qint8_avx2", "_quint8_avx2", "_qint8_avx512", "_qint8_avx512_vnni",
        "_qint8_arm64", "_q8", "_q4", "_q4f16", "_bnb4",
    ];

    /// <summary>The graphs of a model by preference, as names relative to the folder.</summary>
    public static IEnumerable<string> Usual =>
        from name in _names from variant in _variants from folder in (string[])["onnx/", ""] where FitsProcessor(variant) select $"{folder}{name}{variant}.onnx";

    /// <summary>Chooses.</summary>
    /// <param name="names">All of the directory's files, relative, with slashes.</param>
    /// <param name="folders">Folders to look in, relative to the directory; the first that has a graph counts.</param>
    /// <param name="reason">Why there is none; null when there is one.</param>
    /// <returns>The graph's name in the directory; null when there is none.</returns>
    public static string? Choose(IReadOnlyCollection<string> names, IEnumerable<string> folders, out string? reason)
    {
        reason = null;
        foreach (var folder in folders)
        {
            var prefix = folder.Length == 0 ? "" : folder + "/";
            if (Usual.FirstOrDefault(name => names.Contains(prefix + name)) is { } usual)
                return prefix + usual;
            var all = Graphs(names, prefix + "onnx/").Concat(Graphs(names, prefix)).ToArray();
            var fitting = all.Where(name => !IsPart(name) && FitsProcessor(name)).ToArray();
            if (fitting.Length == 1)
                return fitting[0];
            if (all.Length > 0)
            {
                reason ??= fitting.Length == 0
                    ? $"its only graphs are parts of a decoder or for another processor: {Listed(all)}"
                    : $"it has several graphs, none of a usual name: {Listed(fitting)}; say which in orrery.json: \"file\"";
            }
        }

        return null;
    }

    private static IEnumerable<string> Graphs(IEnumerable<string> names, string prefix) => names
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(".onnx", StringComparison.Ordinal) && !name[prefix.Length..].Contains('/', StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    private static string Listed(string[] names) => string.Join(", ", names.Take(8)) + (names.Length > 8 ? ", …" : "");

    private static bool IsPart(string name)
    {
        var file = Path.GetFileName(name);
        return file.StartsWith("decoder", StringComparison.OrdinalIgnoreCase) || file.Contains("decoder_", StringComparison.OrdinalIgnoreCase)
            || file.Contains("_decoder", StringComparison.OrdinalIgnoreCase) || file.Contains("with_past", StringComparison.OrdinalIgnoreCase);
    }

    private static bool FitsProcessor(string name)
    {
        var file = Path.GetFileName(name);
        var arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
        var forArm = file.Contains("arm64", StringComparison.OrdinalIgnoreCase) || file.Contains("aarch64", StringComparison.OrdinalIgnoreCase);
        var forIntel = file.Contains("_avx", StringComparison.OrdinalIgnoreCase) || file.Contains("_vnni", StringComparison.OrdinalIgnoreCase);
        return arm ? !forIntel : !forArm && !file.Contains("ppc64le", StringComparison.OrdinalIgnoreCase);
    }
}
