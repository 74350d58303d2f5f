// Uses the server at the address given as npm's openai client does, and fails on the first answer that the client does not understand.
// node check.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import OpenAI from "openai";

const baseURL = process.argv[2];
const client = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: "unused", maxRetries: 0 });
const model = "tiny-mean";
const text = "a real client asks";

const norm = (vector) => Math.hypot(...vector);
const close = (a, b) => {
  assert.equal(a.length, b.length);
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-5, `component ${i}: ${value} and ${b[i]}`));
};
const embed = async (input, more = {}) => client.embeddings.create({ model, input, ...more });

// The client asks for base64 by itself when the caller says nothing, and decodes it.
const decoded = await embed(text);
const vector = decoded.data[0].embedding;
assert.equal(decoded.object, "list");
assert.equal(decoded.model, model);
assert.ok(vector.length > 0 && vector.every(Number.isFinite));
assert.ok(Math.abs(norm(vector) - 1) < 1e-5);
assert.ok(decoded.usage.prompt_tokens > 0);
assert.equal(decoded.usage.total_tokens, decoded.usage.prompt_tokens);

const floats = await embed(text, { encoding_format: "float" });
close(floats.data[0].embedding, vector);

const raw = await embed(text, { encoding_format: "base64" });
assert.equal(typeof raw.data[0].embedding, "string");
assert.equal(Buffer.from(raw.data[0].embedding, "base64").length, vector.length * 4);

const short = await embed(text, { dimensions: 8 });
assert.equal(short.data[0].embedding.length, 8);
assert.ok(Math.abs(norm(short.data[0].embedding) - 1) < 1e-5);

const many = await embed(["one", text, "three"]);
assert.deepEqual(many.data.map((item) => item.index), [0, 1, 2]);
close(many.data[1].embedding, vector);

const response = await fetch(`${baseURL}/tokenize`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ inputs: text, add_special_tokens: false }),
});
const ids = (await response.json())[0].map((token) => token.id);
close((await embed(ids)).data[0].embedding, vector);
close((await embed([[...ids, ids[0]], ids])).data[1].embedding, vector);

const models = await client.models.list();
const names = [];
for await (const item of models) names.push(item.id);
assert.ok(names.includes(model), names.join());
const retrieved = await client.models.retrieve(model);
assert.equal(retrieved.id, model);
assert.equal(retrieved.object, "model");

const isUnknown = (e) => e instanceof OpenAI.NotFoundError && e.code === "model_not_found";
await assert.rejects(embed(text, { model: "nobody/knows" }), isUnknown);
await assert.rejects(client.models.retrieve("nobody/knows"), isUnknown);
await assert.rejects(embed(""), (e) => e instanceof OpenAI.BadRequestError && e.param === "input" && e.type === "invalid_request_error");
await assert.rejects(embed(text, { dimensions: 100000 }), (e) => e instanceof OpenAI.BadRequestError && e.param === "dimensions");
await assert.rejects(embed(Array(2049).fill("a")), (e) => e instanceof OpenAI.BadRequestError && /2048/.test(e.message));

console.log("the client understands every answer");
