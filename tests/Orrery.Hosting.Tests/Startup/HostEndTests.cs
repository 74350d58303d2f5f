using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orrery.Hosting.Startup;

namespace Orrery.Hosting.Tests.Startup;

public sealed class HostEndTests
{
    [Fact]
    public async Task A_host_that_was_told_to_stop_ends_with_0()
    {
        using var host = await StartAsync(stopping => Task.Delay(Timeout.Infinite, stopping));
        var end = HostEnd.WaitAsync(host, "test", CancellationToken.None);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Equal(0, await end.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task A_host_that_a_failing_part_stopped_ends_with_another_code(Type fault)
    {
        using var host = await StartAsync(async _ =>
        {
            await Task.Yield();
            throw (Exception)Activator.CreateInstance(fault)!;
        });
        Assert.Equal(HostEnd.FaultExitCode, await HostEnd.WaitAsync(host, "test", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static async Task<IHost> StartAsync(Func<CancellationToken, Task> run)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddHostedService(_ => new Service(run));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private sealed class Service(Func<CancellationToken, Task> run) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => run(stoppingToken);
    }
}
