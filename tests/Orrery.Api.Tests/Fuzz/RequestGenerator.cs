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
    private static readonly string[] Routes =
        ["/embed", "/embed_all", "/similarity", "/predict", "/rerank", "/tokenize", "/decode", "/v1/embeddings", "/v2/models/tiny-mean/infer", "/v2/models/tiny-classifier/infer", "/v2/repository/index"];

    private static readonly string[] Others =
        ["/info", "/info?model=tiny-cls", "/info?model=%00", "/v1/models", "/v1/models/a/b", "/v1/models/%ff%fe", "/health", "/health/ready", "/health/live", "/metrics", "/v2", "/v2/models/tiny-mean", "/v2/models/a/b/ready", "/v2/models/%2F", "/v2/health/ready", "/nowhere", "/", "/embed/"];

    private static readonly string[] Fields =
    [
        "inputs", "input", "model", "truncate", "truncation_direction", "prompt_name", "normalize", "dimensions", "query", "texts", "raw_scores", "return_text", "ids",
        "skip_special_tokens", "add_special_tokens", "encoding_format", "parameters", "source_sentence", "sentences", "user", "name", "shape", "datatype", "data", "outputs", "id", "\\u0069nputs", "\\ud800", "",
    ];

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "1", "-1", "8", "32", "2147483647", "2147483648", "-2147483649", "1e400", "1.5", "-0", "1E-9", "123456789012345678901234567890",
        "\"\"", "\"a\"", "\"some words to embed\"", "\"\\u0000\"", "\"\\ud83d\\ude00 emoji\"", "\"\\ud800\"", "\"\\udc00x\"", "\"e\\u0301\\u0301\\u0301\"", "\"\u4f60\u597d \u05e9\u05dc\u05d5\u05dd\"",
        "\"base64\"", "\"float\"", "\"left\"", "\"tiny-mean\"", "\"tiny-classifier\"", "\"tiny-cross-encoder\"", "\"nobody\"", "\"\\\\\\\"\"",
    ];

    private static readonly string[] Valid =
    [
        """{"inputs":"a few words"}""", """{"inputs":["one","two"],"truncate":true}""", """{"inputs":[["a"],["a","b"]],"raw_scores":true}""",
        """{"inputs":{"source_sentence":"a","sentences":["b","c"]}}""", """{"query":"q","texts":["a","b"],"return_text":true}""",
        """{"id":"1","inputs":[{"name":"text","datatype":"BYTES","shape":[2],"data":["a","b"]}],"outputs":[{"name":"embedding"}]}""",
        """{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,2],"data":[[2,3]]},{"name":"attention_mask","datatype":"INT64","shape":[1,2],"data":[1,1]},{"name":"token_type_ids","datatype":"INT64","shape":[1,2],"data":[0,0]}]}""",
        """{"ids":[[1,2,3],[5]]}""", """{"input":["one",[5,6]],"encoding_format":"base64","dimensions":8}""", """{"input":"x","model":"tiny-cls"}""",
    ];

    public static Gen<FuzzRequest> Requests =>
        from method in Gen.Frequency((12, Gen.Constant("POST")), (1, Gen.Elements("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")))
        from path in Gen.Frequency((9, Gen.Elements(Routes)), (1, Gen.Elements(Others)))
        from type in Gen.Frequency((12, Gen.Constant<string?>("application/json")), (1, Gen.Elements<string?>(null, "text/plain", "application/json; charset=utf-16", "x", ";;")))
        from body in Bodies
        from headers in Gen.ListOf(Headers, 2)
        select new FuzzRequest(method, path, type, body, [.. headers]);

    private static Gen<(string Name, string Value)> Headers =>
        from name in Gen.Frequency((6, Gen.Constant("X-Nothing")), (1, Gen.Elements("X-Priority", "X-Timeout-Ms", "Content-Encoding", "Accept", "Expect")))
        from value in Gen.Elements("bulk", "interactive", "1", "5", "-1", "1e9", "99999999999999999999", "gzip", "deflate", "br", "*/*", "\u00e9", new string('v', 5000))
        select (name, value);

    private static Gen<byte[]> Bodies => Gen.Frequency(
        (6, from json in Objects select Encoding.UTF8.GetBytes(json)),
        (4, from json in Gen.Elements(Valid) from body in Mutated(Encoding.UTF8.GetBytes(json)) select body),
        (1, Gen.Elements(Valid).Select(Encoding.UTF8.GetBytes)),
        (1, Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()),
        (1, Extremes));

    private static Gen<string> Objects =>
        from fields in Gen.ListOf(from name in Gen.Elements(Fields) from value in Values(3) select $"\"{name}\":{value}", 4)
        select "{" + string.Join(',', fields) + "}";

    private static Gen<byte[]> Extremes => Gen.Elements(
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

    private static Gen<string> Values(int depth)
    {
        var scalar = Gen.Elements(Scalars);
        if (depth == 0)
            return scalar;
        var array = Gen.ListOf(Values(depth - 1), 3).Select(values => "[" + string.Join(',', values) + "]");
        var field = from name in Gen.Elements(Fields) from value in Values(depth - 1) select $"\"{name}\":{value}";
        var nested = Gen.ListOf(field, 2).Select(fields => "{" + string.Join(',', fields) + "}");
        return Gen.Frequency((5, scalar), (3, array), (1, nested));
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
