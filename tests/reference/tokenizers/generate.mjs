// Writes expected/: what the reference gives for every tokenizer (overlays.mjs) and text (texts.mjs).
//   node generate.mjs <shared folder>
// The reference is the Rust library `tokenizers` itself (0.22.2, as @anush008/tokenizers packs it). The JavaScript
// port @huggingface/tokenizers runs beside it, and expected/agreement.json says how often it gives the same ids.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Tokenizer } from '@anush008/tokenizers';
import { Tokenizer as Port } from '@huggingface/tokenizers';
import { overlays } from './overlays.mjs';
import { real, synthetic } from './texts.mjs';
import { unigram } from './unigram.mjs';

const shared = process.argv[2] ?? '../../../../shared';
const here = new URL('.', import.meta.url).pathname, out = join(here, 'expected');
mkdirSync(out, { recursive: true });
writeFileSync(join(here, 'unigram.json'), JSON.stringify(unigram(join(shared, 'data/banking77/test.csv'))) + '\n');

const SYNTHETIC = 6000;
const ranges = [
  { file: 'banking77/test.csv', from: 1, count: 3000 }, { file: 'banking77/train.csv', from: 1, count: 5000 },
  { file: 'stsb-en/train.csv', from: 0, count: 5000 }, { file: 'ai-vs-human/ai_vs_human.csv', from: 1, count: 1500 },
];
const made = synthetic(SYNTHETIC), texts = [...made, ...real(shared, ranges)];
// Texts as [length, UTF-16 units ...]: JSON could not hold the lone surrogates.
const units = made.flatMap(t => [t.length, ...Array.from({ length: t.length }, (_, i) => t.charCodeAt(i))]);
writeFileSync(join(out, 'synthetic.u16.gz'), gzipSync(Buffer.from(Uint16Array.from(units).buffer), { level: 9 }));
writeFileSync(join(out, 'tokenizers.json'), JSON.stringify({ ranges, tokenizers: overlays }, null, 1) + '\n');

const fnv = numbers => { // FNV-1a over whole 32-bit numbers
  let h = 0x811c9dc5;
  for (const n of numbers) h = Math.imul(h ^ n, 0x01000193);
  return h >>> 0;
};
const load = ({ base, set, model }) => {
  const json = JSON.parse(readFileSync(base === 'unigram.json' ? join(here, base) : join(shared, base), 'utf8'));
  return { ...json, truncation: null, padding: null, ...set, model: { ...json.model, ...model } };
};
// Indices of texts; real ones only of banking77 (6000 to 13999), whose licence lets its text stand here.
const pairs = [[0, 7], [16, 17], [20, 3], [6001, 6002], [9100, 9101], [13001, 12500]];
const truncations = [[0, 'LongestFirst', 'Right'], [8, 'LongestFirst', 'Right'], [9, 'LongestFirst', 'Left'], [24, 'LongestFirst', 'Right'],
  [40, 'OnlyFirst', 'Right'], [40, 'OnlySecond', 'Left']];

const cases = [], agreement = {};
for (const overlay of overlays) {
  const json = load(overlay), source = JSON.stringify(json), tokenizer = Tokenizer.fromString(source);
  const ids = new Uint32Array(texts.length), offsets = new Uint32Array(SYNTHETIC);
  const full = [];
  for (let i = 0; i < texts.length; i += 500) {
    const batch = await tokenizer.encodeBatch(texts.slice(i, i + 500));
    batch.forEach((e, j) => {
      full[i + j] = e.getIds();
      ids[i + j] = fnv(full[i + j]);
      if (i + j < SYNTHETIC) offsets[i + j] = fnv(e.getOffsets().flat());
    });
  }
  writeFileSync(join(out, `${overlay.name}.u32`), Buffer.concat([Buffer.from(ids.buffer), Buffer.from(offsets.buffer)]));

  for (const [max, strategy, direction] of truncations) {
    if (max > 0) tokenizer.setTruncation(max, { strategy, direction: direction.toLowerCase(), stride: 0 });
    for (const addSpecialTokens of [true, false])
      for (const [a, b] of pairs) {
        const encode = pair => tokenizer.encode(texts[a], pair, { addSpecialTokens }).catch(() => null); // the strategy cannot do it
        const e = await encode(texts[b]), s = await encode(null);
        if (e === null || s === null) continue;
        cases.push({
          tokenizer: overlay.name, max, strategy, direction, addSpecialTokens, a, b, ids: e.getIds(), types: e.getTypeIds(), special: e.getSpecialTokensMask(), single: s.getIds(),
          decoded: await tokenizer.decode(e.getIds(), false), decodedWithoutSpecial: await tokenizer.decode(e.getIds(), true),
        });
      }
  }

  const same = { texts: texts.length, same: 0, example: null };
  try {
    const port = new Port(json, {});
    texts.forEach((t, i) => {
      const got = port.encode(t).ids;
      if (got.length === full[i].length && got.every((id, k) => id === full[i][k])) same.same++;
      else same.example ??= t.slice(0, 60);
    });
  } catch (e) { same.error = String(e).slice(0, 200); }
  agreement[overlay.name] = same;
  console.log(overlay.name, same);
}
const text = cases.filter(c => c.ids.length < 400).map(c => JSON.stringify(c)).join('\n');
writeFileSync(join(out, 'cases.jsonl.gz'), gzipSync(text, { level: 9 }));
writeFileSync(join(out, 'agreement.json'), JSON.stringify(agreement, null, 1) + '\n');
