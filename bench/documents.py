# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents (workload W5): gatehouse classify beside clamscan, a script of pdftotext, unzip and yara, and yara alone, on the same generated
files and the same 100 rules, in one run. Called by bench/run as the workload "documents"."""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

NEEDED = (("clamscan", 0.30), ("script", 0.45))  # our CPU / theirs must not be more
SCRIPT = r"""
cd "$1" || exit 1
for f in files/*; do
    case $f in
    *.pdf) pdftotext -q -enc UTF-8 "$f" "$2/t.txt" ;;
    *.docx | *.zip) unzip -p -qq -- "$f" >"$2/t.txt" 2>/dev/null ;;
    *) cp "$f" "$2/t.txt" ;;
    esac
    yara -N -w "$3" "$2/t.txt" 2>/dev/null | sed "s|^|$f |"
done
"""


def make(mkload, cache, scale):
    os.makedirs(cache, exist_ok=True)
    files, rules = os.path.join(cache, "documents-%g" % scale), os.path.join(cache, "document-rules")
    for what, path, more in (("docs", files, ["--scale", str(scale)]), ("rules", rules, [])):
        if not os.path.isdir(path):
            shutil.rmtree(path + ".new", ignore_errors=True)
            subprocess.run([sys.executable, mkload, what, "-o", path + ".new", *more], check=True, stdout=subprocess.DEVNULL)
            os.rename(path + ".new", path)
    return files, rules


def rule_sets(rules, scratch):
    """Directories with 10, 100 and 1000 rules: the eight that find something, and noise."""
    lines = [x for x in open(os.path.join(rules, "gh.yar")) if x.startswith("rule ")]
    marks, noise = [x for x in lines if x.startswith("rule gh_mark")], [x for x in lines if not x.startswith("rule gh_mark")]
    out = {}
    for n in (10, 100, 1000):
        out[n] = os.path.join(scratch, "rules-%d" % n)
        os.mkdir(out[n])
        with open(os.path.join(out[n], "set.yar"), "w") as f:
            f.writelines(marks)
            for i in range(n - len(marks)):
                x = noise[i % len(noise)]
                # another number in each copy: the same words, another string
                f.write(re.sub(r'rule \w+', "rule noise_%d" % i, re.sub(r'(\$a = "[^"]*?)(\d+)"', lambda m: '%s%d"' % (m.group(1), i + 10000), x)))
    return out


def truth_of(files):
    want = {}
    for line in open(os.path.join(files, "truth.jsonl")):
        t = json.loads(line)
        want[t["name"]] = None if t["marking"] is None else "gh_mark_%d" % t["marking"]
    return want


def found_ours(out):
    hits = set()
    for line in open(out, errors="replace"):
        r = json.loads(line)
        hits |= {(os.path.basename(r["file"]), m["rule"]) for m in r["matches"]}
    return hits


def found_lines(out, pattern):
    hits = set()
    for line in open(out, errors="replace"):
        m = re.search(pattern, line)
        if m:
            hits.add((os.path.basename(m.group("file")), m.group("rule")))
    return hits


def found_clam(out):
    return {(f, "gh_mark_" + re.sub(r"\D", "", n)) for f, n in found_lines(out, r"^(?P<file>[^:]+): GH\.Mark(?P<rule>\d+w?)")}


def judge(hits, want):
    marked = {(f, r) for f, r in want.items() if r}
    false = {f for f, r in hits if r.startswith("gh_mark") and want.get(f, "?") != "?" and want[f] != r}
    return len(marked & hits), len(marked), len(false)


def programs(build, files, rules, sets, scratch):
    gatehouse = os.path.join(build, "gatehouse")
    one = [gatehouse, "classify", "--set", "scan.rules=" + sets[100]]
    yar = os.path.join(sets[100], "set.yar")
    script = os.path.join(scratch, "script")
    with open(script, "w") as f:
        f.write(SCRIPT)
    have = {n: shutil.which(n) for n in ("yara", "clamscan", "pdftotext", "unzip")}
    line = r"^(?P<file>\S+) (?P<rule>gh_mark_\d+)"
    return [
        ("gatehouse", one + [os.path.join(files, "files")], found_ours),
        ("gatehouse, 10 rules", one[:-1] + ["scan.rules=" + sets[10], os.path.join(files, "files")], found_ours),
        ("gatehouse, 1000 rules", one[:-1] + ["scan.rules=" + sets[1000], os.path.join(files, "files")], found_ours),
        ("clamscan", have["clamscan"] and ["clamscan", "-d", os.path.join(rules, "gh.ndb"), "-r", "--infected", "--no-summary", os.path.join(files, "files")], found_clam),
        ("script", all(have[n] for n in ("yara", "pdftotext", "unzip")) and ["sh", script, files, scratch, yar], lambda o: found_lines(o, line.replace(r"(?P<rule>", r"(?P<rule>"))),
        ("yara on raw files", have["yara"] and ["yara", "-r", "-N", "-w", yar, os.path.join(files, "files")], lambda o: found_lines(o, r"^(?P<rule>gh_mark_\d+) (?P<file>.+)$")),
    ]


def ocr(build, cpu, scratch, rounds):
    """What a picture of a page costs, with and without reading it: 1240 x 1754 points of words, drawn by poppler or nobody."""
    from_pdf = shutil.which("pdftoppm")
    if not from_pdf:
        print("  OCR: absent (pdftoppm draws the page)")
        return
    text = "".join("(the delegation arrived on monday and the meeting agreed on page %d) Tj 0 -18 Td " % i for i in range(30))
    stream = "BT /F1 12 Tf 60 780 Td %sET" % text
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
               "<</Length %d>>stream\n%s\nendstream" % (len(stream), stream), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    pdf = "%PDF-1.4\n" + "".join("%d 0 obj%s endobj\n" % (i + 1, o) for i, o in enumerate(objects)) + "trailer<</Root 1 0 R>>\n"
    with open(os.path.join(scratch, "page.pdf"), "w") as f:
        f.write(pdf)
    subprocess.run([from_pdf, "-r", "150", "-gray", "-png", "-singlefile", os.path.join(scratch, "page.pdf"), os.path.join(scratch, "page")], check=True,
                   stderr=subprocess.DEVNULL)
    use = {}
    for _ in range(rounds):
        for on in ("true", "false"):
            argv = [os.path.join(build, "gatehouse"), "classify", "--text", "--set", "scan.ocr=" + on, os.path.join(scratch, "page.png")]
            use.setdefault(on, []).append(cpu(argv, os.path.join(scratch, "out"))[0])
            if on == "true":
                words = open(os.path.join(scratch, "out"), errors="replace").read().count("delegation")
    print("  OCR of a page at 150 dpi: %.2f s CPU (switched off %.2f s), %d of 30 lines read" % (statistics.median(use["true"]), statistics.median(use["false"]), words))


def run(build, rounds, scale, mkload, cache, cpu):
    """cpu(argv, out) runs a program: (CPU seconds, wall seconds, exit code, MiB). True when what is asked was reached."""
    files, rules = make(mkload, cache, scale)
    want, size = truth_of(files), sum(e.stat().st_size for e in os.scandir(os.path.join(files, "files")))
    good, use, result = True, {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        rows = programs(build, files, rules, rule_sets(rules, scratch), scratch)
        out = os.path.join(scratch, "out")
        print("documents: %d files, %.1f MB, %d marked, %d rounds" % (len(want), size / 1e6, sum(1 for x in want.values() if x), rounds))
        for _ in range(rounds):
            for title, argv, found in rows:
                if argv:
                    use.setdefault(title, []).append(cpu(argv, out))
                    result[title] = judge(found(out), want)
        ours = [u[0] for u in use["gatehouse"]]
        for title, argv, _ in rows:
            if not argv:
                print("  %-22s absent" % title)
                continue
            ratios = [o / max(u[0], 1e-6) for o, u in zip(ours, use[title])]
            hit, marked, false = result[title]
            seconds, ratio, must = statistics.median(u[0] for u in use[title]), statistics.median(ratios), dict(NEEDED).get(title)
            verdict = "" if must is None else "  must %.2f %s" % (must, "ok" if ratio <= must else "MISSED")
            void = title.startswith("gatehouse") and (hit != marked or false)
            good &= not void and (must is None or ratio <= must)
            print("  %-22s %7.2f s CPU %7.2f s wall %7.0f documents/s %7.1f MB/s  marked %d/%d, false %d  rss %5.0f MiB  gatehouse / this %.2f [%.2f-%.2f]%s%s" % (
                title, seconds, statistics.median(u[1] for u in use[title]), len(want) / max(seconds, 1e-6), size / 1e6 / max(seconds, 1e-6), hit, marked, false,
                max(u[3] for u in use[title]), ratio, min(ratios), max(ratios), verdict, "  void" if void else ""))
        ocr(build, cpu, scratch, rounds)
    return good
