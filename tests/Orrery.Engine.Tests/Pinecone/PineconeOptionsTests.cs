using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Engine.Tests.Pinecone;

public sealed class PineconeOptionsTests
{
    private static readonly PineconeOptions _right = new() { ApiKey = "pcsk_1" };

    public static TheoryData<string, PineconeOptions> Wrong => new()
    {
        { nameof(PineconeOptions.ApiKey), _right with { ApiKey = "" } },
        { nameof(PineconeOptions.ApiKey), _right with { ApiKey = "a\nb" } },
        { nameof(PineconeOptions.ControlHost), _right with { ControlHost = "api.pinecone.io" } },
        { nameof(PineconeOptions.ControlHost), _right with { ControlHost = "ftp://api.pinecone.io" } },
        { nameof(PineconeOptions.ApiVersion), _right with { ApiVersion = "latest" } },
        { nameof(PineconeOptions.Cloud), _right with { Cloud = "" } },
        { nameof(PineconeOptions.Region), _right with { Region = " " } },
        { nameof(PineconeOptions.Timeout), _right with { Timeout = TimeSpan.Zero } },
        { nameof(PineconeOptions.MaxRetries), _right with { MaxRetries = -1 } },
        { nameof(PineconeOptions.RetryDelay), _right with { RetryDelay = TimeSpan.FromHours(1) } },
        { nameof(PineconeOptions.BreakerTries), _right with { BreakerTries = 1 } },
        { nameof(PineconeOptions.BreakerDelay), _right with { BreakerDelay = TimeSpan.FromMilliseconds(1) } },
        { nameof(PineconeOptions.Patience), _right with { Patience = TimeSpan.Zero } },
        { nameof(PineconeOptions.OutboxRecords), _right with { OutboxRecords = 0 } },
        { nameof(PineconeOptions.OutboxBytes), _right with { OutboxBytes = 10 } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_named(string property, PineconeOptions options)
    {
        Assert.StartsWith(property, options.Validate(), StringComparison.Ordinal);
        using var handler = PineconeStore.Connections();
        Assert.Throws<ArgumentException>(() => PineconeStore.Open(new VectorOptions { Directory = Repository.Temporary() }, options, handler, NullLoggerFactory.Instance, TimeProvider.System));
    }

    [Fact]
    public void The_defaults_lack_nothing_but_the_key() => Assert.Null(_right.Validate());

    [Fact]
    public void The_key_is_not_told() => Assert.DoesNotContain("pcsk_1", _right.ToString(), StringComparison.Ordinal);
}
