"""Tokenizers (tokenizer.json as a dictionary) for the generated encoders.

The small vocabularies are learned from corpus.txt beside this file, which the project wrote
itself; nothing of a published vocabulary is in them. Format: https://huggingface.co/docs/tokenizers.
"""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus.txt")
BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
GPT2_WORD = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def added(content, number, lstrip=False):
    return {
        "id": number,
        "content": content,
        "single_word": False,
        "lstrip": lstrip,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }


def learn_merges(words, count, join):
    """The `count` most frequent pair merges over `words` ({tuple of pieces: frequency}), ties by
    the pieces themselves. `join` makes one piece of two."""
    merges = []
    for _ in range(count):
        pairs = Counter()
        for pieces, frequency in words.items():
            for pair in zip(pieces, pieces[1:]):
                pairs[pair] += frequency
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged = Counter()
        for pieces, frequency in words.items():
            merged[merge(pieces, best, join)] += frequency
        words = merged
    return merges


def merge(pieces, pair, join):
    result, i = [], 0
    while i < len(pieces):
        if pieces[i : i + 2] == pair:
            result.append(join(*pair))
            i += 2
        else:
            result.append(pieces[i])
            i += 1
    return tuple(result)


def wordpiece(pieces=1200):
    """A lower-casing WordPiece tokenizer of `pieces` entries. Its special tokens are not at
    BERT's usual ids (101, 102), so that code which assumes those ids fails on it."""
    text = unicodedata.normalize("NFD", CORPUS.read_text("utf-8").lower())
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    found = Counter(re.findall(r"[a-zß]+|\d+|[а-я]+|[α-ω]+|[^\s\w]|_|\w", text))
    join = lambda left, right: left + right.removeprefix("##")
    words = Counter({(w[0], *("##" + c for c in w[1:])): n for w, n in found.items()})
    ascii_signs = {chr(c).lower() for c in range(33, 127)}
    letters = sorted({piece for word in words for piece in word} | ascii_signs)
    continuations = {"##" + c for c in "abcdefghijklmnopqrstuvwxyz0123456789"}
    letters += sorted(continuations.difference(letters))
    entries = BERT_SPECIALS + letters
    for pair in learn_merges(words, pieces, join):
        piece = join(*pair)
        if len(entries) < pieces and piece not in entries:
            entries.append(piece)
    vocabulary = {piece: i for i, piece in enumerate(entries)}
    special = lambda token, kind: {"SpecialToken": {"id": token, "type_id": kind}}
    sequence = lambda name, kind: {"Sequence": {"id": name, "type_id": kind}}
    single = [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added(token, vocabulary[token]) for token in BERT_SPECIALS],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": single + [sequence("B", 1), special("[SEP]", 1)],
            "special_tokens": {
                token: {"id": token, "ids": [vocabulary[token]], "tokens": [token]}
                for token in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    }


def byte_letters():
    """The letters that stand for the 256 bytes in a byte-level vocabulary: a printable byte is
    itself, the others follow from U+0100 on (GPT-2's encoding)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    letters = {b: chr(b) for b in printable}
    return letters | {b: chr(256 + i) for i, b in enumerate(others)}


def byte_bpe(merges=600):
    """A byte-level BPE tokenizer: 256 bytes and what `merges` merges make of them."""
    letters = byte_letters()
    words = Counter()
    for word in GPT2_WORD.findall(CORPUS.read_text("utf-8")):
        words[tuple(letters[b] for b in word.encode("utf-8"))] += 1
    learned = learn_merges(words, merges, lambda left, right: left + right)
    pieces = sorted(letters.values()) + [left + right for left, right in learned]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    return {"model": {"vocab": vocabulary, "merges": [" ".join(pair) for pair in learned]}}


def roberta(bpe):
    """A RoBERTa tokenizer over the pieces of a byte-level BPE one (GPT-2's, say): four special
    tokens before them, three unused entries and the mask token after."""
    pieces = sorted(bpe["model"]["vocab"], key=bpe["model"]["vocab"].get)
    entries = ["<s>", "<pad>", "</s>", "<unk>", *pieces]
    entries += ["madeupword0000", "madeupword0001", "madeupword0002", "<mask>"]
    vocabulary = {piece: i for i, piece in enumerate(entries)}
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    byte_level = {"type": "ByteLevel", "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added(t, vocabulary[t], lstrip=t == "<mask>") for t in specials],
        "normalizer": None,
        "pre_tokenizer": byte_level | {"add_prefix_space": False},
        "post_processor": {
            "type": "RobertaProcessing",
            "sep": ["</s>", vocabulary["</s>"]],
            "cls": ["<s>", vocabulary["<s>"]],
            "trim_offsets": True,
            "add_prefix_space": False,
        },
        "decoder": byte_level | {"add_prefix_space": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "vocab": vocabulary,
            "merges": bpe["model"]["merges"],
        },
    }
