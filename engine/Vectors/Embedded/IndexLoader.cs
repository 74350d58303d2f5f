using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Reads an index's file whole: proves every row and makes what is kept in memory.</summary>
internal sealed class IndexLoader
{
    private readonly SqliteConnection _connection;
    private readonly IndexState _state;
    private readonly Dictionary<long, Loading> _loading = [];

    private IndexLoader(SqliteConnection connection, string path)
    {
        _connection = connection;
        _state = new(path, IndexFile.ReadSpec(connection));
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="SqliteException">It is damaged, or cannot be read.</exception>
    public static IndexState Load(SqliteConnection connection, string path)
    {
        CheckPages(connection);
        var loader = new IndexLoader(connection, path);
        loader.ReadNamespaces();
        loader.ReadRecords();
        loader.ReadTerms();
        return loader.Finish();
    }

    // Checksums prove what rows hold; that each row is found where SQLite looks for it, and no page is used twice, SQLite itself proves.
    private static void CheckPages(SqliteConnection connection)
    {
        using var check = connection.Prepare("PRAGMA quick_check(1)");
        if (check.Step() && check.Text(0) is var found && found != "ok")
            throw SqliteException.Damage($"its pages contradict each other: {found}");
    }

    private void ReadNamespaces()
    {
        using var read = _connection.Prepare("SELECT namespace, name, dimension, model, digest, records, sum, checksum FROM namespaces");
        while (read.Step())
        {
            var number = read.Integer(0);
            var name = read.Text(1)!;
            int? dimension = read.IsNull(2) ? null : (int)read.Integer(2);
            var model = read.Text(3) is { } model_ ? new EmbeddingModel(model_, read.Text(4) ?? "") : null;
            if (IndexFile.NamespaceChecksum(number, name, dimension, model, read.Integer(5), read.Integer(6)) != read.Integer(7))
                throw SqliteException.Damage($"namespace '{name}' contradicts its checksum");
            var space = new Namespace(number, name);
            _loading[number] = new(space, dimension is { } components ? new CodeTable(components) : null, model, read.Integer(5), read.Integer(6));
            _state.NextNamespace = Math.Max(_state.NextNamespace, number + 1);
        }
    }

    private void ReadRecords()
    {
        using var records = _connection.Prepare("SELECT row, id, checksum, metadata FROM records ORDER BY row");
        using var vectors = _connection.Prepare("SELECT row, data, checksum FROM vectors ORDER BY row");
        var vector = Array.Empty<float>();
        while (records.Step())
        {
            var row = records.Integer(0);
            var id = records.Bytes(1);
            if (!vectors.Step() || vectors.Integer(0) != row)
                throw SqliteException.Damage($"record {row} has no vector");
            if (!_loading.TryGetValue(row >> 32, out var loading) || loading.Codes is not { } codes)
                throw SqliteException.Damage($"record {row} is in no namespace");
            if (vector.Length != codes.Dimension)
                vector = new float[codes.Dimension];
            if (Checksum.OfRecord(row, id, records.Bytes(3)) is var record && record != records.Integer(2))
                throw SqliteException.Damage($"record {row} contradicts its checksum");
            if (Checksum.OfVector(row, vectors.Bytes(1)) is var checksum && checksum != vectors.Integer(2))
                throw SqliteException.Damage($"vector {row} contradicts its checksum");
            if (!VectorCodec.TryDecode(_state.Spec.Element, vectors.Bytes(1), vector))
                throw SqliteException.Damage($"vector {row} has not {codes.Dimension} components");
            loading.Add((int)(uint)row, id, vector, record + (long)checksum);
        }

        if (vectors.Step())
            throw SqliteException.Damage($"vector {vectors.Integer(0)} has no record");
    }

    private void ReadTerms()
    {
        var names = new Dictionary<long, byte[]>();
        using (var fields = _connection.Prepare("SELECT field, namespace, name FROM fields"))
        {
            while (fields.Step())
            {
                names[fields.Integer(0)] = fields.Bytes(2).ToArray();
                if (!_loading.TryGetValue(fields.Integer(1), out var loading) || !loading.Space.Fields.TryAdd(fields.Text(2)!, fields.Integer(0)))
                    throw SqliteException.Damage($"field {fields.Integer(0)} of metadata is in no namespace, or twice");
            }
        }

        using var terms = _connection.Prepare("SELECT field, value, row FROM terms");
        while (terms.Step())
        {
            var row = terms.Integer(2);
            if (!names.TryGetValue(terms.Integer(0), out var name) || !_loading.TryGetValue(row >> 32, out var loading))
                throw SqliteException.Damage($"the index over metadata names field {terms.Integer(0)} and row {row}, which are not there");
            loading.AddTerm(terms.IsBlob(1) ? Checksum.OfTerm(row, name, 0, terms.Bytes(1)) : Checksum.OfTerm(row, name, terms.Real(1), default));
        }
    }

    private IndexState Finish()
    {
        foreach (var loading in _loading.Values)
        {
            if (!loading.IsWhole)
                throw SqliteException.Damage($"namespace '{loading.Space.Name}' has not the records that were written");
            loading.Publish();
            _state.Namespaces[loading.Space.Name] = loading.Space;
        }

        return _state;
    }

    /// <summary>A namespace while it is read.</summary>
    private sealed class Loading(Namespace space, CodeTable? codes, EmbeddingModel? model, long records, long sum)
    {
        private long _records;
        private long _sum;
        private int _next;

        public Namespace Space => space;

        public CodeTable? Codes => codes;

        public bool IsWhole => _records == records && _sum == sum;

        public void Add(int slot, ReadOnlySpan<byte> id, ReadOnlySpan<float> vector, long checksums)
        {
            for (; _next < slot; _next++)
                space.Free.Push(_next);
            _next++;
            _records++;
            _sum += checksums;
            codes!.Set(slot, vector);
            space.Ids.Add(IdTable.Hash(id), slot);
        }

        public void AddTerm(long checksum) => _sum += checksum;

        public void Publish() => space.Load(codes, model, records, _next, sum);
    }
}
