using System.CommandLine;
using Orrery.ClientApi;
using Orrery.ClientApi.Configuration;
using Orrery.Hosting.Startup;

var port = new Option<string?>("--port") { Description = "The port to listen on (8080)." };
var host = new Option<string?>("--host") { Description = "The address to listen on (127.0.0.1); 0.0.0.0 for every one." };
var root = new RootCommand("A front of an Orrery cluster: the API, answered by silos.") { port, host };
root.SetAction(async (parsed, cancellation) =>
{
    var flags = new List<KeyValuePair<string, string>>();
    if (parsed.GetValue(port) is { } number)
        flags.Add(new("Server:Port", number));
    if (parsed.GetValue(host) is { } address)
        flags.Add(new("Server:Host", address));
    if (!FrontTable.Reader.TryRead(ProcessEnvironment.SettingsFile, ProcessEnvironment.Variables(), flags, out var settings, out var passedOver, out var error))
        return Refusal.Say(error, FrontHost.Program);
    Notice.PassedOver(passedOver, FrontHost.Program);
    return await FrontHost.RunAsync(settings, cancellation);
});
var parsed = root.Parse(args);
foreach (var wrong in parsed.Errors)
    Refusal.Say(wrong.Message, FrontHost.Program);
// The host handles Ctrl-C and SIGTERM itself: it finishes what is in flight.
return parsed.Errors.Count > 0 ? Refusal.ExitCode : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
