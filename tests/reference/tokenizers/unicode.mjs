// Writes engine/Tokenization/Unicode/UnicodeTables.cs: the normalization data and character classes
// of the Rust library `tokenizers`, asked code point by code point, so that ours are the same by
// construction whatever Unicode version each of its crates was built with. (.NET cannot serve: with
// InvariantGlobalization its string.Normalize leaves non-ASCII text alone.)
import { writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import {
  bertNormalizer, byteLevelPreTokenizer, digitsPreTokenizer, lowercase, nfcNormalizer, nfdNormalizer,
  nfkdNormalizer, punctuationPreTokenizer, stripAccentsNormalizer, whitespacePreTokenizer,
} from '@anush008/tokenizers';

const nfd = nfdNormalizer(), nfc = nfcNormalizer(), nfkd = nfkdNormalizer();
const norm = (n, s) => n.normalizeString(s);
const pieces = (p, s) => p.preTokenizeString(s).length;
const off = { cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false };
const clean = bertNormalizer({ ...off, cleanText: true }), bertStrip = bertNormalizer({ ...off, stripAccents: true });
const strip = stripAccentsNormalizer(), lower = lowercase();
const punctuation = punctuationPreTokenizer(), word = whitespacePreTokenizer(), digits = digitsPreTokenizer(false);
const gpt2 = byteLevelPreTokenizer(false, true);

const points = [];
for (let c = 0; c < 0x110000; c++) if (c < 0xd800 || c > 0xdfff) points.push(c);
const isHangul = c => c >= 0xac00 && c < 0xac00 + 11172;
const cps = s => Array.from(s, x => x.codePointAt(0));

const bytes = [];
const varint = v => { while (v > 127) { bytes.push((v & 127) | 128); v >>>= 7; } bytes.push(v); };

// 1. Class bits (CharClass in UnicodeData.cs), as runs.
const flagsOf = c => {
  const s = String.fromCodePoint(c);
  let f = 0;
  if (norm(clean, s) === '') f |= 1;
  if (norm(bertStrip, s) === '') f |= 2;
  if (norm(strip, s) === '') f |= 4;
  if (pieces(punctuation, 'a' + s) === 2) f |= 8;
  const w = word.preTokenizeString('a' + s);
  if (w.length === 1 && w[0][0].length > 1) f |= 16;
  if (pieces(digits, 'a' + s) === 2) f |= 32;
  if (pieces(gpt2, 'a' + s) === 1) f |= 64;
  if (pieces(gpt2, '1' + s) === 1) f |= 128;
  return f;
};
let run = 0, current = -1;
const flush = () => { if (run > 0) { varint(run); bytes.push(current); } };
for (let c = 0; c < 0x110000; c++) {
  const f = c >= 0xd800 && c <= 0xdfff ? 0 : flagsOf(c);
  if (f !== current) { flush(); run = 0; current = f; }
  run++;
}
flush();

// 2. Mappings: canonical and compatibility decompositions in full, and lower case where it has
//    several characters (the .NET runtime has the single ones; UnicodeData asserts nothing about them).
const section = entries => {
  varint(entries.length);
  let last = 0;
  for (const [c, to] of entries) {
    varint(c - last);
    last = c;
    varint(to.length);
    to.forEach(varint);
  }
};
const mapped = f => points.filter(c => !isHangul(c)).map(c => [c, f(String.fromCodePoint(c))]);
const canonical = mapped(s => norm(nfd, s)).filter(([c, t]) => t !== String.fromCodePoint(c));
section(canonical.map(([c, t]) => [c, cps(t)]));
section(mapped(s => norm(nfkd, s)).filter(([c, t]) => t !== norm(nfd, String.fromCodePoint(c))).map(([c, t]) => [c, cps(t)]));
section(points.map(c => [c, norm(lower, String.fromCodePoint(c))]).filter(([c, t]) => t !== String.fromCodePoint(c)).map(([c, t]) => [c, cps(t)]));

// 3. Primary composites: code point -> (first, second).
const pairs = [];
for (const [c, t] of canonical) {
  const s = String.fromCodePoint(c), all = cps(t);
  if (all.length < 2 || norm(nfc, s) !== s) continue;
  const second = all[all.length - 1], first = cps(norm(nfc, String.fromCodePoint(...all.slice(0, -1))));
  if (first.length === 1 && norm(nfc, String.fromCodePoint(first[0], second)) === s) pairs.push([c, [first[0], second]]);
  else throw new Error(`no pair composes U+${c.toString(16)}`);
}
section(pairs);

// 4. Canonical combining classes as ranks (only their order matters): x before y reorders
//    exactly when ccc(x) > ccc(y) > 0.
const decomposes = new Set(canonical.map(([c]) => c));
const swaps = (x, y) => norm(nfd, String.fromCodePoint(0x61, x, y)) !== String.fromCodePoint(0x61, x, y);
const LOWEST = 0x334, HIGHEST = 0x345; // class 1 and class 240
const marks = points.filter(c => !decomposes.has(c) && !isHangul(c) && (c === LOWEST || c === HIGHEST || swaps(c, LOWEST) || swaps(HIGHEST, c)));
const sorted = [];
for (const m of marks) { // insert into classes ordered by ccc
  let lo = 0, hi = sorted.length, found = -1;
  while (lo < hi) {
    const mid = (lo + hi) >> 1, r = sorted[mid][0];
    if (swaps(m, r)) lo = mid + 1;
    else if (swaps(r, m)) hi = mid;
    else { found = mid; break; }
  }
  if (found >= 0) sorted[found].push(m); else sorted.splice(lo, 0, [m]);
}
const rank = new Map();
sorted.forEach((group, i) => group.forEach(m => rank.set(m, i + 1)));
section(marks.map(c => [c, [rank.get(c)]]));

const base64 = deflateRawSync(Buffer.from(bytes), { level: 9 }).toString('base64');
const lines = base64.match(/.{1,160}/g).map(l => `        "${l}"`).join(" +\n");
const out = new URL('../../../engine/Tokenization/Unicode/UnicodeTables.cs', import.meta.url);
writeFileSync(out, `// <auto-generated>Written by tests/reference/tokenizers/unicode.mjs; run it to change this.</auto-generated>
namespace Orrery.Engine.Tokenization;

/// <summary>Deflated Unicode data; <see cref="UnicodeData"/> reads it.</summary>
internal static class UnicodeTables
{
    public const string Data =
${lines};
}
`);
console.log(`${marks.length} marks in ${sorted.length} classes, ${canonical.length} decompositions, ${pairs.length} composites, ${base64.length} characters`);
