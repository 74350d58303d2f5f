// The texts that all tokenizers are compared on: synthetic ones from a seed, then lines of real data.
// Real lines are read from the shared folder each time: some of them may not be redistributed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// mulberry32
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const words = ('the a I can\'t won\'t they\'re CAN\'T It\'s he\'d we\'ll you\'ve my card payment was declined why when how much does it cost '
  + 'to transfer money abroad exchange rate top-up cash withdrawal pending refund statement unbelievable internationalization '
  + 'naïve café résumé façade Über Straße İstanbul ıslak Ångström œuvre smørrebrød žluťoučký kůň łódź dấu Tiếng Việt ſtraße Kelvin K').split(' ');
const scripts = [
  'Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία Οδός ΟΔΟΣ', 'Съешь же ещё этих мягких французских булок ЙОД й', 'نص حكيم له سر قاطع وذو شأن عظيم ١٢٣',
  'דג סקרן שט בים מאוכזב שָׁלוֹם', 'ऋषियों को सताने वाले दुष्ट राक्षसों क्षि १२३', 'เป็นมนุษย์สุดประเสริฐเลิศคุณค่า ๑๒', '我能吞下玻璃而不伤身体。龍馬𠀀𠮷𪚥', '漢字かな交じり文 ｶﾀｶﾅ ガギグ ㍿ ㈱ １２３ ＡＢＣ',
  '키스의 고유조건은 입술끼리 만나야 하고 한글', 'தமிழ் மொழி ஸ்ரீ', 'ქართული ენა ᲐᲑᲒ', 'Հայերեն լեզու', 'አማርኛ ቋንቋ', 'ខ្មែរ ភាសា', 'བོད་སྐད།', '𝒜𝓁𝓅𝒽𝒶 𝔹𝕖𝕥𝕒 𝟙𝟚𝟛 ⅷ ½ ² ℌ ﬁ ﬃ', 'Ⓐⓑ ㊗ ™ © ‰ № ℡',
];
const emoji = ['😀', '👍🏽', '👩‍👩‍👧‍👦', '🏳️‍🌈', '🇩🇪🇫🇷', '❤️', '🧑🏿‍🚀', '1️⃣', '🫠', '☕', '🤷🏻‍♂️'];
const spaces = [' ', '  ', '   ', '\t', '\n', '\r\n', '\n\n', ' \n ', '\u00a0', '\u2003', '\u3000', '\u2028', '\u0085', '\u000b', '          ', '\u200b'];
const controls = ['\u0000', '\u0001', '\u0007', '\u001b', '\u007f', '\u0080', '\u00ad', '\u200d', '\u200e', '\u2060', '\ufeff', '\ufffd', '\ue000', '\u0378', '\u{f0000}', '\u{10ffff}', '\u{e0041}'];
const marks = ['e\u0301', 'a\u0323\u0307', 'a\u0307\u0323', 'o\u0302\u0301', '\u0301', 'q\u0307\u0323\u0345', 'Z\u0351\u036b\u0343\u036a', '\u1100\u1161\u11a8', '\u0915\u093c', '\u212b', '\u0344', '\u2126', 'x\u20e3', '\u0929\u0301'];
const code = ['for (int i = 0; i < n; ++i) {\n    sum += a[i];\n}', 'def f(x):\n\treturn x ** 2  # square', 'SELECT * FROM t WHERE a<>\'b\' AND c >= 10.5;', '<div class="x">&nbsp;</div>', 'https://example.org/a/b?c=d&e=%20f#g', '{"k": [1, 2.5e-3, null]}', 'x=>x?.y??z', '#include <stdio.h>', '0xDEADBEEF', 'snake_case_name camelCaseName', '$100.00 €9,99 £5 ¥1000'];
const special = ['[CLS]', '[SEP]', '[MASK]', '[UNK]', '[PAD]', '[mask]', '<|endoftext|>', '<|im_start|>', '<|im_end|>', '<s>', '</s>', '<unk>', '<mask>', '<pad>', '<0x41>', '▁', '▁▁the', 'Ġthe', '##ing', 'ODD', 'odd', 'oddly', 'Ödd', '<extra>'];
const punctuation = ['.', ',', '!', '?', '...', '…', '—', '-', '--', '\'', '\'s', '’s', '\'T', '\'LL', '"', '“', '”', '«', '»', '(', ')', '/', '\\', '|', '~', '`', '^', '$', '+', '<', '=', '>', '¿', '¡', '、', '。', '！', '·', '\u2010', '\u061f'];
const lone = ['\ud800', '\udc00', 'a\ud83d', '\ude00b', '\udfff\ud800'];

function assigned(next) {
  for (;;) {
    const plane = next() < 0.75 ? 0 : next() < 0.8 ? 0x10000 : 0x20000;
    const c = plane + Math.floor(next() * 0x10000);
    if (c >= 0xd800 && c <= 0xdfff) continue;
    const s = String.fromCodePoint(c);
    if (!/\p{Cn}|\p{Co}/u.test(s)) return s;
  }
}

export function synthetic(count) {
  const next = random(20260101);
  const of = list => list[Math.floor(next() * list.length)];
  const kinds = [
    [8, () => of(words)], [4, () => of(scripts)], [2, () => of(emoji)], [2, () => of(punctuation)], [1, () => of(controls)], [2, () => of(marks)],
    [1, () => of(code)], [1, () => of(special)], [0.2, () => of(lone)], [2, () => String(Math.floor(next() * 10 ** Math.ceil(next() * 9)))],
    [1.5, () => Array.from({ length: 1 + Math.floor(next() * 6) }, () => assigned(next)).join('')],
    [0.5, () => of(words).toUpperCase()], [0.15, () => of(words).repeat(1 + Math.floor(next() * 40))], [0.1, () => 'a' + '\u0301'.repeat(Math.floor(next() * 40))],
  ];
  const total = kinds.reduce((sum, [w]) => sum + w, 0);
  const piece = () => {
    let at = next() * total;
    for (const [w, make] of kinds) if ((at -= w) < 0) return make();
    return 'x';
  };
  const texts = ['', ' ', '  ', '\n', 'a', '\ud83d', '▁', 'Ġ', '\u0301', 'x'.repeat(100), 'x'.repeat(101), '𝒜'.repeat(100), '𝒜'.repeat(101), ' '.repeat(300), '\u0301'.repeat(500), 'ab'.repeat(2000), '\r\n<mask>', 'a \n<mask>\t b'];
  while (texts.length < count) {
    const length = 1 + Math.floor(next() * next() * 24);
    let text = next() < 0.1 ? of(spaces) : '';
    for (let i = 0; i < length; i++) text += piece() + (next() < 0.65 ? ' ' : next() < 0.4 ? '' : of(spaces));
    texts.push(next() < 0.6 ? text.trimEnd() : text);
  }
  return texts;
}

/** Lines of shared data: [file, first line, count]. The C# test reads the same ranges (texts.json). */
export function real(shared, ranges) {
  return ranges.flatMap(({ file, from, count }) => {
    const path = join(shared, 'data', file);
    if (!existsSync(path)) throw new Error(`${path} is missing`);
    const lines = readFileSync(path, 'utf8').split('\n').map(l => l.replace(/\r$/, '')).slice(from, from + count);
    if (lines.length !== count) throw new Error(`${path} has too few lines`);
    return lines;
  });
}
