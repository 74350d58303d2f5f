"""Makes the training text of orrery-mini from Debian packages: groups of texts that mean the same.

    /usr/bin/python3 samples/training/sources.py --work /tmp/mini

Downloads the packages (apt-get download), unpacks them under WORK/packages and writes
WORK/groups/SOURCE.tsv, a line a group and a tab between its texts, and WORK/text/SOURCE.txt, a line
a sentence. Everything is plain English text; nothing is shipped. Licences: the model's card.
"""

import argparse
import gzip
import html
import re
import subprocess
from pathlib import Path

TEXT_PACKAGES = """wordnet-base trans-de-en edict dict-gcide dict-foldoc dict-jargon anarchism
debian-handbook gnome-user-docs python3.11-doc postgresql-doc-15 git-doc wireshark-doc fortunes
dict-freedict-hun-eng dict-freedict-fin-eng dict-freedict-pol-eng dict-freedict-ara-eng
dict-freedict-nld-eng dict-freedict-fra-eng dict-freedict-spa-eng dict-freedict-por-eng
dict-freedict-ell-eng dict-freedict-eng-hin""".split()
LONGEST = 400  # characters of one text


def download(packages, folder):
    """Unpacks the packages into the folder; does nothing for those that are there already."""
    folder.mkdir(parents=True, exist_ok=True)
    archives = folder.parent / "archives"
    archives.mkdir(exist_ok=True)
    missing = [package for package in packages if not (folder / package).exists()]
    if missing:
        subprocess.run(["apt-get", "-q", "download", *missing], cwd=archives, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for package in missing:
        archive = sorted(archives.glob(f"{package}_*.deb"))[-1]
        subprocess.run(["dpkg", "-x", archive, folder / package], check=True)


def clean(text):
    return re.sub(r"\s+", " ", text).strip()[:LONGEST]


def sentences(paragraph):
    """The sentences of a paragraph, split where a full stop, ! or ? meets a capital letter."""
    found = re.split(r"(?<=[a-z0-9)\"”][.!?])\s+(?=[\"“(]?[A-Z])", clean_all(paragraph))
    return [clean(s) for s in found if 3 <= len(s.split()) <= 60]


def clean_all(text):
    return re.sub(r"\s+", " ", text).strip()


def wordnet(root):
    """Synonyms with their gloss; an example with the word in it replaced by a synonym."""
    folder = root / "wordnet-base/usr/share/wordnet"
    synsets = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text("latin-1").splitlines():
            if line.startswith("  "):
                continue
            data, gloss = line.split(" | ", 1)
            fields = data.split()
            count = int(fields[3], 16)
            lemmas = [re.sub(r"\(.*\)", "", w).replace("_", " ") for w in fields[4:4 + 2 * count:2]]
            pointers = fields[5 + 2 * count:]
            parents = [(pointers[i + 1], pointers[i + 2]) for i in range(0, len(pointers) - 3)
                       if pointers[i] in ("@", "@i")]
            definition = clean(re.split(r"; \"|: \"", gloss)[0])
            examples = [clean(e) for e in re.findall(r"\"([^\"]+)\"", gloss)]
            synsets[part[0], fields[0]] = (lemmas, definition, examples, parents)
    for lemmas, definition, examples, parents in synsets.values():
        yield [definition, *lemmas]
        if examples:
            yield [definition, *examples]
        for kind, offset in parents:
            parent = synsets.get((kind, offset))
            if parent and len(parent[0]) and kind in "nv":
                yield [definition, f"{parent[0][0]}: {parent[1]}"]
        for example in examples:
            views = [example]
            for lemma in lemmas:
                if re.search(rf"\b{re.escape(lemma)}\b", example):
                    views += [re.sub(rf"\b{re.escape(lemma)}\b", other, example)
                              for other in lemmas if other != lemma]
            if len(views) > 1:
                yield views


SHORT = {"sb.": "somebody", "sth.": "something", "sb.’s": "somebody's", "sth.’s": "something's",
         "so.": "someone", "smb.": "somebody"}


def plain(gloss):
    """A dictionary's translation without its marks of grammar and region."""
    gloss = re.sub(r"\[[^\]]*\]|\{[^}]*\}|<[^>]*>", " ", gloss)
    gloss = re.sub(r"\(([^)]*)\)", lambda m: " " if len(m[1]) > 12 else " " + m[1] + " ", gloss)
    gloss = " ".join(SHORT.get(word, word) for word in gloss.replace("’", "'").split())
    return clean(gloss.replace("/", " "))


def german(root):
    """English alternatives of one German entry."""
    path = root / "trans-de-en/usr/share/trans/de-en"
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#") or " :: " not in line:
            continue
        for meaning in line.split(" :: ", 1)[1].split("|"):
            group = list(dict.fromkeys(filter(None, map(plain, meaning.split(";")))))
            if group:
                yield group


def japanese(root):
    """English glosses of one sense of a Japanese entry."""
    text = (root / "edict/usr/share/edict/edict").read_text("euc-jp", errors="ignore")
    for line in text.splitlines()[1:]:
        if "/" not in line:
            continue
        senses = re.split(r"\(\d+\) ", line.split("/", 1)[1])
        for sense in senses:
            glosses = [re.sub(r"\([^)]*\)", " ", g) for g in sense.split("/")]
            group = list(dict.fromkeys(filter(None, map(clean, glosses))))
            group = [g for g in group if not g.startswith("Ent") and g != "P"]
            if len(group) > 1:
                yield group


def freedict(language):
    """English translations of one headword of a FreeDict dictionary."""
    def read(root):
        path = root / f"dict-freedict-{language}-eng/usr/share/dictd/freedict-{language}-eng.dict.dz"
        group = []
        for line in gzip.open(path, "rt", encoding="utf-8").read().splitlines():
            head = re.search(r" /[^/]+/| <[a-z, ]+>$", line) and not re.match(r"\d+\. ", line)
            if head:
                if len(group) > 1:
                    yield group[:8]
                group = []
            elif line.isascii() and not line.startswith(("see:", " see:", " Note", "  ")):
                for gloss in re.sub(r"^\d+\. ", "", line).split(", "):
                    gloss = plain(gloss)
                    if gloss and gloss not in group:
                        group.append(gloss)
    return read


def gcide(root):
    """A headword with its definition, from the 1913 Webster."""
    text = gzip.open(root / "dict-gcide/usr/share/dictd/gcide.dict.dz", "rt", encoding="utf-8",
                     errors="ignore").read()
    head = None
    for block in re.split(r"\n(?=\S)|\n\s*\n", text):
        block = re.sub(r"\[[^\]]*\]|--[A-Z][\w.]+( [A-Z][\w.]+)*", "", block)
        match = re.match(r"([A-Z][\w' -]+?) \\[^\n]*?\\[^\n]*\n", block)
        if match:
            head, block = match[1], block[match.end():]
        if head is None or len(block) > 2500 or "Etym" in block or "Syn:" in block:
            continue
        body = clean_all(re.sub(r"^\s*(\d+\.|\([a-z]\))\s*", "", block)).replace("{", "").replace("}", "")
        body = re.sub(r"^\([A-Z][\w. &]+\) ", "", body)
        found = sentences(body)
        if found and len(found[0].split()) > 2:
            yield [found[0], head.lower()]
            for left, right in zip(found, found[1:3]):
                yield [left, right]


def terms(package):
    """A term with its explanation, from a dictionary of computing."""
    def read(root):
        path = root / f"dict-{package}/usr/share/dictd/{package}.dict.dz"
        text = gzip.open(path, "rt", encoding="utf-8", errors="ignore").read()
        for entry in re.split(r"\n(?=\S)", text):
            head, _, body = entry.partition("\n")
            body = re.sub(r"<[^>]*>|[{}]|^\s*\([A-Z0-9]+\)", " ", body)
            found = sentences(body)
            if found:
                yield [clean(head), found[0], *found[1:2]]
    return read


def descriptions(_):
    """What a package is, in a line and in a paragraph. Needs the lists of
    `apt-get update -o Acquire::Languages=en`."""
    seen = set()
    for path in sorted(Path("/var/lib/apt/lists").glob("*_i18n_Translation-en*")):
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", path], check=True,
                              capture_output=True).stdout.decode("utf-8")
        for entry in text.split("\n\n"):
            match = re.search(r"Description-en: (.*)\n((?: .*\n?)*)", entry)
            if not match:
                continue
            paragraphs = [p for p in re.split(r"\n \.\n", match[2]) if not re.search(r"\n  |[*-] ", p)]
            short = clean(match[1])
            for paragraph in paragraphs[:3]:
                found = sentences(paragraph)
                if not found or found[0] in seen or found[0].startswith("This package"):
                    continue
                seen.add(found[0])
                yield [short, *found[:2]]
                for left, right in zip(found[1:], found[2:5]):
                    yield [left, right]


def prose(text):
    """Neighbouring sentences of a paragraph."""
    found = sentences(text)
    yield from ([left, right] for left, right in zip(found, found[1:]))
    if len(found) == 1:
        yield found


def pages(package, pattern):
    """Neighbouring sentences of a package's HTML (or Mallard) pages, and titles with what follows."""
    def read(root):
        for path in sorted((root / package).glob(pattern)):
            text = path.read_text("utf-8", errors="ignore")
            text = re.sub(r"(?s)<(script|style|pre|screen|code|table)\b.*?</\1>", " ", text)
            title = None
            for tag, body in re.findall(r"(?s)<(h[1-4]|title|p|dd)\b[^>]*>(.*?)</\1>", text):
                body = html.unescape(re.sub(r"<[^>]*>", "", body)).replace("¶", "")
                if tag in ("p", "dd"):
                    groups = list(prose(body))
                    if title and groups and len(title.split()) > 1:
                        yield [title, groups[0][0]]
                    title = None
                    yield from groups
                else:
                    title = re.sub(r"^[A-Z]?[\d.]+\s+", "", clean(body))
    return read


def fortunes(root):
    for path in sorted((root / "fortunes/usr/share/games/fortunes").iterdir()):
        if path.suffix or path.name.startswith(("ascii", "art")):
            continue
        for saying in path.read_text("utf-8", errors="ignore").split("\n%\n"):
            yield from prose(re.sub(r"\n\s+-- .*", "", saying))


def usage(root):
    """Example sentences of the English-Hindi dictionary."""
    path = root / "dict-freedict-eng-hin/usr/share/dictd/freedict-eng-hin.dict.dz"
    for quote in re.findall(r'^ +"(.*)"$', gzip.open(path, "rt", encoding="utf-8").read(), re.M):
        yield [clean(quote)]


SOURCES = {
    "wordnet": wordnet, "german": german, "japanese": japanese, "gcide": gcide,
    **{f"freedict-{c}": freedict(c) for c in
       ("hun", "fin", "pol", "ara", "nld", "fra", "spa", "por", "ell")},
    "foldoc": terms("foldoc"), "jargon": terms("jargon"), "debian": descriptions,
    "anarchism": pages("anarchism", "usr/share/doc/anarchism/html/**/*.html"),
    "handbook": pages("debian-handbook", "usr/share/doc/debian-handbook/html/en-US/*.html"),
    "gnome": pages("gnome-user-docs", "usr/share/help/C/*/*.page"),
    "python": pages("python3.11-doc", "usr/share/doc/python3.11/html/[a-s]*/*.html"),
    "postgres": pages("postgresql-doc-15", "usr/share/doc/postgresql-doc-15/html/*.html"),
    "git": pages("git-doc", "usr/share/doc/git/html/*.html"),
    "wireshark": pages("wireshark-doc", "usr/share/doc/wireshark/**/*.html"),
    "fortunes": fortunes, "usage": usage,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, type=Path, help="folder for everything made")
    work = parser.parse_args().work
    download(TEXT_PACKAGES, work / "packages")
    (work / "groups").mkdir(exist_ok=True)
    for name, read in SOURCES.items():
        groups = dict.fromkeys(tuple(dict.fromkeys(t.replace("\t", " ") for t in group))
                               for group in read(work / "packages"))
        (work / f"groups/{name}.tsv").write_text("\n".join(map("\t".join, groups)) + "\n", "utf-8")
        print(f"{name}: {len(groups)} groups, {sum(map(len, groups))} texts", flush=True)


if __name__ == "__main__":
    main()
