using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary><c>GET /v1/detectors</c>: every detector, whether it answers, and which version it is.</summary>
internal sealed class DetectorsRoute(IInferenceBackend backend)
{
    public async Task RunAsync(HttpContext context)
    {
        using var reply = new Reply();
        using (var json = reply.Writer())
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var detector in backend.Detectors)
            {
                json.WriteStartObject();
                json.WriteString("name", detector.Name);
                json.WriteString("state", detector.State.ToString().ToLowerInvariant());
                json.WriteString("reason", detector.Reason);
                json.WriteString("kind", detector.Kind.ToString().ToLowerInvariant());
                json.WriteString("version", detector.Digest);
                json.WriteString("model", detector.Model);
                json.WriteString("model_version", detector.ModelDigest);
                json.WriteStartArray("labels");
                foreach (var label in detector.Labels)
                    json.WriteStringValue(label);
                json.WriteEndArray();
                json.WriteString("positive", detector.Positive);
                json.WriteNumber("threshold", detector.Threshold);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        await reply.CompleteAsync(context);
    }
}
