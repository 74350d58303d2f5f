namespace Orrery.Engine.Tests.Backend;

/// <summary>What requests mean that name nothing.</summary>
public sealed class LookupTests
{
    [Fact]
    public void The_model_that_was_named_first_answers_before_others_that_do_the_same()
    {
        ModelInfo[] models = [Model("a"), Model("b", preference: 1), Model("c", preference: 2), Model("d", preference: 3) with { Task = ModelTask.Classifier }];
        Assert.Equal("c", Find(models, null, ModelTask.Embedding));
        Assert.Equal("d", Find(models, null, ModelTask.Classifier));
        Assert.Equal("a", Find(models, "a", ModelTask.Embedding));
        Assert.Equal("a", Find([Model("a"), Model("b")], null, ModelTask.Embedding));
    }

    [Fact]
    public void While_the_preferred_model_loads_no_other_answers_in_its_place()
    {
        var loading = Model("z", preference: 1) with { State = ModelState.Loading };
        Assert.Equal("z", Find([Model("a"), loading], null, ModelTask.Embedding));
        Assert.Equal("a", Find([Model("a"), loading with { State = ModelState.Failed }], null, ModelTask.Embedding));
        Assert.Equal("a", Find([Model("a"), loading with { Preference = 0 }], null, ModelTask.Embedding));
    }

    [Theory]
    [InlineData("/models/mine", 2)]
    [InlineData("/models/mine/1", 2)]
    [InlineData("/models/mine-too", 0)]
    [InlineData("/more/x", 1)]
    [InlineData("/elsewhere", 0)]
    public void A_model_is_preferred_by_the_folder_it_lies_in(string directory, int preference) =>
        Assert.Equal(preference, new EngineOptions { PreferredDirectories = ["/models/mine", "/more"] }.PreferenceOf(directory));

    [Fact]
    public void A_default_detector_that_is_refused_leaves_requests_to_the_others()
    {
        DetectorInfo[] all = [Detector("good", ModelState.Ready), Detector("loading", ModelState.Loading), Detector("torn", ModelState.Failed)];
        Assert.Equal(["good"], DetectorLookup.ForTexts(all, [], ["torn", "good"]).Value!.Select(one => one.Name));
        // Asked for by name it is missed.
        Assert.Contains("'torn'", DetectorLookup.ForTexts(all, ["torn", "good"], []).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("'loading'", DetectorLookup.ForTexts(all, [], ["good", "loading"]).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("'torn'", DetectorLookup.ForTexts(all, [], ["torn"]).Error!.Message, StringComparison.Ordinal);
    }

    private static string Find(ModelInfo[] models, string? chosen, ModelTask task) => ModelLookup.Find(models, ModelLookup.Names(models), chosen, "", task).Value!.Name;

    private static ModelInfo Model(string name, int preference = 0) => new() { Name = name, State = ModelState.Ready, Task = ModelTask.Embedding, Preference = preference };

    private static DetectorInfo Detector(string name, ModelState state) => new() { Name = name, State = state, Reason = state == ModelState.Ready ? null : "so it is" };
}
