using Orrery.Engine.Models;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Execution;

/// <summary>Turns a request's inputs into items, on the caller's thread.</summary>
internal static class TextEncoder
{
    // Tokenizing a text of megabytes to keep its first 512 tokens is work thrown away; no vocabulary's tokens average this long.
    private const int MaxCharsPerToken = 250;

    /// <summary>The most characters of a text that can matter to a model.</summary>
    /// <param name="limit">Its longest text in tokens.</param>
    public static long MostCharacters(int limit) => (long)limit * MaxCharsPerToken;

    /// <summary>Tokenizes all inputs into the items of one job, whose output is rented here.</summary>
    /// <param name="model">A text model.</param>
    /// <param name="request">The request.</param>
    /// <param name="dimensions">Floats a row of the output.</param>
    /// <param name="prompt">Put before every text; null or empty for none.</param>
    /// <param name="postprocessing">What becomes of token vectors.</param>
    /// <param name="encoded">Sees each input's tokens with their places in the text; null where nobody asks for places.</param>
    /// <param name="cancellation">Gives up.</param>
    public static Outcome<TextItem[]> EncodeAll(
        LoadedModel model, TextRequest request, int dimensions, string? prompt, Postprocessing postprocessing, Action<int, Encoding>? encoded, CancellationToken cancellation)
    {
        var inputs = request.Inputs;
        var encoding = model.RentEncoding();
        try
        {
            var ids = new int[inputs.Count][];
            var types = new int[]?[inputs.Count];
            var tokens = new int[inputs.Count];
            var rows = new int[inputs.Count];
            var skips = new int[inputs.Count];
            var tokenizer = model.Tokenizer!;
            var skipped = PromptTokens(model, prompt, encoding);
            for (var i = 0; i < ids.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (Encode(model, inputs[i], i, prompt, request, encoded is not null, encoding) is { } error)
                    return error;
                encoded?.Invoke(i, encoding);
                // A table of static embeddings has no special tokens: of a text without any its answer is zeros, over no token at all.
                var nothing = model.IsStatic && encoding.Ids.IsEmpty;
                ids[i] = nothing ? [tokenizer.PadId] : encoding.Ids.ToArray();
                skips[i] = nothing ? 1 : skipped;
                types[i] = model.Layout!.WantsTokenTypes && encoding.TypeIds.ContainsAnyExcept(0) ? encoding.TypeIds.ToArray() : null;
                tokens[i] = ids[i].Length;
                rows[i] = postprocessing.Sparse is not null ? 0 : postprocessing.PerToken ? tokens[i] : 1;
            }

            var job = new TextJob(
                new TextOutput(dimensions, rows, tokens) { Version = model.Info.Digest, Sparse = postprocessing.Sparse is null ? null : new SparseVector[ids.Length] },
                postprocessing, ids.Length);
            var items = new TextItem[ids.Length];
            for (var i = 0; i < items.Length; i++)
                items[i] = new TextItem { Ids = ids[i], TypeIds = types[i], Length = tokens[i], Job = job, Index = i, Priority = request.Priority, Skipped = skips[i] };
            return items;
        }
        catch (TokenizationException e)
        {
            return Refused(model, e);
        }
        finally
        {
            model.Return(encoding);
        }
    }

    /// <summary>Tokenizes one input.</summary>
    /// <param name="model">A text model.</param>
    /// <param name="input">The input.</param>
    /// <param name="index">Its place, for messages.</param>
    /// <param name="prompt">Put before the text; null or empty for none.</param>
    /// <param name="request">Says what happens to a text over the model's maximum.</param>
    /// <param name="withOffsets">Whether tokens' places in the text are wanted.</param>
    /// <param name="encoding">Receives the tokens.</param>
    /// <returns>Null, or why the input cannot be run.</returns>
    private static InferenceError? Encode(LoadedModel model, TextInput input, int index, string? prompt, TextRequest request, bool withOffsets, Encoding encoding)
    {
        var truncation = EndToCut(model, request.Truncation);
        var onlyFirst = request is ScoreRequest { CutFirstOnly: true };
        var tokenizer = model.Tokenizer!;
        var limit = model.Info.MaxLength;
        if (!TryGetText(tokenizer, input, index, out var text, out var error))
            return error;
        if (text.Length == 0)
            return new InferenceError(InferenceErrorKind.Empty, $"inputs[{index}] is empty", "inputs");
        text = prompt + text;

        var direction = truncation == Truncation.Left ? TruncationDirection.Left : TruncationDirection.Right;
        var options = new EncodeOptions(AddSpecialTokens: !model.IsStatic, MaxLength: truncation == Truncation.Refuse ? 0 : limit, Direction: direction, WithOffsets: withOffsets, OnlyFirst: onlyFirst, LongestFirst: true);
        if (!TryShorten(text, limit, truncation, index, out var kept, out error))
            return error;
        if (input.Pair is null)
        {
            tokenizer.Encode(kept, options, encoding);
        }
        else
        {
            if (!TryShorten(input.Pair, limit, onlyFirst ? Truncation.Refuse : truncation, index, out var keptPair, out error))
                return error;
            tokenizer.EncodePair(kept, keptPair, options, encoding);
        }

        if (model.Manifest.VocabularySize is { } size && tokenizer.VocabularySize > size && encoding.Ids.IndexOfAnyInRange(size, int.MaxValue) is >= 0 and var beyond)
            return new InferenceError(InferenceErrorKind.Invalid, $"inputs[{index}] has the token '{tokenizer.IdToToken(encoding.Ids[beyond])}', which the model has no vector for", "inputs");
        if (encoding.Ids.Length > limit)
            return TooLong(index, limit, $"{encoding.Ids.Length} tokens");
        return encoding.Ids.Length == 0 && !model.IsStatic
            ? new InferenceError(InferenceErrorKind.Empty, $"inputs[{index}] has no tokens", "inputs")
            : null;
    }

    /// <summary>The end that texts are cut at: unless a request says the beginning, the one that the model's files say.</summary>
    public static Truncation EndToCut(LoadedModel model, Truncation asked) =>
        asked == Truncation.Right && model.Tokenizer!.TruncationSide == TruncationDirection.Left ? Truncation.Left : asked;

    /// <summary>Tokens of a prompt that are not pooled: none, unless the model's files say so. Counted as the reference does: of the prompt alone, a last special token left out.</summary>
    private static int PromptTokens(LoadedModel model, string? prompt, Encoding encoding)
    {
        if (string.IsNullOrEmpty(prompt) || model.Manifest.Modules is not { IncludePrompt: false })
            return 0;
        model.Tokenizer!.Encode(prompt, EncodeOptions.Default, encoding);
        return encoding.Ids.Length - (encoding.Ids is [.., var last] && model.Tokenizer.IsSpecial(last) ? 1 : 0);
    }

    private static bool TryGetText(Tokenizer tokenizer, TextInput input, int index, out string text, out InferenceError? error)
    {
        error = null;
        text = input.Text ?? "";
        if (input.Ids is not { } ids)
            return true;
        foreach (var id in ids)
        {
            if (tokenizer.IdToToken(id) is null)
            {
                error = new InferenceError(InferenceErrorKind.Invalid, $"inputs[{index}] has token id {id}, which the model's vocabulary does not", "inputs");
                return false;
            }
        }

        // Ids name the text they stand for: special tokens are then added as for any text.
        text = tokenizer.Decode(ids, skipSpecialTokens: false);
        return true;
    }

    private static bool TryShorten(string text, int limit, Truncation truncation, int index, out ReadOnlySpan<char> kept, out InferenceError? error)
    {
        var most = MostCharacters(limit);
        kept = text;
        error = null;
        if (text.Length <= most)
            return true;
        if (truncation == Truncation.Refuse)
        {
            error = TooLong(index, limit, $"{text.Length} characters");
            return false;
        }

        var cut = truncation == Truncation.Right ? (int)most : text.Length - (int)most;
        if (char.IsLowSurrogate(text[cut]) && char.IsHighSurrogate(text[cut - 1]))
            cut += truncation == Truncation.Right ? -1 : 1;
        kept = truncation == Truncation.Right ? text.AsSpan(0, cut) : text.AsSpan(cut);
        return true;
    }

    /// <summary>What a request is told whose text the model's own tokenizer cannot be let go on with.</summary>
    public static InferenceError Refused(LoadedModel model, TokenizationException e) => new(InferenceErrorKind.Failed, $"model '{model.Info.Name}': {e.Message}", "inputs");

    private static InferenceError TooLong(int index, int limit, string given) =>
        new(InferenceErrorKind.TooLarge, $"inputs[{index}] must have at most {limit} tokens. Given: {given}", "inputs");
}
