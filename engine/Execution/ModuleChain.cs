using System.Collections.Immutable;

namespace Orrery.Engine.Execution;

/// <summary>
/// What becomes of a text's token vectors in a model whose modules are more than one pooling: several poolings side by side, then modules
/// one after another. Immutable; the threads of a model share it, each with a scratch of its own.
/// </summary>
internal sealed class ModuleChain
{
    private readonly ImmutableArray<Pooling> _poolings;
    private readonly ImmutableArray<VectorModule> _modules;
    private readonly int _tokenWidth;
    private readonly int _widest;

    /// <param name="tokenWidth">Floats of a token's vector.</param>
    /// <param name="poolings">At least one.</param>
    /// <param name="modules">Each made for the width that the one before gives.</param>
    public ModuleChain(int tokenWidth, ImmutableArray<Pooling> poolings, ImmutableArray<VectorModule> modules)
    {
        _tokenWidth = tokenWidth;
        _poolings = poolings;
        _modules = modules;
        Width = _widest = tokenWidth * poolings.Length;
        foreach (var module in modules)
        {
            Width = module.WidthOf(Width);
            _widest = Math.Max(_widest, Width);
        }
    }

    /// <summary>Floats of the vector at its end.</summary>
    public int Width { get; }

    /// <summary>Floats of scratch that <see cref="Apply"/> wants.</summary>
    public int ScratchLength => 2 * _widest;

    /// <summary>Makes a text's vector.</summary>
    /// <param name="tokens">[length, token width], padding excluded.</param>
    /// <param name="skipped">Tokens at the beginning that are not pooled.</param>
    /// <param name="scratch">[<see cref="ScratchLength"/>].</param>
    /// <returns>[<see cref="Width"/>], in the scratch.</returns>
    public Span<float> Apply(ReadOnlySpan<float> tokens, int skipped, Span<float> scratch)
    {
        Span<float> current = scratch[.._widest], next = scratch[_widest..];
        for (var i = 0; i < _poolings.Length; i++)
            Pooler.Pool(tokens, _tokenWidth, skipped, _poolings[i], current.Slice(i * _tokenWidth, _tokenWidth));
        var width = _tokenWidth * _poolings.Length;
        foreach (var module in _modules)
        {
            var given = module.WidthOf(width);
            module.Apply(current[..width], next[..given]);
            width = given;
            var other = current;
            current = next;
            next = other;
        }

        return current[..width];
    }
}
