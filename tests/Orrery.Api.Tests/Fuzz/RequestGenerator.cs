using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Orrery.Api.Tests.Fuzz;

/// <summary>One request as bytes on the way to one route.</summary>
public sealed record FuzzRequest(string Method, string Path, string? ContentType, byte[] Body, (string Name, string Value)[] Headers)
{
    public override string ToString() =>
        $"{Method} {Path} {ContentType} [{string.Join(", ", Headers)}] {(Body.Length > 2000 ? $"{Body.Length} bytes: " : "")}{Encoding.Latin1.GetString(Body.AsSpan(0, Math.Min(Body.Length, 2000)))}";
}

/// <summary>Requests from almost right to noise.</summary>
public static class RequestGenerator
{
    private static readonly string[] Others =
        ["/info", "/info?model=tiny-cls", "/info?model=%00", "/v1/models", "/v1/models/a/b", "/v1/models/%ff%fe", "/health", "/health/ready", "/health/live", "/metrics", "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/tiny-mean",
        "/v2/models/tiny-mean/ready", "/v2/models/tiny-mean/versions/0/infer", "/v2/models/a%2Fb/infer", "/v2/models/a/b/ready", "/v2/models/%2F", "/v2/repository/index", "/v2/nothing", "/nowhere", "/", "/embed/"];

    private static readonly string[] Fields =
    [
        "inputs", "input", "model", "truncate", "truncation_direction", "prompt_name", "normalize", "dimensions", "query", "texts", "raw_scores", "return_text", "ids",
        "skip_special_tokens", "add_special_tokens", "encoding_format", "parameters", "source_sentence", "sentences", "user", "name", "shape", "datatype", "data", "outputs", "id",
        "\\u0069nputs", "\\ud800", "",
    ];

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "1", "-1", "8", "32", "2147483647", "2147483648", "-2147483649", "1e400", "1.5", "-0", "1E-9", "123456789012345678901234567890",
        "\"\"", "\"a\"", "\"some words to embed\"", "\"\\u0000\"", "\"\\ud83d\\ude00 emoji\"", "\"\\ud800\"", "\"\\udc00x\"", "\"e\\u0301\\u0301\\u0301\"", "\"\u4f60\u597d \u05e9\u05dc\u05d5\u05dd\"",
        "\"base64\"", "\"float\"", "\"left\"", "\"tiny-mean\"", "\"tiny-classifier\"", "\"tiny-cross-encoder\"", "\"nobody\"", "\"\\\\\\\"\"",
    ];

    private static readonly Gen<string> Any = Values(3);
    private static readonly Gen<string> Text = Gen.Elements(Scalars.Where(value => value.Length > 3 && value.StartsWith('"')));
    private static readonly Gen<string> Id = Gen.Frequency((20, Gen.Choose(0, 1199).Select(id => $"{id}")), (1, Gen.Elements("-1", "1200", "2147483647", "2147483648", "1.0")));
    private static readonly Gen<string> Ids = List(Id);
    private static readonly Gen<string> TextsOrIds = Gen.OneOf(Text, List(Text), Ids, List(Gen.OneOf(Text, Ids)));
    private static readonly Gen<string> Flag = Gen.Elements("true", "false", "null");
    private static readonly Gen<string> Model = Gen.Elements("null", "\"\"", "\"tiny-mean\"", "\"tiny-cls\"", "\"tiny-classifier\"", "\"tiny-cross-encoder\"", "\"nobody\"");

    private static readonly Gen<string> Detector = Gen.Elements("\"tiny-spam\"", "\"tiny-topic\"", "\"tiny-duplicate\"", "\"tiny-answers\"", "\"tiny-foreign\"", "\"nobody\"", "\"\"");
    private static readonly Gen<string> Share = Gen.Elements("null", "0", "0.5", "1", "-0.1", "1.5", "1e30");

    private static readonly Gen<byte[]> Extremes = Gen.Elements(
        new string('[', 5000),
        "{\"inputs\":" + new string('[', 200) + new string(']', 200) + "}",
        "{\"inputs\":[" + string.Join(',', Enumerable.Repeat("\"\"", 100_000)) + "]}",
        "{\"input\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 2049)) + "]}",
        "{\"inputs\":[" + string.Join(',', Enumerable.Repeat("[1]", 5000)) + "]}",
        "{\"input\":[" + string.Join(',', Enumerable.Repeat("7", 100_000)) + "]}",
        "{\"ids\":[" + string.Join(',', Enumerable.Repeat("7", 100_000)) + "]}",
        "{\"inputs\":\"" + new string('a', 300_000) + "\"}",
        "{\"query\":\"" + string.Concat(Enumerable.Repeat("word ", 50_000)) + "\",\"texts\":[\"a\"]}",
        "{" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"{i}\":{i}")) + "}",
        "{\"inputs\":" + new string('9', 100_000) + "}").Select(Encoding.UTF8.GetBytes);

    /// <summary>Each route with its fields; the first one or two are what it cannot do without.</summary>
    private static readonly Dictionary<string, (string Name, Gen<string> Value)[]> Routes = new()
    {
        ["/v1/score"] = [("input", TextsOrIds), ("detectors", List(Detector)), ("threshold", Share), ("return_scores", Flag), ("return_embeddings", Flag), ("truncate", Flag)],
        ["/v1/compare"] = [("pairs", List(List(Text))), ("detector", Detector), ("threshold", Share), ("model", Model), ("limit", Gen.Choose(-1, 40).Select(n => $"{n}"))],
        ["/v1/compare?inputs"] = [("inputs", List(Text)), ("detector", Detector), ("threshold", Share), ("limit", Gen.Choose(-1, 40).Select(n => $"{n}"))],
        ["/inference"] = [("model_type", Gen.OneOf(Detector, Model)), ("data", Gen.OneOf(Text, List(Text)))],
        ["/embed"] = [("inputs", TextsOrIds), ("normalize", Flag), ("dimensions", Gen.Choose(-1, 40).Select(n => $"{n}")), .. Common()],
        ["/embed_all"] = [("inputs", TextsOrIds), .. Common()],
        ["/similarity"] = [("inputs", from source in Text from others in List(Text) select $"{{\"source_sentence\":{source},\"sentences\":{others}}}"), ("parameters", Object(Common()))],
        ["/predict"] = [("inputs", Gen.OneOf(Text, List(Text), List(List(Text)))), ("raw_scores", Flag), .. Common()],
        ["/rerank"] = [("query", Text), ("texts", List(Text)), ("raw_scores", Flag), ("return_text", Flag), .. Common()],
        ["/tokenize"] = [("inputs", Gen.OneOf(Text, List(Text))), ("add_special_tokens", Flag), .. Common()],
        ["/decode"] = [("ids", Gen.OneOf(Ids, List(Ids))), ("skip_special_tokens", Flag), .. Common()],
        ["/embed_sparse"] = [("inputs", TextsOrIds), .. Common()],
        ["/"] = [("inputs", TextsOrIds), ("parameters", Object(Common())), .. Common()],
        ["/models/tiny-tokens"] = [("inputs", Gen.OneOf(Text, List(Text))), ("parameters", Object([("aggregation_strategy", Gen.Elements("\"none\"", "\"simple\"", "\"average\"", "\"\"")), ("ignore_labels", List(Text)), ("stride", Any)]))],
        ["/models/tiny-nli"] = [("inputs", Gen.OneOf(Text, List(Text), Any)), ("parameters", Object([("candidate_labels", Gen.OneOf(Text, List(Text))), ("hypothesis_template", Gen.OneOf(Text, Gen.Elements("\"{}\"", "\"a {} b {}\"", "\"{\""))), ("multi_label", Flag)]))],
        ["/models/tiny-classifier"] = [("inputs", Gen.OneOf(Text, List(Text), List(List(Text)))), ("parameters", Object([("top_k", Gen.Choose(-1, 5).Select(n => $"{n}")), ("function_to_apply", Gen.Elements("\"sigmoid\"", "\"none\"", "null"))]))],
        ["/vertex"] = [("instances", List(Gen.OneOf(Object([("inputs", TextsOrIds)]), Any)))],
        ["/v2/models/tiny-mean/infer"] = [("inputs", Tensors()), ("outputs", Any), ("id", Any), ("parameters", Any)],
        ["/v2/models/tiny-classifier/infer"] = [("inputs", Tensors()), ("outputs", Any)],
        ["/v2/repository/index"] = [("ready", Flag)],
        ["/v1/embeddings"] = [("input", TextsOrIds), ("encoding_format", Gen.Elements("\"base64\"", "\"float\"", "null")), ("dimensions", Gen.Choose(1, 33).Select(n => $"{n}")), .. Common()],
    };

    public static Gen<FuzzRequest> Requests =>
        from method in Gen.Frequency((20, Gen.Constant("POST")), (1, Gen.Elements("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")))
        from path in Gen.Frequency((15, Gen.Elements(Routes.Keys.AsEnumerable())), (1, Gen.Elements(Others)))
        from type in Gen.Frequency((20, Gen.Constant<string?>("application/json")), (1, Gen.Elements<string?>(null, "text/plain", "application/json; charset=utf-16", "x", ";;")))
        from body in Bodies(path)
        from headers in Gen.Frequency((4, Gen.Constant(new List<(string, string)>())), (1, Gen.ListOf(Headers, 2).Select(list => list.ToList())))
        select new FuzzRequest(method, path, type, body, [.. headers]);

    /// <summary>One tensor for each of the graph's inputs, or nearly.</summary>
    private static Gen<string> Tensors()
    {
        var tensor =
            from name in Gen.Elements("input_ids", "attention_mask", "token_type_ids", "text", "nothing")
            from type in Gen.Frequency((9, Gen.Constant("INT64")), (1, Gen.Elements("BYTES", "FP32", "FP16", "BOOL", "X")))
            from shape in Gen.Frequency((9, Gen.Constant("[1,3]")), (1, Gen.Elements("[3]", "[1,-3]", "[]", "[2,2147483647,2147483647]", "null")))
            from data in Gen.Frequency((9, Gen.Elements("[2,5,3]", "[[1,1,1]]", "[0,0,0]")), (1, Any))
            select Tensor(name, type, shape, data);
        var fitting = Gen.Constant($"[{Tensor("input_ids", "INT64", "[1,3]", "[2,5,3]")},{Tensor("attention_mask", "INT64", "[1,3]", "[1,1,1]")},{Tensor("token_type_ids", "INT64", "[1,3]", "[0,0,0]")}]");
        var text = from data in List(Text) select $"[{Tensor("text", "BYTES", "[2]", data)}]";
        return Gen.OneOf(fitting, text, List(tensor));

        static string Tensor(string name, string type, string shape, string data) => $"{{\"name\":\"{name}\",\"datatype\":\"{type}\",\"shape\":{shape},\"data\":{data}}}";
    }

    private static (string, Gen<string>)[] Common() =>
        [("model", Model), ("truncate", Flag), ("truncation_direction", Gen.Elements("\"left\"", "\"Right\"", "null")), ("prompt_name", Gen.Elements("null", "null", "\"query\"")), ("user", Any)];

    private static Gen<(string Name, string Value)> Headers =>
        from name in Gen.Frequency((6, Gen.Constant("X-Nothing")), (1, Gen.Elements("X-Priority", "X-Timeout-Ms", "Content-Encoding", "Accept", "Expect", "Inference-Header-Content-Length")))
        from value in Gen.Elements("bulk", "interactive", "1", "5", "-1", "1e9", "99999999999999999999", "gzip", "deflate", "br", "*/*", "\u00e9", new string('v', 5000))
        select (name, value);

    private static Gen<byte[]> Bodies(string path)
    {
        var fitting = Object(Routes.GetValueOrDefault(path) ?? []).Select(Encoding.UTF8.GetBytes);
        return Gen.Frequency(
            (8, fitting),
            (3, from body in fitting from mutated in Mutated(body) select mutated),
            (3, from fields in List(from name in Gen.Elements(Fields) from value in Any select $"\"{name}\":{value}") select Encoding.UTF8.GetBytes("{" + fields[1..^1] + "}")),
            (1, Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()),
            (1, Extremes));
    }

    /// <summary>An object of fields, the first always there, the others seldom, each now and then with a value of any kind.</summary>
    private static Gen<string> Object((string Name, Gen<string> Value)[] fields)
    {
        var all = Gen.Constant("");
        for (var i = 0; i < fields.Length; i++)
        {
            var (name, value) = fields[i];
            var field = Gen.Frequency((25, value), (1, Any)).Select(json => $"\"{name}\":{json},");
            var maybe = Gen.Frequency((i == 0 || name == "texts" ? 30 : 1, field), (3, Gen.Constant("")));
            all = from before in all from next in maybe select before + next;
        }

        return all.Select(text => "{" + text.TrimEnd(',') + "}");
    }

    private static Gen<string> List(Gen<string> items) =>
        from count in Gen.Choose(0, 4) from list in Gen.ListOf(items, count) select "[" + string.Join(',', list) + "]";

    private static Gen<string> Values(int depth)
    {
        var scalar = Gen.Elements(Scalars);
        if (depth == 0)
            return scalar;
        var inner = Values(depth - 1);
        var field = from name in Gen.Elements(Fields) from value in inner select $"\"{name}\":{value}";
        return Gen.Frequency((5, scalar), (3, List(inner)), (1, List(field).Select(fields => "{" + fields[1..^1] + "}")));
    }

    /// <summary>A byte changed, removed or doubled, or the end cut off.</summary>
    private static Gen<byte[]> Mutated(byte[] body) =>
        from at in Gen.Choose(0, body.Length - 1)
        from how in Gen.Choose(0, 3)
        from value in Gen.Choose(0, 255)
        select how switch
        {
            0 => [.. body[..at], (byte)value, .. body[(at + 1)..]],
            1 => [.. body[..at], .. body[(at + 1)..]],
            2 => [.. body[..at], body[at], .. body[at..]],
            _ => body[..at],
        };
}
