// Times Hugging Face's JavaScript tokenizer on one thread:
//   node tokenizer.mjs <tokenizer.json> <text file, one text a line> [seconds]
// It is installed by `npm ci` in tests/reference/tokenizers. Prints one JSON object.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../tests/reference/tokenizers/package.json', import.meta.url));
const { Tokenizer } = require('@huggingface/tokenizers');

const [file, textFile, seconds = '3'] = process.argv.slice(2);
if (!textFile) {
  console.error('usage: node tokenizer.mjs <tokenizer.json> <text file> [seconds]');
  process.exit(2);
}
const tokenizer = new Tokenizer(JSON.parse(readFileSync(file, 'utf8')), {});
const texts = readFileSync(textFile, 'utf8').split('\n').filter(line => line.length > 0);
const limit = Number(seconds) * 1000;
for (const text of texts.slice(0, 500)) tokenizer.encode(text); // warm-up

let tokens = 0, count = 0;
const start = performance.now();
let elapsed = 0;
while (elapsed < limit) {
  for (let i = 0; i < texts.length && elapsed < limit; i++, count++) {
    tokens += tokenizer.encode(texts[i]).ids.length;
    if ((i & 63) === 63) elapsed = performance.now() - start;
  }
  elapsed = performance.now() - start;
}
console.log(JSON.stringify({ tokens_per_second: Math.round(tokens / elapsed * 1000), texts_per_second: Math.round(count / elapsed * 1000) }));
