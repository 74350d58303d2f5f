// A peer for benchmarks: POST /v1/embeddings on transformers.js and onnxruntime-node, as one would
// write it without batching across requests.
//
//     npm ci --ignore-scripts && node server.mjs <model directory> <port>
//
// The directory holds config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx;
// 1_Pooling/config.json and modules.json, where present, set pooling (mean or cls) and whether
// embeddings are normalized. Texts of one request are one batch, padded to the longest.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, dirname, join, resolve } from "node:path";
import { AutoModel, AutoTokenizer, env, mean_pooling } from "@huggingface/transformers";

const [directory, port] = process.argv.slice(2);
if (!directory || !(port >= 0)) {
  console.error("usage: node server.mjs <model directory> <port>");
  process.exit(2);
}

const path = resolve(directory);
const name = basename(path);
env.allowRemoteModels = false;
env.localModelPath = dirname(path);

const optional = (file, absent) =>
  existsSync(join(path, file)) ? JSON.parse(readFileSync(join(path, file), "utf8")) : absent;
const poolFirst = optional("1_Pooling/config.json", {}).pooling_mode_cls_token === true;
const normalize = optional("modules.json", [{ type: "Normalize" }])
  .some((module) => module.type.endsWith("Normalize"));

const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModel.from_pretrained(name, { dtype: "fp32" });

/** The embeddings of all texts (a tensor [texts, width]) and the number of tokens they have. */
async function embed(texts) {
  const inputs = tokenizer(texts, { padding: true, truncation: true });
  const { last_hidden_state: states } = await model(inputs);
  const pooled = poolFirst ? states.slice(null, 0) : mean_pooling(states, inputs.attention_mask);
  const tokens = inputs.attention_mask.data.reduce((sum, bit) => sum + Number(bit), 0);
  return { embeddings: normalize ? pooled.normalize(2, -1) : pooled, tokens };
}

class BadRequest extends Error {}

async function answer(body) {
  let request;
  try {
    request = JSON.parse(body);
  } catch {
    throw new BadRequest("the body is not JSON");
  }
  const texts = typeof request?.input === "string" ? [request.input] : request?.input;
  if (!Array.isArray(texts) || texts.length === 0 || !texts.every((t) => typeof t === "string"))
    throw new BadRequest("input must be a string or a list of strings");
  const { embeddings, tokens } = await embed(texts);
  const [, width] = embeddings.dims;
  const data = texts.map((_, index) => {
    const row = embeddings.data.subarray(index * width, (index + 1) * width);
    const embedding = request.encoding_format === "base64"
      ? Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString("base64")
      : Array.from(row);
    return { object: "embedding", index, embedding };
  });
  return { object: "list", data, model: name, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function send(response, status, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

const server = createServer(async (request, response) => {
  try {
    if (request.method === "GET" && request.url === "/health") return send(response, 200, { status: "ok" });
    if (request.method !== "POST" || request.url !== "/v1/embeddings")
      return send(response, 404, { error: { message: "not found", type: "invalid_request_error" } });
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    send(response, 200, await answer(Buffer.concat(chunks).toString("utf8")));
  } catch (error) {
    const bad = error instanceof BadRequest;
    if (!bad) console.error(error);
    const type = bad ? "invalid_request_error" : "server_error";
    send(response, bad ? 400 : 500, { error: { message: error.message, type } });
  }
});

server.listen(Number(port), "127.0.0.1", () =>
  console.log(`${name} on http://127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
