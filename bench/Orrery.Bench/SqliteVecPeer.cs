using System.Diagnostics;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Orrery.Bench;

/// <summary>sqlite-vec alone, in the same SQLite library: its virtual table, its exact search.</summary>
internal static class SqliteVecPeer
{
    /// <param name="packages">The folder with its npm package.</param>
    /// <param name="path">The database; made anew.</param>
    /// <param name="set">The vectors and queries.</param>
    /// <param name="batch">Vectors of one transaction, durable when it is committed.</param>
    /// <param name="top">Matches of a search.</param>
    public static (double Upserts, double[] Times, string[][] Found) Run(string packages, string path, VectorSet set, int batch, int top)
    {
        Batteries_V2.Init();
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
            File.Delete(file);
        Check(raw.sqlite3_open(path, out var db), db);
        using (db)
        {
            raw.sqlite3_enable_load_extension(db, 1);
            Execute($"SELECT load_extension('{Directory.GetFiles(packages, "vec0.*", SearchOption.AllDirectories)[0]}')");
            Execute("PRAGMA journal_mode=WAL");
            Execute("PRAGMA synchronous=FULL");
            Execute($"CREATE VIRTUAL TABLE vectors USING vec0(id TEXT PRIMARY KEY, embedding float[{VectorSet.Dimension}] distance_metric=cosine)");
            var rate = Insert();
            var (times, found) = Search();
            return (rate, times, found);
        }

        void Execute(string sql) => Check(raw.sqlite3_exec(db, sql), db);

        double Insert()
        {
            Check(raw.sqlite3_prepare_v2(db, "INSERT INTO vectors(id, embedding) VALUES (?1, ?2)", out var insert), db);
            using (insert)
            {
                var start = Stopwatch.GetTimestamp();
                for (var from = 0; from < set.Count; from += batch)
                {
                    Execute("BEGIN");
                    for (var i = from; i < Math.Min(set.Count, from + batch); i++)
                    {
                        raw.sqlite3_bind_text(insert, 1, $"doc-{i}");
                        raw.sqlite3_bind_blob(insert, 2, MemoryMarshal.AsBytes(set.Rows(i, 1).Span));
                        Step(insert, raw.SQLITE_DONE);
                        raw.sqlite3_reset(insert);
                    }

                    Execute("COMMIT");
                }

                return set.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        (double[], string[][]) Search()
        {
            // A second or so each at a million: fewer tell as much.
            var asked = set.Count > 200_000 ? Math.Min(10, set.Queries) : set.Queries;
            var (times, found) = (new double[asked], new string[asked][]);
            Check(raw.sqlite3_prepare_v2(db, $"SELECT id FROM vectors WHERE embedding MATCH ?1 AND k = {top} ORDER BY distance", out var select), db);
            using (select)
            {
                for (var i = 0; i < asked; i++)
                {
                    var start = Stopwatch.GetTimestamp();
                    raw.sqlite3_bind_blob(select, 1, MemoryMarshal.AsBytes(set.Query(i).Span));
                    var ids = new List<string>();
                    while (raw.sqlite3_step(select) == raw.SQLITE_ROW)
                        ids.Add(raw.sqlite3_column_text(select, 0).utf8_to_string());
                    raw.sqlite3_reset(select);
                    times[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    found[i] = [.. ids];
                }
            }

            return (times, found);
        }

        void Step(sqlite3_stmt statement, int wanted)
        {
            if (raw.sqlite3_step(statement) != wanted)
                Check(raw.sqlite3_errcode(db), db);
        }
    }

    private static void Check(int code, sqlite3 db)
    {
        if (code != raw.SQLITE_OK)
            throw new InvalidOperationException(raw.sqlite3_errmsg(db).utf8_to_string());
    }
}
