using System.CommandLine;
using Orrery.Hosting.Startup;
using Orrery.Standalone.Cluster;
using Orrery.Standalone.Models;
using Orrery.Standalone.Serve;
using Orrery.Standalone.Training;
using Orrery.Standalone.Vectors;

var root = new RootCommand("Orrery: inference over REST from ONNX models.")
{
    ServeCommand.Create(), ModelsCommand.Create(), TrainCommand.Create(), EvalCommand.Create(), ScoreCommand.Create(), EmbedCommand.Create(), ClusterCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        Refusal.Say(error.Message);
    return Refusal.ExitCode;
}

// The host handles Ctrl-C and SIGTERM itself: it finishes what is in flight.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
