using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Admin;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Admin;

[Collection(LocalFixture.Collection)]
public sealed class AdminTests(LocalFixture fixture)
{
    private const string Token = "correct-horse-battery";
    private const string Load = "/v2/repository/models/tiny-mean/load";
    private static readonly IPAddress _stranger = IPAddress.Parse("192.0.2.7");

    [Theory]
    [InlineData("load")]
    [InlineData("unload")]
    public async Task Refuses_strangers_while_there_is_no_token_and_names_the_setting(string verb)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, peer: _stranger);
        var answer = await server.PostAsync($"/v2/repository/models/nobody/{verb}", "{}");
        Assert.Equal(403, answer.Status);
        Assert.Contains("Admin:Token", answer.Json.GetProperty("error").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.3.2.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task Lets_the_server_s_own_machine_in_while_there_is_no_token(string peer)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, peer: IPAddress.Parse(peer));
        Assert.Equal(200, (await server.PostAsync(Load, "{}")).Status);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Original-For", "192.0.2.7:1024")]
    public async Task Trusts_no_header_about_where_a_request_came_from(string name, string value)
    {
        await using var near = await ApiServer.StartAsync(fixture.Backend);
        await using var far = await ApiServer.StartAsync(fixture.Backend, peer: _stranger);
        Assert.Equal(403, (await near.PostAsync(Load, "{}", (name, value))).Status);
        Assert.Equal(403, (await far.PostAsync(Load, "{}", (name, value))).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer correct-horse-batter")]
    [InlineData("Bearer correct-horse-battery-")]
    [InlineData("Bearer Correct-horse-battery")]
    [InlineData("Bearer ")]
    [InlineData("Basic correct-horse-battery")]
    [InlineData("correct-horse-battery")]
    public async Task Asks_for_the_token_from_this_machine_too(string? header)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Token = Token });
        var answer = header is null ? await server.PostAsync(Load, "{}") : await server.PostAsync(Load, "{}", ("Authorization", header));
        Assert.Equal(401, answer.Status);
        Assert.Equal("Bearer realm=\"orrery\"", answer.Headers.WwwAuthenticate.ToString());
        Assert.Contains("Authorization: Bearer", answer.Json.GetProperty("error").GetString()!, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer correct-horse-battery")]
    [InlineData("bearer correct-horse-battery")]
    public async Task Takes_the_token_from_anywhere(string header)
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Token = Token }, peer: _stranger);
        Assert.Equal(200, (await server.PostAsync(Load, "{}", ("Authorization", header))).Status);
    }

    [Fact]
    public async Task Leaves_what_changes_nothing_open_to_all()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Token = Token }, peer: _stranger);
        Assert.Equal(200, (await server.PostAsync("/v2/repository/index", "{}")).Status);
        Assert.Equal(200, (await server.PostAsync("/embed", """{"inputs":"a text"}""")).Status);
        Assert.Equal(200, (await server.GetAsync("/health/ready")).Status);
    }

    [Fact]
    public async Task Counts_refusals_by_cause()
    {
        await using var server = await ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Token = Token });
        await server.PostAsync(Load, "{}");
        await server.AssertNothingInFlightAsync();
        Assert.Contains("cause=\"unauthorized\"", (await server.GetAsync("/metrics")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_long_enough_and_can_stand_in_a_header() =>
        Prop.ForAll<string>(text => AdminOptions.IsToken(text ?? "") == ((text?.Length ?? 0) >= AdminOptions.MinTokenLength && text!.All(c => c is > ' ' and <= '~'))).QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_token_that_is_none_is_refused_at_start()
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => ApiServer.StartAsync(fixture.Backend, admin: new AdminOptions { Token = "short" }));
        Assert.Contains("Admin:Token", refusal.Message, StringComparison.Ordinal);
    }
}
