"""Learns the WordPiece vocabulary of orrery-mini and encodes text with it.

    /usr/bin/python3 samples/training/vocabulary.py --work /tmp/mini --data ../shared/data

Writes WORK/tokenizer.json (https://huggingface.co/docs/tokenizers). Merges of the most frequent
pair, with the counts of pairs kept up to date, so that 16,000 pieces take two minutes.
"""

import argparse
import heapq
import json
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import corpus

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, UNK, CLS, SEP, MASK = range(5)
LONGEST_WORD = 100  # characters; a longer one is [UNK]


def is_punctuation(c):
    return (33 <= ord(c) <= 47 or 58 <= ord(c) <= 64 or 91 <= ord(c) <= 96 or 123 <= ord(c) <= 126
            or unicodedata.category(c).startswith("P"))


def is_chinese(c):
    n = ord(c)
    return (0x4E00 <= n <= 0x9FFF or 0x3400 <= n <= 0x4DBF or 0x20000 <= n <= 0x2A6DF
            or 0x2A700 <= n <= 0x2CEAF or 0xF900 <= n <= 0xFAFF or 0x2F800 <= n <= 0x2FA1F)


def split(chunk):
    """The words of a text without white space, as BertNormalizer (lower-casing, without accents)
    and BertPreTokenizer make them."""
    if chunk.isascii() and chunk.isalnum():
        return [chunk.lower()]
    chunk = unicodedata.normalize("NFD", chunk)
    words, word = [], ""
    for c in chunk:
        category = unicodedata.category(c)
        if category == "Mn" or category in ("Cc", "Cf", "Cn", "Co") or c == "\ufffd":
            continue
        c = c.lower()
        if len(c) == 1 and (is_punctuation(c) or is_chinese(c)):
            words += [word, c]
            word = ""
        else:
            word += c
    return [w for w in [*words, word] if w]


class Encoder:
    """Text to ids, with a cache of chunks between white space."""

    def __init__(self, pieces):
        self.ids = {piece: i for i, piece in enumerate(pieces)}
        self.longest = max(map(len, pieces))
        self.cache = {}

    def word(self, word):
        if len(word) > LONGEST_WORD:
            return [UNK]
        found, start = [], 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(min(len(word), start + self.longest), start, -1):
                number = self.ids.get(prefix + word[start:end])
                if number is not None:
                    break
            else:
                return [UNK]
            found.append(number)
            start = end
        return found

    def encode(self, text, most=128):
        """[CLS] pieces [SEP], `most` ids at the most."""
        found = [CLS]
        for chunk in text.split():
            known = self.cache.get(chunk)
            if known is None:
                known = [i for word in split(chunk) for i in self.word(word)]
                self.cache[chunk] = known
            found += known
        return found[:most - 1] + [SEP]


def learn(counts, size):
    """`size` pieces for words with counts: special tokens, letters, then merges by frequency."""
    words = [[w[0], *("##" + c for c in w[1:])] for w in counts]
    weights = list(counts.values())
    pairs, places = Counter(), defaultdict(set)
    for i, (word, weight) in enumerate(zip(words, weights)):
        for pair in zip(word, word[1:]):
            pairs[pair] += weight
            places[pair].add(i)
    letters = Counter()
    for word, weight in zip(words, weights):
        for letter in word:
            letters[letter] += weight
    signs = {chr(c) for c in range(33, 127)} - {chr(c) for c in range(65, 91)}
    continued = {"##" + c for c in "abcdefghijklmnopqrstuvwxyz0123456789"}
    common = {letter for letter, n in letters.items() if n >= 200}
    pieces = SPECIALS + sorted(signs | continued | common)
    known = set(pieces)
    heap = [(-n, pair) for pair, n in pairs.items()]
    heapq.heapify(heap)
    while len(pieces) < size and heap:
        negative, pair = heapq.heappop(heap)
        if pairs[pair] != -negative:
            if pairs[pair] > 0:
                heapq.heappush(heap, (-pairs[pair], pair))
            continue
        joined = pair[0] + pair[1].removeprefix("##")
        if joined not in known:
            known.add(joined)
            pieces.append(joined)
        changed = set()
        for i in places.pop(pair):
            word, weight = words[i], weights[i]
            for old in zip(word, word[1:]):
                pairs[old] -= weight
            merged, j = [], 0
            while j < len(word):
                if j + 1 < len(word) and (word[j], word[j + 1]) == pair:
                    merged.append(joined)
                    j += 2
                else:
                    merged.append(word[j])
                    j += 1
            words[i] = merged
            for new in zip(merged, merged[1:]):
                pairs[new] += weight
                places[new].add(i)
                changed.add(new)
        for new in changed:
            heapq.heappush(heap, (-pairs[new], new))
    return pieces


def tokenizer(pieces):
    """tokenizer.json as a dictionary."""
    special = lambda token, kind: {"SpecialToken": {"id": token, "type_id": kind}}
    sequence = lambda name, kind: {"Sequence": {"id": name, "type_id": kind}}
    single = [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)]
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": t, **flags} for i, t in enumerate(SPECIALS)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": single + [sequence("B", 1), special("[SEP]", 1)],
            "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]}
                               for t, i in (("[CLS]", CLS), ("[SEP]", SEP))},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": LONGEST_WORD,
                  "vocab": {piece: i for i, piece in enumerate(pieces)}},
    }


def load(work):
    """The encoder of WORK/tokenizer.json."""
    vocab = json.loads((work / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return Encoder(sorted(vocab, key=vocab.get))


def count(work, data):
    """Words by frequency; the sources that are written as people write weigh more."""
    chunks = Counter()
    for name, groups in corpus.groups(work, data).items():
        weight = corpus.VOCABULARY_WEIGHTS.get(name, 1)
        found = Counter(chunk for group in groups for text in group for chunk in text.split())
        for chunk, n in found.items():
            chunks[chunk] += weight * n
    counts = Counter()
    for chunk, n in chunks.items():
        for word in split(chunk):
            counts[word] += n
    return {w: n for w, n in sorted(counts.items()) if n >= 3 and len(w) < 30}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    corpus.arguments(parser)
    parser.add_argument("--size", type=int, default=16000, help="number of pieces")
    options = parser.parse_args()
    counts = count(options.work, options.data)
    pieces = learn(counts, options.size)
    text = json.dumps(tokenizer(pieces), ensure_ascii=False, separators=(",", ":")) + "\n"
    (options.work / "tokenizer.json").write_text(text, "utf-8")
    print(f"{len(counts)} words, {len(pieces)} pieces, {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
