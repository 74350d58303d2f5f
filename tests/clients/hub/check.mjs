// Uses the server at the address given as npm's client of the hub does, and fails on the first answer that the client does not understand.
// node check.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { InferenceClient } from "@huggingface/inference";

const baseURL = process.argv[2];
const root = new InferenceClient().endpoint(baseURL);
const model = (name) => new InferenceClient().endpoint(`${baseURL}/models/${name}`);
const text = "a real client asks";

// The server itself as the URL: its default model, which embeds.
const vectors = await root.featureExtraction({ inputs: [text, "another"] });
assert.equal(vectors.length, 2);
assert.ok(vectors[0].every(Number.isFinite));
assert.deepEqual(await model("tiny-mean").featureExtraction({ inputs: [text, "another"] }), vectors);
assert.deepEqual(await model("tiny-mean").featureExtraction({ inputs: text, normalize: true }), [vectors[0]]);

const cosines = await root.sentenceSimilarity({ inputs: { source_sentence: text, sentences: [text, "another"] } });
assert.ok(Math.abs(cosines[0] - 1) < 1e-5 && cosines[1] < 1);

const labels = await model("tiny-classifier").textClassification({ inputs: text });
assert.deepEqual(labels.map((label) => label.label).sort(), ["negative", "neutral", "positive"]);

const entities = await model("tiny-tokens").tokenClassification({ inputs: text, parameters: { ignore_labels: ["nothing"] } });
assert.ok(entities.length > 0 && entities.every((entity) => entity.start < entity.end));

const candidates = { candidate_labels: ["cats", "dogs"], hypothesis_template: "It is about {}.", multi_label: true };
const shots = await model("tiny-nli").zeroShotClassification({ inputs: text, parameters: candidates });
assert.deepEqual(shots.map((shot) => shot.label).sort(), ["cats", "dogs"]);
assert.ok(shots.every((shot) => shot.score >= 0 && shot.score <= 1));

await assert.rejects(model("nobody").textClassification({ inputs: text }), /nobody/);

console.log("the client understands every answer");
