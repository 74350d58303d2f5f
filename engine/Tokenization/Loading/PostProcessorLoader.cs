namespace Orrery.Engine.Tokenization;

internal static class PostProcessorLoader
{
    public static PostProcessor Load(ConfigNode node) => node.Type switch
    {
        "TemplateProcessing" => Template(node),
        "BertProcessing" => Bert(Special(node, "cls"), Special(node, "sep")),
        "RobertaProcessing" => Roberta(Special(node, "cls"), Special(node, "sep")) with
        {
            TrimOffsets = node.Bool("trim_offsets", true),
            AddPrefixSpace = node.Bool("add_prefix_space", true),
        },
        "ByteLevel" => PostProcessor.None with { TrimOffsets = node.Bool("trim_offsets", true), AddPrefixSpace = node.Bool("add_prefix_space", true) },
        "Sequence" => Sequence(node.Get("processors")),
        var type => throw node.Wrong($"post-processor '{type}' is not known"),
    };

    /// <summary>[CLS] A [SEP], and [CLS] A [SEP] B [SEP] with the second part of type 1.</summary>
    public static PostProcessor Bert(int cls, int sep) => PostProcessor.None with
    {
        Single = [TemplatePiece.Special(0, cls), TemplatePiece.First(0), TemplatePiece.Special(0, sep)],
        Pair = [TemplatePiece.Special(0, cls), TemplatePiece.First(0), TemplatePiece.Special(0, sep), TemplatePiece.Second(1), TemplatePiece.Special(1, sep)],
    };

    /// <summary>&lt;s&gt; A &lt;/s&gt;, and &lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;, all of type 0.</summary>
    public static PostProcessor Roberta(int cls, int sep) => PostProcessor.None with
    {
        Single = [TemplatePiece.Special(0, cls), TemplatePiece.First(0), TemplatePiece.Special(0, sep)],
        Pair = [TemplatePiece.Special(0, cls), TemplatePiece.First(0), TemplatePiece.Special(0, sep, sep), TemplatePiece.Second(0), TemplatePiece.Special(0, sep)],
    };

    /// <summary>At most one of a sequence lays out the tokens; a ByteLevel one trims offsets.</summary>
    private static PostProcessor Sequence(ConfigNode node)
    {
        PostProcessor result = PostProcessor.None;
        foreach (ConfigNode item in node.AsArray())
        {
            PostProcessor next = Load(item);
            bool laysOut = next.Single != PostProcessor.None.Single;
            if (laysOut && result.Single != PostProcessor.None.Single) throw item.Wrong("a second post-processor that lays out tokens");
            result = (laysOut ? next : result) with
            {
                TrimOffsets = result.TrimOffsets || next.TrimOffsets,
                AddPrefixSpace = next.TrimOffsets ? next.AddPrefixSpace : result.AddPrefixSpace,
            };
        }
        return result;
    }

    private static PostProcessor Template(ConfigNode node)
    {
        TemplatePiece[] single = [.. node.Get("single").AsArray().Select(piece => Piece(piece, node))];
        TemplatePiece[] pair = node.Find("pair") is { } template ? [.. template.AsArray().Select(piece => Piece(piece, node))] : PostProcessor.None.Pair;
        return PostProcessor.None with { Single = single, Pair = pair };
    }

    private static TemplatePiece Piece(ConfigNode piece, ConfigNode processor)
    {
        if (piece.Find("Sequence") is { } sequence)
        {
            int typeId = sequence.Int("type_id", 0);
            return sequence.Get("id").AsString() switch
            {
                "A" => TemplatePiece.First(typeId),
                "B" => TemplatePiece.Second(typeId),
                var id => throw sequence.Wrong($"sequence '{id}' is neither A nor B"),
            };
        }
        ConfigNode special = piece.Get("SpecialToken");
        ConfigNode token = processor.Get("special_tokens").Get(special.Get("id").AsString());
        return TemplatePiece.Special(special.Int("type_id", 0), [.. token.Get("ids").AsArray().Select(id => id.AsInt())]);
    }

    /// <summary>The id in ["[SEP]", 102].</summary>
    private static int Special(ConfigNode node, string name) =>
        node.Get(name).AsArray() is [_, var id] ? id.AsInt() : throw node.Get(name).Wrong("expected a token and its id");
}
