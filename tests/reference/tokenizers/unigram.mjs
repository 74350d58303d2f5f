// Builds unigram.json: a small Unigram tokenizer laid out as XLM-R's and T5's files are, with pieces counted on
// banking77's test questions (CC BY 4.0) and a precompiled character map in SentencePiece's format.
import { readFileSync } from 'node:fs';

/** Double-array trie in the layout of Darts-clone: keys are Buffers, values are non-negative integers. */
function doubleArray(entries) {
  const root = { children: new Map(), value: -1 };
  for (const [key, value] of entries) {
    let node = root;
    for (const b of key) {
      if (!node.children.has(b)) node.children.set(b, { children: new Map(), value: -1 });
      node = node.children.get(b);
    }
    node.value = value;
  }
  const units = [0], used = new Set([0]);
  let firstFree = 1;
  const place = (node, position) => {
    const labels = [...node.children.keys()].sort((a, b) => a - b);
    if (node.value >= 0) labels.unshift(0);
    if (labels.length === 0) return;
    let base = firstFree;
    while (labels.some(l => used.has(base ^ l))) base++;
    labels.forEach(l => used.add(base ^ l));
    while (used.has(firstFree)) firstFree++;
    const offset = position ^ base;
    if (offset >= 1 << 21) throw new Error('the trie is too large for short offsets');
    units[position] = ((units[position] ?? 0) | (offset << 10) | (node.value >= 0 ? 1 << 8 : 0)) >>> 0;
    for (const l of labels) units[base ^ l] = l === 0 ? (node.value | (1 << 31)) >>> 0 : l;
    for (const [l, child] of node.children) place(child, base ^ l);
  };
  place(root, 0);
  return Uint32Array.from({ length: (units.length + 255) & ~255 }, (_, i) => units[i] ?? 0);
}

function charsmap() {
  const map = new Map();
  for (let c = 0x80; c < 0x10000; c++) {
    if (c >= 0x3400 && c < 0xf900 || c >= 0x0600 && c < 0x1e00) continue; // keeps the file small
    const s = String.fromCodePoint(c), n = s.normalize('NFKC');
    if (n !== s) map.set(s, n);
  }
  for (const c of 'aeiouAEIOU') for (const m of '\u0300\u0301\u0302\u0308') map.set(c + m, (c + m).normalize('NFC'));
  for (const c of '\t\n\r\u00a0\u2003\u3000\u2028') map.set(c, ' ');
  for (const c of '\u0001\u0007\u001b\u007f\u00ad\u200b\ufeff') map.set(c, '');
  const chunks = [], at = new Map();
  let length = 0;
  const entries = [...map].map(([key, value]) => {
    if (!at.has(value)) {
      const bytes = Buffer.from(value + '\0', 'utf8');
      at.set(value, length);
      chunks.push(bytes);
      length += bytes.length;
    }
    return [Buffer.from(key, 'utf8'), at.get(value)];
  });
  const trie = doubleArray(entries), size = Buffer.alloc(4);
  size.writeUInt32LE(trie.byteLength);
  return Buffer.concat([size, Buffer.from(trie.buffer), ...chunks]).toString('base64');
}

export function unigram(banking77) {
  const counts = new Map();
  for (const line of readFileSync(banking77, 'utf8').split('\n').slice(1)) {
    for (const word of line.replace(/,[^,]*$/, '').split(/\s+/)) {
      const text = Array.from('▁' + word);
      for (let i = 0; i < text.length; i++)
        for (let n = 1; n <= 10 && i + n <= text.length; n++) {
          const piece = text.slice(i, i + n).join('');
          counts.set(piece, (counts.get(piece) ?? 0) + n);
        }
    }
  }
  for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?éüа的я한') if (!counts.has(c)) counts.set(c, 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const kept = [...ranked.slice(0, 3000), ...ranked.slice(3000).filter(([p]) => Array.from(p).length === 1)];
  const total = kept.reduce((sum, [, n]) => sum + n, 0);
  const specials = ['<s>', '<pad>', '</s>', '<unk>'];
  const vocab = [...specials.map(s => [s, 0]), ...kept.map(([p, n]) => [p, Math.round(Math.log(n / total) * 1e6) / 1e6])];
  const token = (content, id, extra = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...extra });
  return {
    version: '1.0', truncation: null, padding: null,
    added_tokens: [...specials.map((s, i) => token(s, i)), token('<mask>', vocab.length, { lstrip: true })],
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Precompiled', precompiled_charsmap: charsmap() }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }] },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] }, '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] } },
    },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: 3, vocab, byte_fallback: false },
  };
}
