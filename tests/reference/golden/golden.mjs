// Writes what Hugging Face's own libraries give for a text, from the text to the last number:
//
//     npm ci --ignore-scripts && node golden.mjs [shared directory]
//
// Token ids are from `tokenizers` (the Rust library). Vectors and scores are from transformers.js
// on ONNX Runtime, given those ids, because its own truncation cuts off the closing special token,
// which no other Hugging Face library does. Where nothing is truncated, the pipeline that a user
// would call must agree, unless it cannot run the model (int32 inputs, float16 outputs, max
// pooling); each exception and each disagreement is printed.
//
// First it runs the cases of golden.py (ids/), and fails if PyTorch and ONNX Runtime differ.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { env, pipeline } from "@huggingface/transformers";
import ort from "onnxruntime-node";
import tokenizers from "tokenizers";
import { pairs, texts } from "./texts.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const golden = join(root, "tests/fixtures/golden");
const shared = resolve(process.argv[2] ?? process.env.ORRERY_SHARED ?? join(root, "../shared"));
const read = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));
const round = (values) => Array.from(values, (x) => Number(x.toPrecision(8)));

env.allowRemoteModels = false;

/** A model directory as its own files describe it. */
async function open(directory, name) {
  const path = join(directory, name);
  const config = read(path, "config.json");
  const maxTokens = read(path, "tokenizer_config.json").model_max_length;
  const tokenizer = tokenizers.Tokenizer.fromFile(join(path, "tokenizer.json"));
  tokenizer.setTruncation(maxTokens, { strategy: "LongestFirst" });
  const session = await ort.InferenceSession.create(join(path, "onnx/model.onnx"));
  const pooling = existsSync(join(path, "1_Pooling/config.json"))
    ? read(path, "1_Pooling/config.json")
    : { pooling_mode_mean_tokens: true };
  return {
    name, path, tokenizer, session, config, maxTokens,
    labels: config.architectures[0].endsWith("ForSequenceClassification") ? config.id2label : null,
    pooling: ["mean_tokens", "cls_token", "max_tokens", "lasttoken"]
      .find((mode) => pooling[`pooling_mode_${mode}`]).replace(/_tokens?$/, ""),
    normalize: !existsSync(join(path, "modules.json"))
      || read(path, "modules.json").some((module) => module.type.endsWith("Normalize")),
  };
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : 2 ** (exponent - 25) * (1024 + fraction));
}

/** Rows of ids (and mask and types) through the graph: values and dimensions of its output. */
async function run(model, inputs) {
  const feeds = {};
  for (const { name, type } of model.session.inputMetadata) {
    const rows = inputs[name], Data = type === "int32" ? Int32Array : BigInt64Array;
    const number = type === "int32" ? Number : BigInt;
    feeds[name] = new ort.Tensor(type, Data.from(rows.flat(), number), [rows.length, rows[0].length]);
  }
  const output = (await model.session.run(feeds))[model.session.outputNames[0]];
  const values = output.type === "float16"
    ? Float32Array.from(new Uint16Array(output.data.buffer, output.data.byteOffset, output.data.length), half)
    : output.data;
  return { values, dims: output.dims };
}

/** One row's embedding from its token states, by the pooling modes of sentence-transformers. */
function embedding(model, { values, dims }, row, mask) {
  const [, length, width] = dims;
  const token = (t) => values.subarray((row * length + t) * width, (row * length + t + 1) * width);
  const real = mask.flatMap((bit, t) => (bit ? [t] : []));
  let pooled;
  if (model.pooling === "cls") pooled = [...token(0)];
  else if (model.pooling === "lasttoken") pooled = [...token(real.at(-1))];
  else {
    const add = model.pooling === "max" ? Math.max : (a, b) => a + b;
    pooled = real.map((t) => [...token(t)]).reduce((sum, next) => sum.map((x, i) => add(x, next[i])));
    if (model.pooling === "mean") pooled = pooled.map((x) => x / real.length);
  }
  const norm = model.normalize ? Math.hypot(...pooled) : 1;
  return pooled.map((x) => x / norm);
}

const distance = (a, b) => Math.max(...a.map((x, i) => Math.abs(x - b[i])));

/** The largest difference between PyTorch's results and ONNX Runtime's for the same ids. */
async function againstPyTorch(model) {
  const { cases, tolerance } = read(golden, "ids", `${model.name}.json`);
  let worst = 0;
  for (const given of cases) {
    const output = await run(model, given);
    const width = output.dims.at(-1);
    for (const [row, mask] of given.attention_mask.entries()) {
      const got = model.labels
        ? [...output.values.subarray(row * width, (row + 1) * width)]
        : embedding(model, output, row, mask);
      worst = Math.max(worst, distance(got, (given.logits ?? given.embeddings)[row]));
    }
  }
  if (!(worst <= tolerance)) throw new Error(`${model.name}: differs from PyTorch by ${worst}`);
  return worst;
}

async function item(model, text, pair) {
  const encoding = await model.tokenizer.encode(text, pair);
  const ids = encoding.getIds(), mask = encoding.getAttentionMask(), types = encoding.getTypeIds();
  const output = await run(model, {
    input_ids: [ids], attention_mask: [mask], token_type_ids: [types],
  });
  const result = { text, ...(pair === undefined ? {} : { pair }), input_ids: ids };
  if (pair !== undefined) result.token_type_ids = types;
  if (!model.labels) return { ...result, embedding: round(embedding(model, output, 0, mask)) };
  const logits = [...output.values];
  if (logits.length === 1) {
    return { ...result, logit: round(logits)[0], score: round([1 / (1 + Math.exp(-logits[0]))])[0] };
  }
  const top = Math.max(...logits), powers = logits.map((x) => Math.exp(x - top));
  const sum = powers.reduce((a, b) => a + b);
  const scores = powers.map((x) => x / sum);
  const label = model.labels[scores.indexOf(Math.max(...scores))];
  return { ...result, label, logits: round(logits), scores: round(scores) };
}

/** Compares with the pipeline a user would call; returns a line that says how far they agree. */
async function againstPipeline(model, items) {
  const { inputMetadata, outputMetadata } = model.session;
  if (inputMetadata[0].type === "int32") return "the pipeline cannot run int32 inputs";
  if (outputMetadata[0].type === "float16") return "the pipeline does not decode float16 outputs";
  if (!model.labels && model.pooling === "max") return "the pipeline has no max pooling";
  if (model.labels && Object.keys(model.labels).length === 1) return "the pipeline takes no pairs";
  const task = model.labels ? "text-classification" : "feature-extraction";
  env.localModelPath = dirname(model.path);
  const pipe = await pipeline(task, model.name, { dtype: "fp32" });
  const pooling = { mean: "mean", cls: "cls", lasttoken: "last_token" }[model.pooling];
  let worst = 0, compared = 0;
  for (const expected of items.filter((one) => one.input_ids.length < model.maxTokens)) {
    const ids = pipe.tokenizer(expected.text).input_ids.tolist()[0].map(Number);
    if (ids.join() !== expected.input_ids.join()) {
      console.log(`  ids of transformers.js differ for ${JSON.stringify(expected.text)}`);
      continue;
    }
    compared++;
    if (model.labels) {
      const given = await pipe(expected.text, { top_k: null });
      const scores = Object.values(model.labels).map((l) => given.find((g) => g.label === l).score);
      worst = Math.max(worst, distance(scores, expected.scores));
    } else {
      const given = await pipe(expected.text, { pooling, normalize: model.normalize });
      worst = Math.max(worst, distance([...given.data], expected.embedding));
    }
  }
  if (!(worst < 1e-5)) throw new Error(`${model.name}: the pipeline differs by ${worst}`);
  return `the pipeline agrees on ${compared} texts within ${worst.toExponential(1)}`;
}

mkdirSync(join(golden, "text"), { recursive: true });
const fixtures = join(root, "tests/fixtures/models");
const directories = readdirSync(fixtures).map((name) => [fixtures, name]);
const trained = join(shared, "models/trained");
if (existsSync(trained)) directories.push(...readdirSync(trained).map((name) => [trained, name]));
else console.log(`${trained} is not there: the golden files of trained models stay as they are`);

for (const [directory, name] of directories) {
  const model = await open(directory, name);
  if (directory === fixtures) {
    console.log(`${name}: PyTorch and ONNX Runtime differ by ${(await againstPyTorch(model)).toExponential(1)}`);
  }
  const single = model.labels && Object.keys(model.labels).length === 1;
  const items = [];
  for (const one of single ? pairs : texts.map((text) => [text])) items.push(await item(model, ...one));
  console.log(`${name}: ${await againstPipeline(model, items)}`);
  const { tolerance } = directory === fixtures ? read(golden, "ids", `${name}.json`) : { tolerance: 2e-5 };
  const facts = { model: name, source: "golden.mjs", tolerance, max_tokens: model.maxTokens };
  if (!model.labels) Object.assign(facts, { pooling: model.pooling, normalize: model.normalize });
  const lines = items.map((one) => JSON.stringify(one)).join(",\n");
  const text = JSON.stringify({ ...facts, items: [] }).replace("[]", `[\n${lines}\n]`);
  writeFileSync(join(golden, "text", `${name}.json`), text + "\n");
}
