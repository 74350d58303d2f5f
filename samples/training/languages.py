"""Makes the data of the detector "which language is this snippet in": two CSV files (text,label).

    /usr/bin/python3 samples/training/languages.py --work /tmp/mini

Snippets of 5 to 12 lines from the source files of Debian packages under free licences and of this
repository. Training and test snippets never share a package (C#: a folder of this repository), so
that a head cannot pass by knowing the project. The same packages and seed give the same bytes.
Writes WORK/data/languages-{train,test}.csv, and WORK/groups/code.tsv for the encoder's training:
more snippets of the training packages, each after its label.
"""

import argparse
import csv
import random
import re
import textwrap
from pathlib import Path

import sources

ROOT = Path(__file__).resolve().parents[2]
# label: (file name patterns, packages to train on, packages to test on)
LANGUAGES = {
    "c": ("*.c", "newlib-source openvswitch-source gnulib uclibc-source glibc-source "
          "v4l2loopback-source", "xorg-server-source pocl-source"),
    "c++": ("*.hpp *.h *.cpp *.hh", "libabsl-dev rapidjson-dev librange-v3-dev libpistache-dev "
            "libboost1.74-dev libeigen3-dev libcli11-dev libasio-dev libwebsocketpp-dev libtbb-dev",
            "libfmt-dev nlohmann-json3-dev libcereal-dev libspdlog-dev"),
    "c#": ("*.cs", "engine standalone tests", "api bench"),
    "go": ("*.go", "golang-github-spf13-cobra-dev golang-golang-x-net-dev golang-golang-x-tools-dev "
           "golang-github-gorilla-mux-dev golang-github-stretchr-testify-dev "
           "golang-github-gin-gonic-gin-dev golang-google-grpc-dev golang-github-docker-docker-dev "
           "golang-github-spf13-viper-dev golang-golang-x-crypto-dev golang-github-hashicorp-hcl-dev",
           "golang-github-sirupsen-logrus-dev golang-github-prometheus-client-golang-dev "
           "golang-gopkg-yaml.v3-dev"),
    "java": ("*.java", "openjdk-17-source tomcat10-examples", "openjfx-source"),
    "javascript": ("*.js *.mjs", "node-express node-commander node-underscore node-acorn webpack npm "
                   "mocha node-eslint-scope node-glob node-ejs node-redis "
                   "node-d3-array node-less node-postcss node-inquirer node-cheerio node-lodash", "node-ws node-yargs node-semver node-bluebird node-marked"),
    "lua": ("*.lua", "prosody awesome neovim-runtime minetest-data lua-lpeg lua-json "
            "lua-logging lua-busted", "lua-penlight lua-socket lua-say lua-luassert"),
    "ocaml": ("*.ml", "ocaml libbatteries-ocaml-dev libre-ocaml-dev "
              "libmenhir-ocaml-dev libppxlib-ocaml-dev libcryptokit-ocaml-dev",
              "liblwt-ocaml-dev libcohttp-ocaml-dev libocamlgraph-ocaml-dev"),
    "perl": ("*.pm *.pl", "perl-modules-5.36 libmojolicious-perl libmoose-perl libcatalyst-perl "
             "libdbix-class-perl libplack-perl libtype-tiny-perl libdbi-perl spamassassin",
             "libwww-perl libdatetime-perl libtemplate-perl libdancer2-perl"),
    "php": ("*.php", "php-symfony-console php-symfony-http-foundation php-twig php-monolog "
            "php-symfony-http-kernel php-symfony-routing php-league-flysystem php-phpseclib3 "
            "phpmyadmin wordpress", "php-guzzlehttp-psr7 php-doctrine-dbal phpunit composer"),
    "python": ("*.py", "python3-flask python3-django python3-jinja2 python3-click python3-attr "
               "python3-requests python3-numpy python3-twisted python3-pytest python3-aiohttp "
               "python3-pygments python3-sympy python3-networkx",
               "python3-tornado python3-sqlalchemy python3-rich python3-httpx"),
    "ruby": ("*.rb", "ruby-activesupport ruby-activerecord rake ruby-rack ruby-actionpack "
             "ruby-activemodel ruby-rspec-core ruby-sequel ruby-thor ruby-i18n ruby-redis jekyll",
             "ruby-sinatra ruby-nokogiri ruby-faraday ruby-mail"),
    "rust": ("*.rs", "librust-serde-dev librust-regex-dev librust-clap-dev librust-tokio-dev "
             "librust-syn-dev librust-anyhow-dev librust-futures-util-dev librust-rayon-dev "
             "librust-nom-dev librust-chrono-dev librust-url-dev librust-h2-dev",
             "librust-hyper-dev librust-rand-dev librust-itertools-dev librust-image-dev"),
    "shell": ("*.sh */git-core/git-* */bash-completion/completions/* */sbin/* */bin/* "
              "*/init.d/* */initramfs-tools/* */usr/lib/*/*",
              "bash-completion devscripts initramfs-tools-core ifupdown dkms autopkgtest initscripts "
              "x11-common console-setup grub-common xfsprogs dracut-core os-prober resolvconf easy-rsa "
              "mdadm", "git debootstrap lvm2 live-boot"),
    "sql": ("*.sql", "postgresql-15 mediawiki postgresql-15-partman slony1-2-bin freeradius-config "
            "davical zoneminder postgresql-15-pgtap postgresql-15-postgis-3-scripts",
            "roundcube-core icinga2-ido-pgsql pdns-backend-pgsql postgresql-15-cron cacti "
            "postgresql-15-repack"),
}
PROSE = {"train": ("anarchism", "debian", "german", "python", "fortunes", "gcide", "wordnet", "git"), "test": ("usage", "handbook", "wireshark")}
COMMENT = re.compile(r"\s*(#(?!include|define|if|end|else)|//|/\*|\*|--|%|\(\*|=|;;|\"\"\"|'''|<!--)")
LICENCE = re.compile(r"(?i)copyright|licen[cs]e|warrant|all rights reserved|redistribut|liabilit")
COUNTS, POOL = {"train": 400, "test": 60}, 3000


def files(label, package, work):
    """The package's source files of a language, sorted by name."""
    folder = ROOT / package if label == "c#" else work / "packages" / package
    patterns = LANGUAGES[label][0].split()
    archives = [a for a in [*folder.rglob("*.tar.*"), *folder.rglob("src.zip")] if a.is_file()]
    for archive in archives if package.endswith("-source") else []:
        target = archive.with_name("unpacked-" + archive.stem)
        if not target.exists():
            target.mkdir()
            command = ["unzip", "-q", archive, "-d", target, "*.java"] \
                if archive.suffix == ".zip" else ["tar", "-xf", archive, "-C", target]
            sources.subprocess.run(command, check=True)
    found = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()
                   and any(p.match(pattern) for pattern in patterns)
                   and "obj" not in p.relative_to(folder).parts
                   and ".min." not in p.name and 300 < p.stat().st_size < 200_000)
    return found


def snippets(path, label, rng, count):
    """Up to `count` snippets of a file that are mostly code and do not overlap."""
    text = path.read_text("utf-8", errors="ignore").expandtabs(4)
    if label == "shell" and not re.match(r"#!.*\b(ba|da)?sh\b|# *(bash|debian)", text) \
            and path.suffix != ".sh":
        return []
    if label == "perl":  # its documentation between the code, and all that follows __END__
        text = re.sub(r"(?ms)^=[a-z].*?(^=cut\b.*?$|\Z)", "", text.split("\n__END__")[0])
    lines = [line.rstrip() for line in text.splitlines()]
    found = []
    for start in rng.sample(range(len(lines)), min(len(lines), 12 * count)):
        if len(found) == count:
            break
        body = lines[start:start + rng.randint(5, 12)]
        code = [line for line in body if line.strip() and not COMMENT.match(line)]
        snippet = textwrap.dedent("\n".join(body)).strip()
        if (len(code) < max(4, 0.7 * len(body)) or not 40 < len(snippet) < 800
                or LICENCE.search(snippet)
                or sum(bool(re.search(r"[(){}\[\]=;:$<>@|,.]", line)) for line in code) < 0.6 * len(code)
                or any(abs(start - other) < 12 for other, _ in found)
                or len(set(re.findall(r"[A-Za-z]{2,}", snippet))) < 8):
            continue
        found.append((start, snippet))
    return [snippet for _, snippet in found]


def collect(label, packages, work, count, rng):
    """`count` snippets, as evenly over packages and then files as they allow, and the file of each."""
    queues = []
    for package in packages:
        paths = files(label, package, work)
        rng.shuffle(paths)
        per_file = max(2, -(-2 * count // max(1, len(paths) * len(packages))))
        queue = [(str(path), s) for path in paths[:count] for s in snippets(path, label, rng, per_file)]
        if not queue:
            print(f"  {label}: nothing in {package}")
        queues.append(queue)
    share = sorted(queues, key=len)
    found = []
    for i, queue in enumerate(share):
        found += queue[:(count - len(found)) // (len(share) - i)]
    return found


def prose(names, work, count, rng):
    found = []
    for name in names:
        lines = (work / f"groups/{name}.tsv").read_text("utf-8").splitlines()
        groups = [line.split("\t") for line in rng.sample(lines, min(len(lines), 20 * count))]
        texts = [" ".join(g) for g in groups if sum(len(t.split()) for t in g) >= 8]
        found += texts[:count // len(names)]
    return [(None, text) for text in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, type=Path, help="the folder of sources.py")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    work = options.work
    (work / "data").mkdir(exist_ok=True)
    packages = " ".join(part for label, value in LANGUAGES.items() if label != "c#" for part in value[1:])
    sources.download(packages.split(), work / "packages")
    pool = []
    for split, count in COUNTS.items():
        rng = random.Random(options.seed)
        rows = []
        for label, (_, *packages) in LANGUAGES.items():
            found = collect(label, packages[split == "test"].split(), work, count, rng)
            rows += [(text, label) for _, text in found]
            print(f"{split} {label}: {len(found)} snippets of {len({p for p, _ in found})} files", flush=True)
            if split == "train":
                more = collect(label, packages[0].split(), work, POOL, rng)
                pool += [label + "\t" + " ".join(text.split()) for _, text in more]
        rows += [(text, "english prose") for _, text in prose(PROSE[split], work, count, rng)]
        if split == "train":
            more = prose(PROSE[split], work, POOL, rng)
            pool += ["english prose\t" + text for _, text in more]
        rng.shuffle(rows)
        with open(work / f"data/languages-{split}.csv", "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(["text", "label"])
            writer.writerows(rows)
    (work / "groups/code.tsv").write_text("\n".join(pool) + "\n", "utf-8")


if __name__ == "__main__":
    main()
