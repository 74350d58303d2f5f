using Orrery.Engine.Execution;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Models;

/// <summary>Tokens as people look at them: ids, pieces, places in the text. Not on the hot path.</summary>
internal static class TokenListing
{
    public static Outcome<IReadOnlyList<TokenInfo[]>> Tokenize(LoadedModel model, IReadOnlyList<string> texts, bool addSpecialTokens, CancellationToken cancellation)
    {
        var tokenizer = model.Tokenizer!;
        var encoding = model.RentEncoding();
        var lists = new TokenInfo[texts.Count][];
        for (var i = 0; i < lists.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                tokenizer.Encode(texts[i], new(AddSpecialTokens: addSpecialTokens, WithOffsets: true), encoding);
            }
            catch (TokenizationException e)
            {
                return TextEncoder.Refused(model, e);
            }

            var list = lists[i] = new TokenInfo[encoding.Ids.Length];
            var places = new CodePointPlaces(texts[i]);
            for (var t = 0; t < list.Length; t++)
            {
                var id = encoding.Ids[t];
                var special = encoding.SpecialTokensMask[t] != 0;
                var (start, end) = (encoding.Offsets[t].Start, encoding.Offsets[t].End);
                list[t] = new TokenInfo(
                    id, special ? tokenizer.IdToToken(id) ?? "" : texts[i][start..end], special,
                    special ? null : places.At(start), special ? null : places.At(end));
            }
        }

        model.Return(encoding);
        return lists;
    }

    public static Outcome<IReadOnlyList<string>> Decode(LoadedModel model, IReadOnlyList<int[]> ids, bool skipSpecialTokens, CancellationToken cancellation)
    {
        var texts = new string[ids.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var id in ids[i])
            {
                if (model.Tokenizer!.IdToToken(id) is null)
                    return new InferenceError(InferenceErrorKind.Invalid, $"ids[{i}] has {id}, which the vocabulary does not", "ids");
            }

            texts[i] = model.Tokenizer!.Decode(ids[i], skipSpecialTokens);
        }

        return texts;
    }
}
