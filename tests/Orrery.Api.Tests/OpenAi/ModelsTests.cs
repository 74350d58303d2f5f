using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.OpenAi;

public abstract class ModelsTests(ServerFixture fixture)
{
    [Fact]
    public async Task Lists_every_model()
    {
        var models = (await fixture.Server.GetAsync("/v1/models")).Json.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal([.. ((string[])["tiny-classifier", "tiny-cls", "tiny-cross-encoder", "tiny-mean", .. HeadModels.Names]).Order()], models.Select(model => model.GetProperty("id").GetString()).Order());
        Assert.All(models, model => Assert.Equal("model", model.GetProperty("object").GetString()));
        Assert.All(models, model => Assert.True(model.GetProperty("created").GetInt64() > 1_500_000_000));
    }

    [Fact]
    public async Task Retrieves_one_by_its_id()
    {
        var answer = await fixture.Server.GetAsync("/v1/models/tiny-cls");
        Assert.Equal("tiny-cls", answer.Json.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("/v1/models/nobody/knows", "nobody/knows")]
    [InlineData("/v1/models/nobody%2Fknows", "nobody/knows")]
    [InlineData("/v1/models/%00", "")]
    public async Task Says_which_id_it_does_not_know(string path, string id)
    {
        var answer = await fixture.Server.GetAsync(path);
        Assert.True(answer.Status is 404 or 400, answer.Body);
        if (answer.Status == 404)
            Assert.Contains(id, answer.Json.GetProperty("error").GetProperty("message").GetString()!, StringComparison.Ordinal);
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalModelsTests(LocalFixture fixture) : ModelsTests(fixture);
