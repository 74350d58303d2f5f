using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Images;

public partial class ComposeTests
{
    private static readonly JsonObject File = Assert.Single(Yaml.Documents(Checkout.Read("compose.yaml")));

    [Fact]
    public void There_are_a_database_two_silos_and_a_front()
    {
        Assert.Equal(["front", "postgres", "silo-1", "silo-2", "tables"], Services().Select(one => one.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["front", "silo-1", "silo-2"], Servers().Select(one => one.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>What an image is made from is said twice, and is the same.</summary>
    [Fact]
    public void Base_images_are_the_Dockerfiles_unless_the_environment_names_others()
    {
        var arguments = Argument().Matches(Checkout.Read("Dockerfile")).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value);
        foreach (var (_, service) in Services().Where(one => one.Service["build"] is not null))
        {
            foreach (var (name, value) in service["build"]!["args"]!.AsObject())
                Assert.Equal($"${{{name}:-{arguments[name]}}}", (string)value!);
        }
    }

    [Fact]
    public void Images_are_targets_of_the_Dockerfile()
    {
        var stages = Dockerfile.Read().Stages.Select(stage => stage.Name).ToHashSet();
        foreach (var (name, service) in Services().Where(one => one.Service["build"] is not null))
        {
            var target = (string)service["build"]!["target"]!;
            Assert.Contains(target, stages);
            Assert.Equal($"orrery-{target}:dev", (string)service["image"]!);
        }
    }

    [Fact]
    public void Every_variable_is_one_that_the_program_reads()
    {
        foreach (var (_, service) in Services().Where(one => one.Service["build"] is not null))
        {
            var known = Expected.VariablesOf(((string)service["image"]!).Split(':')[0])!;
            Assert.Equal([], service["environment"]!.AsObject().Select(pair => pair.Key).Except(known));
        }
    }

    [Fact]
    public void Everyone_is_of_one_cluster_whose_database_is_the_one_that_is_there()
    {
        var database = Assert.Single(Services().Where(one => one.Service["build"] is not null).Select(one => (string)one.Service["environment"]!["CLUSTER_DATABASE"]!).Distinct());
        var parts = database.Split(';').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);
        var postgres = File["services"]!["postgres"]!["environment"]!;
        Assert.Equal(("postgres", "5432"), (parts["Host"], parts["Port"]));
        Assert.Equal(((string)postgres["POSTGRES_DB"]!, (string)postgres["POSTGRES_USER"]!, (string)postgres["POSTGRES_PASSWORD"]!), (parts["Database"], parts["Username"], parts["Password"]));
        Assert.Single(Servers().Select(one => ((string)one.Service["environment"]!["CLUSTER_ID"]!, (string)one.Service["environment"]!["SERVICE_ID"]!)).Distinct());
    }

    [Fact]
    public void Silos_say_the_addresses_that_they_have()
    {
        var silos = Servers().Where(one => one.Name != "front").ToList();
        foreach (var (_, service) in silos)
            Assert.Equal((string)service["networks"]!["cluster"]!["ipv4_address"]!, (string)service["environment"]!["POD_IP"]!);
        Assert.Equal(silos.Count, silos.Select(one => (string)one.Service["environment"]!["POD_IP"]!).Distinct().Count());
    }

    [Fact]
    public void Health_checks_ask_readiness_on_the_port_that_the_program_listens_on()
    {
        foreach (var (_, service) in Servers())
        {
            var test = string.Join(' ', service["healthcheck"]!["test"]!.AsArray().Select(part => (string)part!));
            var port = Expected.PortsOf(((string)service["image"]!).Split(':')[0])!["http"];
            Assert.Contains($"/dev/tcp/127.0.0.1/{port} ", test, StringComparison.Ordinal);
            Assert.Contains($"GET {Expected.Ready} HTTP", test, StringComparison.Ordinal);
        }
    }

    /// <summary>The shell line of the health checks, against a server that answers and one that does not.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK", 0)]
    [InlineData("HTTP/1.1 503 Service Unavailable", 1)]
    public async Task A_health_check_takes_200_for_healthy_and_nothing_else(string status, int exit)
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var command = File["services"]!["front"]!["healthcheck"]!["test"]!.AsArray().Select(part => (string)part!).ToList();
        Assert.Equal(["CMD", "bash", "-c"], command[..3]);
        // Compose makes one dollar of two.
        var script = command[3].Replace("$$", "$", StringComparison.Ordinal).Replace("/8080", $"/{port}", StringComparison.Ordinal);
        using var bash = System.Diagnostics.Process.Start("bash", ["-c", script]);
        using (var client = await listener.AcceptTcpClientAsync())
        {
            using var reader = new StreamReader(client.GetStream(), leaveOpen: true);
            Assert.Equal($"GET {Expected.Ready} HTTP/1.0", await reader.ReadLineAsync());
            await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{status}\r\nContent-Length: 2\r\n\r\n{{}}"));
        }

        await bash.WaitForExitAsync();
        Assert.Equal(exit, bash.ExitCode);
    }

    [Fact]
    public void What_waits_for_another_waits_for_one_that_is_there_and_can_become_what_it_waits_for()
    {
        var services = Services().ToDictionary(one => one.Name, one => one.Service);
        foreach (var (name, condition) in services.Values.SelectMany(service => service["depends_on"]?.AsObject().Select(pair => (pair.Key, (string)pair.Value!["condition"]!)) ?? []))
        {
            Assert.Contains(name, services.Keys);
            Assert.Equal(condition == "service_healthy", services[name]["healthcheck"] is not null);
        }
    }

    [Fact]
    public void A_container_is_given_longer_than_its_drain_may_take()
    {
        foreach (var (_, service) in Servers())
            Assert.True(int.Parse(Seconds().Match((string)service["stop_grace_period"]!).Groups[1].Value, CultureInfo.InvariantCulture) >= Expected.ShutdownTimeout.TotalSeconds + 5);
    }

    [Fact]
    public void Only_the_front_is_open_and_to_this_machine_alone()
    {
        Assert.Equal(["front"], Services().Where(one => one.Service["ports"] is not null).Select(one => one.Name));
        Assert.Equal($"127.0.0.1:8080:{Expected.FrontPorts["http"]}", (string)Assert.Single(File["services"]!["front"]!["ports"]!.AsArray())!);
        Assert.All(Servers(), one => Assert.True((bool)one.Service["read_only"]!));
    }

    private static IEnumerable<(string Name, JsonNode Service)> Services() => File["services"]!.AsObject().Select(pair => (pair.Key, pair.Value!));

    private static IEnumerable<(string Name, JsonNode Service)> Servers() => Services().Where(one => one.Service["build"] is not null && one.Name != "tables");

    [GeneratedRegex(@"^ARG (?<name>\w+)=(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex Argument();

    [GeneratedRegex(@"^(\d+)s$")]
    private static partial Regex Seconds();
}
