// LanceDB over the same vectors: rows added and merged in batches of 1,000, then exact search and search through an index.
// Arguments: folder, file of float32 vectors, count, dimension, file of float32 queries, count of queries.
import { connect, Index } from "@lancedb/lancedb";
import * as arrow from "apache-arrow";
import { openSync, readSync, rmSync } from "node:fs";

const [folder, vectors, count, dimension, queries, asked] = process.argv.slice(2).map((value) => (/^\d+$/.test(value) ? Number(value) : value));
rmSync(folder, { recursive: true, force: true });

const schema = new arrow.Schema([
  new arrow.Field("id", new arrow.Utf8()),
  new arrow.Field("vector", new arrow.FixedSizeList(dimension, new arrow.Field("item", new arrow.Float32(), true))),
]);

function floats(file, from, rows) {
  const bytes = Buffer.alloc(rows * dimension * 4);
  const handle = openSync(file, "r");
  readSync(handle, bytes, 0, bytes.length, from * dimension * 4);
  return new Float32Array(bytes.buffer, bytes.byteOffset, rows * dimension);
}

function batch(from, rows) {
  const values = arrow.makeData({ type: new arrow.Float32(), data: floats(vectors, from, rows) });
  const list = arrow.makeData({ type: schema.fields[1].type, length: rows, nullCount: 0, child: values });
  const ids = arrow.vectorFromArray(Array.from({ length: rows }, (_, i) => `doc-${from + i}`), new arrow.Utf8()).data[0];
  const data = arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows, nullCount: 0, children: [ids, list] });
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]);
}

const seconds = () => Number(process.hrtime.bigint()) / 1e9;
const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const size = 1000;
const db = await connect(folder);
const table = await db.createTable("vectors", batch(0, size));
let start = seconds();
for (let from = size; from < count; from += size) await table.add(batch(from, size));
const added = (count - size) / (seconds() - start);

// An upsert has to look for the ids that are there.
const merges = Math.min(10, count / size);
start = seconds();
for (let i = 0; i < merges; i++)
  await table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(batch(i * size, size));
const merged = (merges * size) / (seconds() - start);
await table.optimize();

async function search(refine) {
  const found = [];
  const times = [];
  for (let i = -3; i < asked; i++) {
    const query = floats(queries, Math.max(0, i), 1);
    const before = seconds();
    let search = table.vectorSearch(query).distanceType("cosine").limit(10).select(["id", "_distance"]);
    search = refine ? search.refineFactor(refine.factor).nprobes(refine.probes) : search.bypassVectorIndex();
    const rows = await search.toArray();
    if (i >= 0) {
      times.push(seconds() - before);
      found.push(rows.map((row) => row.id));
    }
  }
  return { p50: median(times), found };
}

const exact = await search(null);
start = seconds();
await table.createIndex("vector", { config: Index.ivfPq({ distanceType: "cosine" }) });
await table.waitForIndex(["vector_idx"], 600);
const built = seconds() - start;
const indexed = await search({ factor: 10, probes: 20 });
console.log(JSON.stringify({ added, merged, exact, built, indexed, resident: process.memoryUsage().rss }));
process.exit(0);
