using System.Runtime.CompilerServices;
using System.Text;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Writes rows over the writer's connection and adds up their checksums.</summary>
internal sealed class RecordWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly VectorElement _element;
    private readonly MetadataTerms _terms = new();
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _setRecord;
    private readonly SqliteStatement _setVector;
    private readonly SqliteStatement _addTerm;
    private readonly SqliteStatement _removeTerm;
    private readonly SqliteStatement _addField;
    private readonly SqliteStatement _removeRecord;
    private readonly SqliteStatement _removeVector;
    private readonly List<(Namespace Space, string Name)> _newFields = [];
    private byte[] _data = [];
    private long _nextField;

    public RecordWriter(SqliteConnection connection, VectorElement element)
    {
        _connection = connection;
        _element = element;
        Reader = new(connection, element);
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _setRecord = connection.Prepare("INSERT OR REPLACE INTO records(row, id, metadata, checksum) VALUES(?1, ?2, ?3, ?4)");
        _setVector = connection.Prepare("INSERT OR REPLACE INTO vectors(row, data, checksum) VALUES(?1, ?2, ?3)");
        _addTerm = connection.Prepare("INSERT INTO terms(field, value, row) VALUES(?1, ?2, ?3)");
        _removeTerm = connection.Prepare("DELETE FROM terms WHERE field = ?1 AND value = ?2 AND row = ?3");
        _addField = connection.Prepare("INSERT INTO fields(field, namespace, name) VALUES(?1, ?2, ?3)");
        _removeRecord = connection.Prepare("DELETE FROM records WHERE row = ?1");
        _removeVector = connection.Prepare("DELETE FROM vectors WHERE row = ?1");
        using var next = connection.Prepare("SELECT coalesce(max(field), 0) + 1 FROM fields");
        next.Step();
        _nextField = next.Integer(0);
    }

    /// <summary>Reads what the transaction has written so far.</summary>
    public RecordReader Reader { get; }

    public void Begin() => _begin.Run();

    public void Commit()
    {
        _commit.Run();
        _newFields.Clear();
    }

    public void Rollback()
    {
        foreach (var (space, name) in _newFields)
            space.Fields.TryRemove(name, out _);
        _newFields.Clear();
        if (!_connection.IsIdle)
            _connection.Execute("ROLLBACK");
    }

    /// <summary>A record's metadata; false when it is not there.</summary>
    [SkipLocalsInit]
    public bool TryRead(NamespaceChanges changes, string id, out byte[] metadata)
    {
        metadata = [];
        Span<byte> buffer = stackalloc byte[RecordCheck.MaxIdBytes];
        return changes.Find(Reader, id, Utf8(id, buffer)) is var slot && slot >= 0 && Reader.TryRecord(changes.Space.Row(slot), out _, out metadata, out _);
    }

    /// <summary>Writes a record whole, or what is there with other metadata.</summary>
    /// <param name="changes">The namespace.</param>
    /// <param name="id">The id.</param>
    /// <param name="vector">The vector; empty to keep the one that is there.</param>
    /// <param name="metadata">The metadata; empty for none.</param>
    [SkipLocalsInit]
    public void Put(NamespaceChanges changes, string id, ReadOnlyMemory<float> vector, ReadOnlyMemory<byte> metadata)
    {
        Span<byte> buffer = stackalloc byte[RecordCheck.MaxIdBytes];
        var utf8 = Utf8(id, buffer);
        var slot = changes.Find(Reader, id, utf8);
        var isNew = slot < 0;
        byte[] old = [];
        if (isNew)
            slot = changes.Take(id);
        var row = changes.Space.Row(slot);
        if (!isNew)
        {
            if (!Reader.TryRecord(row, out _, out old, out var checksum))
                throw SqliteException.Damage($"record {row} is missing");
            changes.Sum -= checksum;
        }

        SetRecord(changes, row, utf8, metadata.Span);
        if (!old.AsSpan().SequenceEqual(metadata.Span))
        {
            RemoveTerms(changes, row, old);
            AddTerms(changes, row, metadata.Span);
        }

        if (vector.IsEmpty)
            return;
        if (!isNew)
            changes.Sum -= Reader.VectorChecksum(row);
        changes.Slots.Add(new(slot, IdTable.Hash(utf8), SetVector(changes, row, vector), isNew, false));
    }

    /// <summary>Removes a record; nothing when it is not there.</summary>
    [SkipLocalsInit]
    public void Remove(NamespaceChanges changes, string id)
    {
        // An id that is too long is in no record.
        if (Encoding.UTF8.GetByteCount(id) > RecordCheck.MaxIdBytes)
            return;
        Span<byte> buffer = stackalloc byte[RecordCheck.MaxIdBytes];
        var utf8 = Utf8(id, buffer);
        if (changes.Find(Reader, id, utf8) is var slot && slot < 0)
            return;
        var row = changes.Space.Row(slot);
        if (!Reader.TryRecord(row, out _, out var metadata, out var checksum))
            throw SqliteException.Damage($"record {row} is missing");
        changes.Sum -= checksum;
        changes.Sum -= Reader.VectorChecksum(row);
        RemoveTerms(changes, row, metadata);
        _removeRecord.Bind(1, row).Run();
        _removeVector.Bind(1, row).Run();
        changes.Remove(id);
        changes.Slots.Add(new(slot, IdTable.Hash(utf8), default, false, true));
    }

    /// <summary>Removes all records of a namespace.</summary>
    public void RemoveAll(NamespaceChanges changes)
    {
        var space = changes.Space;
        _connection.Execute($"""
            DELETE FROM terms WHERE field IN (SELECT field FROM fields WHERE namespace = {space.Number});
            DELETE FROM records WHERE row BETWEEN {space.FirstRow} AND {space.LastRow};
            DELETE FROM vectors WHERE row BETWEEN {space.FirstRow} AND {space.LastRow};
            """);
    }

    public void RemoveNamespace(NamespaceChanges changes)
    {
        RemoveAll(changes);
        _connection.Execute($"DELETE FROM fields WHERE namespace = {changes.Space.Number}; DELETE FROM namespaces WHERE namespace = {changes.Space.Number}");
    }

    /// <summary>Writes what is remembered of a namespace.</summary>
    public void SetNamespace(NamespaceChanges changes)
    {
        var space = changes.Space;
        using var set = _connection.Prepare(
            "INSERT OR REPLACE INTO namespaces(namespace, name, dimension, model, digest, records, sum, checksum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        set.Bind(1, space.Number).BindText(2, space.Name).BindText(4, changes.Model?.Name).BindText(5, changes.Model?.Digest);
        if (changes.Dimension is { } dimension)
            set.Bind(3, dimension);
        set.Bind(6, changes.Records).Bind(7, changes.Sum);
        set.Bind(8, IndexFile.NamespaceChecksum(space.Number, space.Name, changes.Dimension, changes.Model, changes.Records, changes.Sum)).Run();
    }

    public void SetSpec(IndexSpec spec)
    {
        using var set = _connection.Prepare("UPDATE spec SET json = ?1, checksum = ?2");
        IndexFile.BindSpec(set, spec).Run();
    }

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_begin, _commit, _setRecord, _setVector, _addTerm, _removeTerm, _addField, _removeRecord, _removeVector])
            statement.Dispose();
        Reader.Dispose();
    }

    private static ReadOnlySpan<byte> Utf8(string id, Span<byte> buffer) => buffer[..Encoding.UTF8.GetBytes(id, buffer)];

    private void SetRecord(NamespaceChanges changes, long row, ReadOnlySpan<byte> id, ReadOnlySpan<byte> metadata)
    {
        var checksum = Checksum.OfRecord(row, id, metadata);
        _setRecord.Bind(1, row).BindText(2, id).Bind(4, checksum);
        (metadata.IsEmpty ? _setRecord.BindNull(3) : _setRecord.BindBlob(3, metadata)).Run();
        changes.Sum += checksum;
    }

    // What is told of the vector to those who compare: what readers will decode.
    private ReadOnlyMemory<float> SetVector(NamespaceChanges changes, long row, ReadOnlyMemory<float> vector)
    {
        var length = VectorCodec.Bytes(_element, vector.Length);
        if (_data.Length < length)
            _data = new byte[length];
        var data = _data.AsSpan(0, length);
        VectorCodec.Encode(_element, vector.Span, data);
        var checksum = Checksum.OfVector(row, data);
        _setVector.Bind(1, row).BindBlob(2, data).Bind(3, checksum).Run();
        changes.Sum += checksum;
        if (_element == VectorElement.Float32)
            return vector;
        var decoded = new float[vector.Length];
        VectorCodec.TryDecode(_element, data, decoded);
        return decoded;
    }

    private void AddTerms(NamespaceChanges changes, long row, ReadOnlySpan<byte> metadata)
    {
        foreach (var term in _terms.Read(metadata))
        {
            changes.Sum += term.Checksum(row);
            BindTerm(_addTerm, Field(changes.Space, term.Field), term, row).Run();
        }
    }

    private void RemoveTerms(NamespaceChanges changes, long row, ReadOnlySpan<byte> metadata)
    {
        foreach (var term in _terms.Read(metadata))
        {
            changes.Sum -= term.Checksum(row);
            BindTerm(_removeTerm, Field(changes.Space, term.Field), term, row).Run();
        }
    }

    private long Field(Namespace space, string name)
    {
        if (space.Fields.TryGetValue(name, out var field))
            return field;
        // A number is not used again when its transaction fails: readers may have seen it.
        field = _nextField++;
        _addField.Bind(1, field).Bind(2, space.Number).BindText(3, name).Run();
        _newFields.Add((space, name));
        return space.Fields[name] = field;
    }

    private static SqliteStatement BindTerm(SqliteStatement statement, long field, in Term term, long row)
    {
        statement.Bind(1, field).Bind(3, row);
        return term.Value is null ? statement.Bind(2, term.Number) : statement.BindBlob(2, Encoding.UTF8.GetBytes(term.Value));
    }
}
