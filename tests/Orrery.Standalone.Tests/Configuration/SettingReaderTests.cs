using Orrery.Standalone.Configuration;

namespace Orrery.Standalone.Tests.Configuration;

public sealed class SettingReaderTests
{
    [Fact]
    public void Takes_flags_before_variables_before_short_names_before_the_file()
    {
        var file = Write("""{"Logging":{},"Server":{"Port":1},"Engine":{"Devices":["cuda","cpu"],"MaxQueueDelay":"00:00:05"}}""");
        Assert.Equal(1, Read(file).Port);
        Assert.Equal(["cuda", "cpu"], Read(file).Engine.Devices);
        Assert.Equal(TimeSpan.FromSeconds(5), Read(file).Engine.MaxQueueDelay);
        Assert.Equal(2, Read(file, ("PORT", "2")).Port);
        Assert.Equal(3, Read(file, ("PORT", "2"), ("ORRERY__Server__Port", "3")).Port);
        Assert.True(SettingReader.TryRead(file, new Dictionary<string, string> { ["PORT"] = "2" }, [new("Server:Port", "4")], out var settings, out _));
        Assert.Equal(4, settings.Port);
    }

    [Fact]
    public void Knows_the_short_names()
    {
        var settings = Read("none.json", ("EMBEDDING_MODEL", "m"), ("DEVICE", "cuda:1,cpu"), ("MODEL_CACHE_DIR", "here"), ("PORT", "99"));
        Assert.Equal("m", settings.Engine.DefaultModel);
        Assert.Equal(["cuda:1", "cpu"], settings.Engine.Devices);
        Assert.Equal(["here"], settings.Engine.ModelDirectories);
        Assert.Equal(99, settings.Port);
    }

    [Theory]
    [InlineData("PORT", "many")]
    [InlineData("PORT", "70000")]
    [InlineData("DEVICE", "abacus")]
    [InlineData("ORRERY__Engine__MaxPadding", "2")]
    [InlineData("ORRERY__Engine__MaxQueueDelay", "5")]
    [InlineData("ORRERY__Engine__RequestTimeout", "-00:00:01")]
    [InlineData("ORRERY__Engine__BulkEvery", "1")]
    [InlineData("ORRERY__Engine__Nothing", "1")]
    [InlineData("ORRERY__Api__AutoTruncate", "maybe")]
    [InlineData("ORRERY__Api__MaxBodyBytes", "1")]
    public void Names_the_key_and_the_value_that_is_wrong(string name, string value)
    {
        Assert.False(SettingReader.TryRead("none.json", new Dictionary<string, string> { [name] = value }, [], out _, out var error));
        Assert.Contains(name == "DEVICE" ? "Devices" : name, error, StringComparison.Ordinal);
        if (name != "ORRERY__Engine__Nothing")
            Assert.Contains(value, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ not json", "JSON")]
    [InlineData("""{"Engine":{"Sessions":"three"}}""", "Engine:Sessions")]
    [InlineData("""{"Engine":{"Speed":"fast"}}""", "Engine:Speed")]
    public void Names_the_file_and_what_is_wrong_in_it(string json, string reason)
    {
        var file = Write(json);
        Assert.False(SettingReader.TryRead(file, new Dictionary<string, string>(), [], out _, out var error));
        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_stands_in_the_README()
    {
        var readme = File.ReadAllText(Path.Combine(Checkout.Root, "README.md"));
        Assert.All(SettingTable.All, setting => Assert.Contains($"`{setting.Key}`", readme, StringComparison.Ordinal));
    }

    private static ServeSettings Read(string file, params (string Name, string Value)[] environment)
    {
        Assert.True(SettingReader.TryRead(file, environment.ToDictionary(pair => pair.Name, pair => pair.Value), [], out var settings, out var error), error);
        return settings;
    }

    private static string Write(string json)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("orrery-test-").FullName, "appsettings.json");
        File.WriteAllText(path, json);
        return path;
    }
}
