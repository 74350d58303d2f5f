using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api.OpenInference;
using Orrery.Api.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.Tests.OpenInference;

public sealed class ClassificationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(Classification.MaxClasses)]
    public void Gives_the_largest_of_each_row_best_first(int count)
    {
        const int Rows = 3, Width = 500;
        var random = new Random(count);
        // Few values, so that many are equal.
        var values = Enumerable.Range(0, Rows * Width).Select(i => i % 100 == 3 ? float.NaN : random.Next(40)).ToArray();
        Assert.Null(Classification.Of(Tensor(values, Rows, Width), count, [], out var classes, default));
        var kept = Math.Min(count, Width);
        Assert.Equal([Rows, kept], classes.Shape);
        for (var row = 0; row < Rows; row++)
        {
            var expected = Enumerable.Range(0, Width).OrderByDescending(i => values[(row * Width) + i]).ThenBy(i => i).Take(kept);
            Assert.Equal(expected, classes.Strings!.Skip(row * kept).Take(kept).Select(one => int.Parse(Encoding.UTF8.GetString(one.Span).Split(':')[1], CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public void Names_the_most_classes_of_an_answer()
    {
        const int Rows = (Classification.MaxStrings / 100) + 1;
        var tensor = Tensor(new float[Rows * 100], Rows, 100);
        Assert.Contains($"{Classification.MaxStrings}", Classification.Of(tensor, 100, [], out _, default), StringComparison.Ordinal);
        Assert.Null(Classification.Of(tensor, 99, [], out _, default));
    }

    [Fact]
    public void Is_given_up_with_its_request() =>
        Assert.Throws<OperationCanceledException>(() => Classification.Of(Tensor(new float[10], 1, 10), 1, [], out _, new CancellationToken(canceled: true)));

    [Fact]
    public async Task Tells_the_classes_that_a_graph_of_scikit_learn_names()
    {
        using var folder = new TemporaryFolder();
        var directory = Directory.CreateDirectory(Path.Combine(folder.Path, "sklearn")).FullName;
        File.Copy(Repository.Path("tests", "fixtures", "sklearn", "logistic-3-text.onnx"), Path.Combine(directory, "model.onnx"));
        await using var backend = await LocalBackend.CreateAsync(new EngineOptions { ModelDirectories = [directory], Sessions = 1, ThreadsPerSession = 1 }, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        var info = backend.Find("sklearn").Value!;
        var output = info.Outputs.First(one => one.ElementType == OrtElementType.Float32);
        await using var server = await ApiServer.StartAsync(backend);
        var columns = info.Inputs[0].Shape[1];
        var answer = await server.PostAsync("/v2/models/sklearn/infer", $$$"""
            {"inputs":[{"name":"{{{info.Inputs[0].Name}}}","datatype":"FP32","shape":[1,{{{columns}}}],"data":[{{{string.Join(',', Enumerable.Repeat(0, (int)columns))}}}]}],
             "outputs":[{"name":"{{{output.Name}}}","parameters":{"classification":3}}]}
            """);
        Assert.True(answer.Status == 200, answer.Body);
        var named = answer.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(one => one.GetString()!.Split(':')).ToArray();
        Assert.Equal(3, named.Length);
        Assert.All(named, one => Assert.Equal(info.OutputLabels[output.Name][int.Parse(one[1], CultureInfo.InvariantCulture)], one[2]));
    }

    private static NamedTensor Tensor(float[] values, int rows, int width) =>
        new() { Name = "logits", Type = OrtElementType.Float32, Shape = [rows, width], Data = MemoryMarshal.AsBytes<float>(values).ToArray() };
}
