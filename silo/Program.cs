using System.CommandLine;
using Orrery.Hosting.Startup;
using Orrery.Silo;
using Orrery.Silo.Configuration;

var device = new Option<string?>("--device") { Description = "cpu or gpu." };
var port = new Option<string?>("--port") { Description = "The port of health, metrics and the dashboard (8081)." };
var models = new Option<string[]>("--models") { Description = "A model's directory, or one that holds models; may be given several times." };
var detectors = new Option<string[]>("--detectors") { Description = "A detector's directory, or one that holds detectors; may be given several times." };
var createTables = new Option<bool>("--create-tables") { Description = "Creates what is missing in Cluster:Database, and ends." };
var trial = new Option<string[]>(ProcessTrial.Flag) { Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true, Hidden = true };
var root = new RootCommand("A silo of an Orrery cluster.") { device, port, models, detectors, createTables, trial };
root.SetAction(async (parsed, cancellation) =>
{
    var flags = new List<KeyValuePair<string, string>>();
    if (parsed.GetValue(device) is { } kind)
        flags.Add(new("Silo:Device", kind));
    if (parsed.GetValue(port) is { } number)
        flags.Add(new("Server:Port", number));
    if (!SiloTable.Reader.TryRead(ProcessEnvironment.SettingsFile, ProcessEnvironment.Variables(), flags, out var settings, out var passedOver, out var error))
        return Refusal.Say(error, SiloHost.Program);
    if (parsed.GetValue(trial) is [var name, var directory])
        return await ProcessTrial.TryAsync(settings, name, directory, cancellation);
    Notice.PassedOver(passedOver, SiloHost.Program);
    return parsed.GetValue(createTables)
        ? await SiloHost.CreateTablesAsync(settings, cancellation)
        : await SiloHost.RunAsync(settings, parsed.GetValue(models) ?? [], parsed.GetValue(detectors) ?? [], cancellation);
});
var parsed = root.Parse(args);
foreach (var wrong in parsed.Errors)
    Refusal.Say(wrong.Message, SiloHost.Program);
// The host handles Ctrl-C and SIGTERM itself: it hands its replicas over.
return parsed.Errors.Count > 0 ? Refusal.ExitCode : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
