using System.Text;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Reads rows over a connection and proves them by their checksums. For one thread at a time.</summary>
internal sealed class RecordReader(SqliteConnection connection, VectorElement element)
{
    private readonly SqliteStatement _begin = connection.Prepare("BEGIN");
    private readonly SqliteStatement _see = connection.Prepare("SELECT json FROM spec");
    private readonly SqliteStatement _end = connection.Prepare("COMMIT");
    private readonly SqliteStatement _record = connection.Prepare("SELECT id, metadata, checksum FROM records WHERE row = ?1");
    private readonly SqliteStatement _vector = connection.Prepare("SELECT data, checksum FROM vectors WHERE row = ?1");
    private readonly SqliteStatement _ids = connection.Prepare("SELECT row, id FROM records WHERE row BETWEEN ?1 AND ?2");
    private readonly SqliteStatement _field = connection.Prepare("SELECT row FROM terms WHERE field = ?1");
    private readonly SqliteStatement _equal = connection.Prepare("SELECT row FROM terms WHERE field = ?1 AND value = ?2");
    private readonly SqliteStatement _greater = connection.Prepare("SELECT row FROM terms WHERE field = ?1 AND value > ?2 AND value < x''");
    private readonly SqliteStatement _less = connection.Prepare("SELECT row FROM terms WHERE field = ?1 AND value < ?2");

    /// <summary>Begins to see the file as it is now, whatever is committed meanwhile.</summary>
    public void Begin()
    {
        _begin.Run();
        // SQLite takes its snapshot at the first read.
        _see.Step();
        _see.Reset();
    }

    public void End()
    {
        if (!connection.IsIdle)
            _end.Run();
    }

    /// <summary>Whether a row is there and has an id.</summary>
    public bool HasId(long row, ReadOnlySpan<byte> id)
    {
        var same = _record.Bind(1, row).Step() && _record.Bytes(0).SequenceEqual(id);
        _record.Reset();
        return same;
    }

    /// <summary>A row's id and metadata; false when it is not there.</summary>
    /// <exception cref="SqliteException">They contradict their checksum.</exception>
    public bool TryRecord(long row, out string id, out byte[] metadata, out uint checksum)
    {
        (id, metadata, checksum) = ("", [], 0);
        if (!_record.Bind(1, row).Step())
        {
            _record.Reset();
            return false;
        }

        id = Encoding.UTF8.GetString(_record.Bytes(0));
        metadata = _record.Bytes(1).ToArray();
        checksum = Checksum.OfRecord(row, _record.Bytes(0), metadata);
        var right = checksum == _record.Integer(2);
        _record.Reset();
        return right ? true : throw SqliteException.Damage($"record {row} contradicts its checksum");
    }

    /// <summary>A row's vector; false when it is not there.</summary>
    /// <param name="row">The row.</param>
    /// <param name="destination">As long as the vector.</param>
    /// <exception cref="SqliteException">It contradicts its checksum.</exception>
    public bool TryVector(long row, Span<float> destination)
    {
        if (!_vector.Bind(1, row).Step())
        {
            _vector.Reset();
            return false;
        }

        var data = _vector.Bytes(0);
        var right = Checksum.OfVector(row, data) == _vector.Integer(1);
        // A length that does not fit with a right checksum is the vector of another time: the namespace was emptied and filled anew meanwhile.
        var whole = VectorCodec.TryDecode(element, data, destination);
        _vector.Reset();
        return right ? whole : throw SqliteException.Damage($"vector {row} contradicts its checksum");
    }

    /// <summary>The checksum kept with a row's vector.</summary>
    public uint VectorChecksum(long row)
    {
        var found = _vector.Bind(1, row).Step();
        var checksum = (uint)_vector.Integer(1);
        _vector.Reset();
        return found ? checksum : throw SqliteException.Damage($"vector {row} is missing");
    }

    /// <summary>Goes through a namespace.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="take">Given each slot and its id as UTF-8.</param>
    public void ReadIds(Namespace space, Action<int, ReadOnlySpan<byte>> take)
    {
        for (_ids.Bind(1, space.FirstRow).Bind(2, space.LastRow); _ids.Step();)
            take((int)(uint)_ids.Integer(0), _ids.Bytes(1));
        _ids.Reset();
    }

    /// <summary>Slots whose field has any entry.</summary>
    public void WithField(long field, SlotSet slots) => Collect(_field.Bind(1, field), slots);

    /// <summary>Slots whose field has a number.</summary>
    public void WithNumber(long field, double number, SlotSet slots) => Collect(_equal.Bind(1, field).Bind(2, number + 0.0), slots);

    /// <summary>Slots whose field has a value that is no number.</summary>
    public void WithValue(long field, string value, SlotSet slots) => Collect(_equal.Bind(1, field).BindBlob(2, Encoding.UTF8.GetBytes(value)), slots);

    /// <summary>Slots whose field has a number beyond a limit, the limit not included.</summary>
    public void Beyond(long field, double limit, bool above, SlotSet slots) => Collect((above ? _greater : _less).Bind(1, field).Bind(2, limit + 0.0), slots);

    /// <summary>Closes the connection.</summary>
    /// <param name="touch">Whether the journal's content may be moved into the file, when nobody else has it open.</param>
    public void Close(bool touch)
    {
        foreach (var statement in (SqliteStatement[])[_begin, _see, _end, _record, _vector, _ids, _field, _equal, _greater, _less])
            statement.Dispose();
        if (touch)
            connection.Dispose();
        else
            connection.CloseUntouched();
    }

    private static void Collect(SqliteStatement statement, SlotSet slots)
    {
        while (statement.Step())
            slots.Add((int)(uint)statement.Integer(0));
        statement.Reset();
    }
}
