// Uses the server at the address given as Pinecone's own client does, and fails on the first answer that the client does not understand.
// node check.mjs http://127.0.0.1:8080 KEY @pinecone-database/pinecone
import assert from "node:assert/strict";

const [, , address, apiKey, installed] = process.argv;
const { Pinecone } = await import(installed);
const client = new Pinecone({ apiKey, controllerHostUrl: address, maxRetries: 0 });
const isNamed = (name, words) => (e) => {
  assert.equal(e.name, name, e.message);
  if (words) assert.match(e.message, words);
  return true;
};
const near = (a, b) => {
  assert.equal(a?.length, b.length);
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-6, `component ${i}: ${value} and ${b[i]}`));
};
const ids = (answer) => answer.matches.map((match) => match.id);

// The control plane.
const name = "client-check";
const spec = { serverless: { cloud: "aws", region: "us-east-1" } };
const created = await client.createIndex({ name, dimension: 3, metric: "cosine", spec, tags: { team: "a", old: "x" }, deletionProtection: "enabled", waitUntilReady: true });
assert.equal(created.name, name);
assert.equal(created.dimension, 3);
await assert.rejects(client.createIndex({ name, dimension: 3, spec }), isNamed("PineconeConflictError"));
assert.equal(await client.createIndex({ name, dimension: 3, spec, suppressConflicts: true }), undefined);
const described = await client.describeIndex(name);
assert.deepEqual(described.status, { ready: true, state: "Ready" });
assert.equal(described.host, `${address}/indexes/${name}`);
assert.equal(described.metric, "cosine");
assert.equal(described.vectorType, "dense");
assert.equal(described.spec.serverless.region, "us-east-1");
assert.deepEqual(described.tags, { team: "a", old: "x" });
assert.ok((await client.listIndexes()).indexes.some((index) => index.name === name));
await assert.rejects(client.deleteIndex(name), /protect/i);
const configured = await client.configureIndex({ name, deletionProtection: "disabled", tags: { old: "", new: "y" } });
assert.equal(configured.deletionProtection, "disabled");
assert.deepEqual((await client.describeIndex(name)).tags, { team: "a", new: "y" });
await assert.rejects(client.describeIndex("nobody"), isNamed("PineconeNotFoundError"));
await assert.rejects(client.createIndex({ name: "Not_A_Name", dimension: 3, spec }), isNamed("PineconeBadRequestError", /name/));
await assert.rejects(client.createIndex({ name: "sparse", vectorType: "sparse", metric: "dotproduct", spec }), isNamed("PineconeBadRequestError", /sparse/));

// Records, by the index's name: the client asks for the host by itself.
const index = client.index({ name });
const films = [
  { id: "film#1", values: [1, 0, 0], metadata: { genre: "drama", year: 2020, tags: ["a", "b"], seen: true } },
  { id: "film#2", values: [0.9, 0.1, 0], metadata: { genre: "comedy", year: 2021, tags: ["b"], seen: false } },
  { id: "film#3", values: [0, 1, 0], metadata: { genre: "drama", year: 1999 } },
  { id: "book 4/ü", values: [0, 0, -1.5] },
];
await index.upsert({ records: films });
await index.upsert({ records: [{ id: "elsewhere", values: [1, 1, 1], metadata: { genre: "drama" } }], namespace: "other" });
const stats = await index.describeIndexStats();
assert.equal(stats.totalRecordCount, 5);
assert.equal(stats.dimension, 3);
assert.equal(stats.namespaces[""].recordCount, 4);
assert.equal(stats.namespaces.other.recordCount, 1);

const found = await index.query({ vector: [1, 0, 0], topK: 2, includeValues: true, includeMetadata: true });
assert.deepEqual(ids(found), ["film#1", "film#2"]);
assert.ok(Math.abs(found.matches[0].score - 1) < 1e-6);
near(found.matches[1].values, [0.9, 0.1, 0]);
assert.deepEqual(found.matches[0].metadata, films[0].metadata);
assert.equal(typeof found.usage.readUnits, "number");
const bare = await index.query({ id: "film#3", topK: 1 });
assert.equal(bare.matches[0].metadata, undefined);
assert.ok(!bare.matches[0].values?.length);
assert.deepEqual(ids(await index.query({ id: "nobody", topK: 3 })), []);
assert.deepEqual(ids(await index.query({ vector: [1, 1, 1], topK: 9, namespace: "other" })), ["elsewhere"]);
const filtered = async (filter) => ids(await index.query({ vector: [1, 0, 0], topK: 10, filter })).sort();
assert.deepEqual(await filtered({ genre: "drama" }), ["film#1", "film#3"]);
assert.deepEqual(await filtered({ genre: { $ne: "drama" } }), ["book 4/ü", "film#2"]);
assert.deepEqual(await filtered({ year: { $gte: 2000, $lt: 2021 } }), ["film#1"]);
assert.deepEqual(await filtered({ year: { $gt: 2020 } }), ["film#2"]);
assert.deepEqual(await filtered({ year: { $lte: 1999 } }), ["film#3"]);
assert.deepEqual(await filtered({ tags: { $in: ["a", "z"] } }), ["film#1"]);
assert.deepEqual(await filtered({ tags: { $nin: ["a"] } }), ["book 4/ü", "film#2", "film#3"]);
assert.deepEqual(await filtered({ seen: { $eq: false } }), ["film#2"]);
assert.deepEqual(await filtered({ seen: { $exists: false } }), ["book 4/ü", "film#3"]);
assert.deepEqual(await filtered({ $or: [{ year: 1999 }, { $and: [{ seen: true }, { genre: "drama" }] }] }), ["film#1", "film#3"]);

const fetched = await index.fetch({ ids: ["film#1", "book 4/ü", "nobody"] });
assert.deepEqual(Object.keys(fetched.records).sort(), ["book 4/ü", "film#1"]);
near(fetched.records["book 4/ü"].values, [0, 0, -1.5]);
assert.deepEqual(fetched.records["film#1"].metadata, films[0].metadata);
const byMetadata = await index.fetchByMetadata({ filter: { genre: "drama" }, limit: 1 });
assert.equal(Object.keys(byMetadata.records).length, 1);
const rest = await index.fetchByMetadata({ filter: { genre: "drama" }, limit: 1, paginationToken: byMetadata.pagination.next });
assert.deepEqual([...Object.keys(byMetadata.records), ...Object.keys(rest.records)].sort(), ["film#1", "film#3"]);

await index.update({ id: "film#2", values: [0.5, 0.5, 0], metadata: { year: 2022 } });
const updated = (await index.fetch({ ids: ["film#2"] })).records["film#2"];
near(updated.values, [0.5, 0.5, 0]);
assert.deepEqual(updated.metadata, { ...films[1].metadata, year: 2022 });
await index.update({ filter: { genre: "drama" }, metadata: { checked: true } });
assert.deepEqual(await filtered({ checked: true }), ["film#1", "film#3"]);

// Pages of ids.
await index.upsert({ records: Array.from({ length: 250 }, (_, i) => ({ id: `page#${String(i).padStart(3, "0")}`, values: [i + 1, 1, 1] })), namespace: "pages" });
const listed = [];
let paginationToken;
do {
  const page = await index.listPaginated({ prefix: "page#", limit: 99, paginationToken, namespace: "pages" });
  listed.push(...page.vectors.map((vector) => vector.id));
  paginationToken = page.pagination?.next;
} while (paginationToken);
assert.deepEqual(listed, Array.from({ length: 250 }, (_, i) => `page#${String(i).padStart(3, "0")}`));
assert.deepEqual((await index.listPaginated({ prefix: "none", namespace: "pages" })).vectors, []);

// Namespaces.
const made = await index.createNamespace({ name: "made" });
assert.equal(made.name, "made");
assert.equal(made.recordCount, 0);
await assert.rejects(index.createNamespace({ name: "made" }), isNamed("PineconeConflictError"));
assert.equal((await index.describeNamespace("other")).recordCount, 1);
assert.equal((await index.describeNamespace("__default__")).recordCount, 4);
const first = await index.listNamespaces({ limit: 2 });
const second = await index.listNamespaces({ limit: 2, paginationToken: first.pagination.next });
assert.deepEqual([...first.namespaces, ...second.namespaces].map((space) => space.name).sort(), ["__default__", "made", "other", "pages"]);
assert.equal(first.totalCount, 4);
assert.deepEqual((await index.listNamespaces({ prefix: "ma" })).namespaces.map((space) => space.name), ["made"]);
await index.deleteNamespace("made");
await assert.rejects(index.describeNamespace("made"), isNamed("PineconeNotFoundError"));

// Removal, by id, ids, filter, and all; by the index's host this time.
const hosted = client.index({ host: described.host });
await hosted.deleteOne({ id: "film#1" });
await hosted.deleteMany({ ids: ["book 4/ü", "nobody"] });
assert.deepEqual(await filtered({ $or: [{ year: { $exists: true } }, { year: { $exists: false } }] }), ["film#2", "film#3"]);
await hosted.deleteMany({ filter: { genre: { $eq: "comedy" } } });
assert.deepEqual(Object.keys((await hosted.fetch({ ids: ["film#1", "film#2", "film#3"] })).records), ["film#3"]);
await hosted.deleteAll({ namespace: "pages" });
assert.deepEqual((await hosted.listPaginated({ namespace: "pages" })).vectors, []);
await hosted.deleteAll();
assert.deepEqual(ids(await hosted.query({ vector: [1, 0, 0], topK: 10 })), []);
assert.equal((await hosted.describeIndexStats()).totalRecordCount, 1);

// What is wrong is said in words.
const bad = (call, words) => assert.rejects(call, isNamed("PineconeBadRequestError", words));
await bad(index.upsert({ records: [{ id: "a", values: [1, 2] }] }), /dimension 2 does not match the dimension of the index 3/);
await bad(index.upsert({ records: [{ id: "a", values: [1, 2, 3] }, { id: "a", values: [1, 2, 3] }] }), /'a' is there twice/);
await bad(index.upsert({ records: [{ id: "a", values: [1, NaN, 3] }] }), /values\[1\]/);
await bad(index.upsert({ records: [{ id: "a", values: [1, 2, 3], metadata: { deep: { er: 1 } } }] }), /'deep'/);
await bad(index.upsert({ records: [{ id: "a", values: [1, 2, 3], metadata: { big: "x".repeat(41_000) } }] }), /40960/);
await bad(index.upsert({ records: [{ id: "a", sparseValues: { indices: [1], values: [1] } }] }), /sparse/);
await bad(index.upsert({ records: Array.from({ length: 1001 }, (_, i) => ({ id: `${i}`, values: [1, 2, 3] })) }), /1000/);
await bad(index.query({ vector: [1, 2, 3], topK: 10_001 }), /topK/);
await bad(index.query({ vector: [1, 2], topK: 1 }), /dimension 2/);
await bad(index.query({ vector: [1, 2, 3], topK: 1, filter: { a: { $near: 1 } } }), /\$near/);
await assert.rejects(client.index({ host: `${address}/indexes/nobody` }).query({ vector: [1], topK: 1 }), isNamed("PineconeNotFoundError"));
const stranger = new Pinecone({ apiKey: "somebody-else's-key", controllerHostUrl: address, maxRetries: 0 });
await assert.rejects(stranger.listIndexes(), isNamed("PineconeAuthorizationError"));
await assert.rejects(stranger.index({ host: described.host }).describeIndexStats(), isNamed("PineconeAuthorizationError"));

// Texts: models of the server embed them, find them and put them in order.
const embedded = await client.inference.embed({ model: "tiny-mean", inputs: ["one text", "another"], parameters: { inputType: "query" } });
assert.equal(embedded.data.length, 2);
const ranked = await client.inference.rerank({ model: "tiny-cross-encoder", query: "a question", documents: [{ id: "x", text: "one" }, { id: "y", text: "two words" }], topN: 1 });
assert.equal(ranked.data.length, 1);
const textual = "client-texts";
await client.createIndexForModel({ name: textual, cloud: "aws", region: "us-east-1", embed: { model: "tiny-mean", fieldMap: { text: "chunk" } } });
const records = client.index({ name: textual, namespace: "n" });
await records.upsertRecords({ records: [{ _id: "a", chunk: "the card is lost", year: 2025 }, { id: "b", chunk: "a completely different story about gardens" }] });
const hits = (await records.searchRecords({ query: { topK: 1, inputs: { text: "the card is lost" } } })).result.hits;
assert.deepEqual([hits.length, hits[0]._id, hits[0].fields.year], [1, "a", 2025]);
await client.deleteIndex(textual);
for (const change of [{ podReplicas: 2 }, { readCapacity: { mode: "Dedicated", dedicated: { nodeType: "b1", scaling: "Manual", manual: { shards: 1, replicas: 1 } } } }])
  await assert.rejects(client.configureIndex({ name, ...change }), (e) => e instanceof Error);

await client.deleteIndex(name);
await assert.rejects(client.describeIndex(name), isNamed("PineconeNotFoundError"));
console.log("the client understands every answer");
