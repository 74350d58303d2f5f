namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Finds the slots that satisfy a filter, by ranges of the index over metadata.</summary>
internal sealed class FilterSlots(Namespace space, RecordReader reader, CancellationToken cancellation)
{

    /// <summary>The slots that satisfy a filter in what the reader sees.</summary>
    /// <param name="node">The filter.</param>
    /// <returns>A set of the caller's own. Slots may be in it that the reader sees nothing in.</returns>
    public SlotSet Find(FilterNode node)
    {
        cancellation.ThrowIfCancellationRequested();
        return node switch
        {
            AllOf all => All(all),
            AnyOf any => Any(any),
            OneOf { Negated: true } none => Without(Values(none)),
            OneOf one => Values(one),
            Bound bound => Numbers(bound),
            Exists { Wanted: false } exists => Without(Field(exists.Field)),
            Exists exists => Field(exists.Field),
            _ => throw new InvalidOperationException($"{node.GetType().Name} is no filter"),
        };
    }

    private SlotSet All(AllOf all)
    {
        var slots = all.Parts.Count == 0 ? SlotSet.Live(space.Codes) : Find(all.Parts[0]);
        for (var i = 1; i < all.Parts.Count; i++)
            slots.IntersectWith(Find(all.Parts[i]));
        return slots;
    }

    private SlotSet Any(AnyOf any)
    {
        var slots = Find(any.Parts[0]);
        for (var i = 1; i < any.Parts.Count; i++)
            slots.UnionWith(Find(any.Parts[i]));
        return slots;
    }

    private SlotSet Without(SlotSet slots)
    {
        var rest = SlotSet.Live(space.Codes);
        rest.ExceptWith(slots);
        return rest;
    }

    private SlotSet Field(string name)
    {
        var slots = new SlotSet();
        if (space.Fields.TryGetValue(name, out var field))
            reader.WithField(field, slots);
        return slots;
    }

    private SlotSet Numbers(Bound bound)
    {
        var slots = new SlotSet();
        if (!space.Fields.TryGetValue(bound.Field, out var field))
            return slots;
        reader.Beyond(field, bound.Limit, bound.Above, slots);
        if (bound.Inclusive)
            reader.WithNumber(field, bound.Limit, slots);
        return slots;
    }

    private SlotSet Values(OneOf one)
    {
        var slots = new SlotSet();
        if (!space.Fields.TryGetValue(one.Field, out var field))
            return slots;
        foreach (var value in one.Values)
        {
            cancellation.ThrowIfCancellationRequested();
            if (value.Text is null && value.Flag is null)
                reader.WithNumber(field, value.Number, slots);
            else if (MetadataTerms.Value(value) is var kept && !MetadataTerms.IsClass(kept))
                reader.WithValue(field, kept, slots);
            else
                OfClass(one.Field, field, kept, value.Text!, slots);
        }

        return slots;
    }

    // The index tells only the class of a long text: the metadata decides.
    private void OfClass(string name, long field, string kept, string text, SlotSet slots)
    {
        var likely = new SlotSet();
        reader.WithValue(field, kept, likely);
        for (var slot = likely.Next(0); slot >= 0; slot = likely.Next(slot + 1))
        {
            if (reader.TryRecord(space.Row(slot), out _, out var metadata, out _) && MetadataTerms.Has(metadata, name, text))
                slots.Add(slot);
        }
    }
}
