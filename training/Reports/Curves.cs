using Orrery.Training.Metrics;

namespace Orrery.Training.Reports;

/// <summary>A line of a chart.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Points with x and y from 0 to 1, in drawing order.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Chooses what charts show of an evaluation.</summary>
internal static class Curves
{
    /// <summary>As many lines as can be told apart.</summary>
    internal const int MostLines = 6;

    /// <summary>The most points of a line.</summary>
    internal const int MostPoints = 200;

    private const int AveragePoints = 100;

    internal static IReadOnlyList<Series> Roc(Evaluation evaluation) => Choose(
        evaluation, ranked => ranked.RocAuc, ranked => ranked.Roc(), "AUC", Straight);

    internal static IReadOnlyList<Series> PrecisionRecall(Evaluation evaluation) => Choose(
        evaluation, ranked => ranked.AveragePrecision, ranked => ranked.PrecisionRecall(), "AP", Step);

    // Of few classes each; of many their mean and the worst ones.
    private static List<Series> Choose(
        Evaluation evaluation, Func<RankedScores, double> area, Func<RankedScores, IReadOnlyList<CurvePoint>> curve, string word, Func<IReadOnlyList<CurvePoint>, double, double> at)
    {
        var names = evaluation.Confusion.Names;
        var lines = evaluation.Ranked
            .Select((ranked, c) => (Name: names[evaluation.TrainedClasses == 2 ? 1 : c], Area: area(ranked), Points: curve(ranked)))
            .Where(line => line.Points.Count > 0)
            .ToList();
        if (lines.Count == 0)
            return [];
        if (lines.Count <= MostLines)
            return lines.ConvertAll(line => Line(line.Name, line.Area, line.Points));
        List<Series> chosen = [Mean(lines.ConvertAll(line => line.Points), at, $"mean of {lines.Count} classes ({word} {ReportText.Number(lines.Average(line => line.Area))})")];
        chosen.AddRange(lines.OrderBy(line => line.Area).Take(MostLines - 1).Select(line => Line(line.Name, line.Area, line.Points)));
        return chosen;

        Series Line(string name, double value, IReadOnlyList<CurvePoint> points) =>
            new($"{name} ({word} {ReportText.Number(value)})", Thin([.. points.Select(point => (point.X, point.Y))]));
    }

    private static Series Mean(List<IReadOnlyList<CurvePoint>> curves, Func<IReadOnlyList<CurvePoint>, double, double> at, string name)
    {
        // A ROC curve rises before it goes right: where it begins is a point of its own.
        List<(double, double)> points = [(0, curves.Average(curve => curve[0].Y))];
        for (int i = 0; i <= AveragePoints; i++)
        {
            double x = (double)i / AveragePoints;
            points.Add((x, curves.Average(curve => at(curve, x))));
        }
        return new Series(name, points);
    }

    // The height of a ROC curve, straight between its points; the upper end where it is vertical.
    private static double Straight(IReadOnlyList<CurvePoint> curve, double x)
    {
        int next = FirstFrom(curve, x, strictly: true);
        if (next == curve.Count)
            return curve[^1].Y;
        var (from, to) = (curve[next - 1], curve[next]);
        return from.Y + (to.Y - from.Y) * (x - from.X) / (to.X - from.X);
    }

    // Precision at a recall is that of the first threshold which reaches it.
    private static double Step(IReadOnlyList<CurvePoint> curve, double x) => curve[Math.Min(FirstFrom(curve, x, strictly: false), curve.Count - 1)].Y;

    private static int FirstFrom(IReadOnlyList<CurvePoint> curve, double x, bool strictly)
    {
        int low = 0, high = curve.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (strictly ? curve[middle].X > x : curve[middle].X >= x)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    /// <summary>At most <see cref="MostPoints"/> points, evenly along the line, the ends among them.</summary>
    internal static IReadOnlyList<(double X, double Y)> Thin(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count <= MostPoints)
            return points;
        double total = 0;
        for (int i = 1; i < points.Count; i++)
            total += Distance(points[i - 1], points[i]);
        List<(double, double)> kept = [points[0]];
        double walked = 0, step = total / (MostPoints - 2);
        for (int i = 1; i < points.Count - 1; i++)
        {
            walked += Distance(points[i - 1], points[i]);
            if (walked < kept.Count * step)
                continue;
            kept.Add(points[i]);
        }
        kept.Add(points[^1]);
        return kept;
    }

    private static double Distance((double X, double Y) a, (double X, double Y) b) => Math.Abs(a.X - b.X) + Math.Abs(a.Y - b.Y);
}
