// The texts whose vectors are golden. Each is here for what it may break.

const long = "The server reads a request, cuts its text into tokens, and puts them into a batch. ";

export const texts = [
  "",
  "   \n\t ",
  "a",
  "?",
  "The dog runs along the river after a red ball.",
  "My card has not arrived yet. When will it be here?",
  "I paid twice for the same thing, and I want my money back!",
  "UPPER CASE, lower case and MiXeD cAsE",
  "Café, naïve façade: crème brûlée in São Paulo, über die Straße",
  "cafe\u0301 with a combining accent, and \uFB01ne ligatures \u212B",
  "日本語の文章と中文句子 mixed with English words",
  "мир и труд, αβγδεζ, שלום, مرحبا, สวัสดี, 안녕하세요, नमस्ते",
  "emoji 😀👩‍👩‍👧‍👦🇩🇪 and symbols ✓ → • € £ ™",
  "control\u0000chars\u0007, zero\u200bwidth\u200d, soft\u00adhyphen, nbsp\u00a0here, \ufeffmark, \ufffd",
  "tabs\tand\r\nline breaks\n\nand    many   spaces   ",
  "don't can't we're I'll you've it's 'quoted' \"text\" -- a_b, c-d/e: (f) [g] {h} <i> #1 @home 50% $5.00",
  "1234567890 3.14159 1,000,000 2026-11-21T03:17:03Z 0xDEADBEEF",
  "special words in the text: [CLS] [SEP] [MASK] [PAD] [UNK] <s> </s> <pad> <mask> <|endoftext|>",
  "http://example.org/path?query=one&two=2#part and someone@example.org",
  "x".repeat(101) + " is longer than a word may be, " + "y".repeat(100) + " is not",
  long.trim(),
  long.repeat(3).trim(),
  long.repeat(40).trim(),
];

export const pairs = [
  ["Why was a fee added to this payment?", "A fee is added when the exchange rate changes."],
  ["Why was a fee added to this payment?", "The cat sleeps on the warm window sill."],
  ["", ""],
  ["a question", ""],
  ["", "an answer"],
  ["日本 語", "emoji 😀 [SEP] café"],
  [long.trim(), long.trim()],
  ["short", long.repeat(4).trim()],
  [long.repeat(4).trim(), "short"],
  [long.repeat(4).trim(), long.repeat(3).trim()],
];
