#!/usr/bin/env python3
"""secant beside its peers, in turns: `./dev bench --peers` runs this.

Each contender of a row (bench/rows.txt) is a process of its own that lives through all rounds, warmed up, and runs only on request: the
others are stopped meanwhile (SIGSTOP), so that no waiting thread of theirs takes a core. Rounds interleave: A B C A B C ... What counts is
the ratio of times within a round, its median and its spread over the rounds: machines are shared, and rates drift within minutes. In rows
of kinds `cold` and `epochs` each turn is a whole process from its start to its end.

Results are merged into docs/performance.json row by row, and the tables of docs/performance.md are written anew from that: between the
markers, everything outside them stays.
"""
import argparse
import datetime
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
CHARTS = "cost-of-pixels.png", "cost-of-batch.png"       # of `secant bench --plots`
TURN_SECONDS = 0.5
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")
NEW_PAGE = f"""# Performance

Written by `./dev bench --peers`, never by hand: everything between the markers. Notes stand outside them.

{BEGIN}
{END}
"""


# ---- rows ----

def read_rows(path):
    """The rows and the options of each network: two kinds of lines, see rows.txt."""
    rows, nets = [], {}
    with open(path) as f:
        lines = f.read().splitlines()
    for number, line in enumerate(lines, 1):
        words = [w.strip() for w in line.split("|")]
        if words[0] == "net" and len(words) == 4:
            nets[words[1]] = {"options": words[2].split(), "size": words[3]}
        elif words[0] == "row" and len(words) == 12:
            pair = lambda text: [float(x) for x in text.split()] if text != "-" else [None, None]
            key, work, net, kind, size, batch, precision, peers, ratio, memory_of, memory = words[1:]
            (least, aim), (memory_least, memory_aim) = pair(ratio), pair(memory)
            rows.append(dict(key=key, work=work, net=net, kind=kind, size=int(size), batch=int(batch), precision=precision, peers=peers.split(),
                             least=least, aim=aim, memory_of=memory_of, memory_least=memory_least, memory_aim=memory_aim))
        elif words[0] and not words[0].startswith("#"):
            raise SystemExit(f"{path}:{number}: neither a row nor a net")
    return rows, nets


# ---- statistics ----

def ratio_of(peer, own):
    """Median, least and largest of peer / own, round by round."""
    if len(peer) != len(own) or not own:
        raise ValueError(f"{len(peer)} and {len(own)} rounds do not pair")
    ratios = [p / o for p, o in zip(peer, own)]
    return {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios), "rounds": len(ratios)}


def turn_of(times):
    """What a turn counts: the median of its runs, without the first one where there are more than two: that one finds cold caches."""
    return statistics.median(times[1:] if len(times) > 2 else times)


def peers_of(net, nets):
    """The script of a net's peers, with what says which net it is where one script has many."""
    own = os.path.join(HERE, "peers", f"{net}.py")
    return [own] if os.path.exists(own) else [os.path.join(HERE, "peers", "smp.py"), net, " ".join(nets[net]["options"])]


def fastest(times, peers):
    return min(peers, key=lambda name: statistics.median(times[name]))


def limit_of(work, rates, low):
    """The time in ms that the machine allows: work at the rate of a large product, and the bytes that must move at the rate of copying."""
    products = rates["bf16_gflops" if low else "f32_gflops"]
    if not products or not rates["copy_gbs"]:
        return None
    return 1e3 * (work["flops"] / (1e9 * products) + work["bytes"] / (1e9 * rates["copy_gbs"]))


def best_rates(*several):
    """What the machine reached at best, before or after a row."""
    return {k: max(r[k] for r in several) if isinstance(v, (int, float)) else v for k, v in several[0].items()}


# ---- contenders ----

class Worker:
    """A process that runs once for each line it is sent."""

    def __init__(self, command, environment, log):
        self.log = open(log, "w+")
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=environment, text=True, start_new_session=True)
        try:
            self.info = self.answer("ready")
        except BaseException:
            self.close()
            raise
        self.rest()

    def answer(self, key):
        while True:
            line = self.process.stdout.readline()
            if not line:
                self.process.wait()
                self.log.seek(0)
                raise RuntimeError(f"{' '.join(self.command[:3])} ended with status {self.process.returncode}: {self.log.read()[-500:].strip()}")
            if line.startswith("{"):
                answer = json.loads(line)
                if key in answer:
                    return answer

    def signal(self, number):
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def rest(self):
        self.signal(signal.SIGSTOP)
        while self.state() not in "TZX":         # stopped, or gone
            time.sleep(0.0005)

    def state(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0]

    def turn(self):
        self.signal(signal.SIGCONT)
        times = []
        while not times or sum(times) < 1e3 * TURN_SECONDS:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            times.append(self.answer("ms")["ms"])
        self.rest()
        return turn_of(times)

    def peak_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return 1024 * int(re.search(r"VmHWM:\s*(\d+)", f.read()).group(1))

    def close(self):
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


class Cold:
    """A process that is started anew in every turn."""

    def __init__(self, command, environment, log):
        self.command, self.environment, self.log, self.peak, self.info = command, environment, log, 0, {}
        self.turn()                              # warms the page cache

    def turn(self):
        with open(self.log, "w+") as log:
            start = time.perf_counter()
            process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
            _, status, usage = os.wait4(process.pid, 0)
            elapsed = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if status:
                log.seek(0)
                raise RuntimeError(f"{' '.join(self.command[:3])} ended with status {process.returncode}: {log.read()[-500:].strip()}")
        self.peak = max(self.peak, usage.ru_maxrss * 1024)
        return 1e3 * elapsed

    def peak_bytes(self):
        return self.peak

    def close(self):
        pass


def rounds_of(contenders, rounds, tell):
    """Times of every contender, one a round, in turns."""
    times = {name: [] for name in contenders}
    for k in range(rounds):
        for name, c in contenders.items():
            times[name].append(c.turn())
            tell(f"round {k + 1}/{rounds}: {name} {times[name][-1]:.1f} ms")
    return times


class Bench:
    def __init__(self, options, nets):
        self.o, self.nets = options, nets
        self.environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads), TORCHINDUCTOR_CACHE_DIR=os.path.join(options.work, "inductor"))

    def path(self, name):
        return os.path.join(self.o.work, name)

    def run(self, *command):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[:4])}: {(done.stderr or done.stdout)[-500:].strip()}")
        return done.stdout

    def set_up(self, rows, every_row):
        """Weights, ONNX files of all shapes and a picture, once; and that both sides say the same to one input."""
        for size in sorted({r["size"] for r in rows if r["kind"] == "epochs"}):
            if not os.path.exists(self.path(f"cells-{size}")):
                self.run(self.o.secant, "demo", self.path(f"cells-{size}"), "--pictures", "214", "--size", str(size))
        for net in sorted({r["net"] for r in rows if r["kind"] in ("infer", "cold")}):
            shapes = sorted({f"{r['size']}x{r['batch']}" for r in every_row if r["net"] == net and r["kind"] in ("infer", "cold")})
            done = "-".join([net, *shapes, "exported"])
            if not os.path.exists(self.path(done)):
                tell(f"{net}: exporting {', '.join(shapes)}")
                self.run(self.o.python, *peers_of(net, self.nets), "export", self.o.work, *shapes)
                self.run(self.o.secant, "import", self.path(f"{net}.pth"), *self.nets[net]["options"], "--out", self.path(f"{net}.safetensors"))
                write(self.path(done), "")
            self.run(self.o.secant, "run", self.path(f"{net}.safetensors"), self.path(f"{net}-input.safetensors"), self.path("ours.safetensors"), "--precision", "f32")
            apart = float(self.run(self.o.python, *peers_of(net, self.nets), "check", self.path("ours.safetensors"), self.path(f"{net}-logits.safetensors")))
            tell(f"{net}: logits of secant and PyTorch differ by {apart:.1e} of the largest")
            if apart > 1e-3:
                raise RuntimeError(f"{net}: secant and PyTorch do not compute the same network")
        for net, size in sorted({(r["net"], r["size"]) for r in rows if r["precision"] == "int8"}):
            if not os.path.exists(self.path(f"{net}-{size}-int8.onnx")):
                cells = self.path(f"cells-{size}")
                tell(f"{net}: quantising")
                if not os.path.exists(cells):
                    self.run(self.o.secant, "demo", cells, "--pictures", "12", "--size", str(size))
                self.run(self.o.secant, "quantize", self.path(f"{net}.safetensors"), cells, "--out", self.path(f"{net}-{size}-int8.onnx"),
                         "--size", str(size), "--images", "2", "--target-loss", "1")

    def command_of(self, row, peer, precision):
        o, folder = self.o, self.o.work
        if row["kind"] == "cold":
            if peer != "secant":
                return [o.python, os.path.join(HERE, "peers", f"{row['net']}_{peer}.py"), folder, self.path(f"mask-{peer}.png")]
            return [o.secant, "predict", self.path(f"{row['net']}.safetensors"), self.path("picture.jpg"), "--out", self.path("mask-secant.png"), "--overwrite", "--precision", "auto",
                    "--threads", str(o.threads), "--quiet"]
        if row["kind"] == "epochs":
            data, common = self.path(f"cells-{row['size']}"), ["--epochs", "3", "--precision", precision, "--threads", str(o.threads)]
            if peer != "secant":
                return [o.python, os.path.join(HERE, "peers", "nuclei.py"), data, "--plain", *common]
            return [o.secant, "train", data, "--out", self.path("epochs"), "--overwrite", "--quiet", *self.nets[row["net"]]["options"], "--batch", str(row["batch"]), *common]
        if not peer.startswith("secant"):
            return [o.python, *peers_of(row["net"], self.nets), peer, row["kind"], str(row["size"]), str(row["batch"]), precision, str(o.threads), folder]
        precision = "f32" if peer == "secant-f32" else precision
        model = self.path(f"{row['net']}-{row['size']}-int8.onnx" if precision == "int8" else f"{row['net']}.safetensors")
        precision = "f32" if precision == "int8" else precision          # of what is not in bytes
        net = self.nets[row["net"]]
        what = ["--train", *net["options"]] if row["kind"] == "train" else [model] if os.path.exists(model) else net["options"]
        return [o.secant, "bench", *what, "--on-request", "--quiet", net["size"], str(row["size"]), "--batch", str(row["batch"]), "--precision", precision, "--threads", str(o.threads)]

    def start(self, row, peer, precision):
        tell(f"{row['key']}: {peer} warms up")
        kind = Cold if row["kind"] in ("cold", "epochs") else Worker
        return kind(self.command_of(row, peer, precision), self.environment, self.path(f"{peer}.log"))

    def calibrate(self):
        return json.loads(self.run(self.o.secant, "bench", "--calibrate", "--json", "--threads", str(self.o.threads)))

    def measure(self, row):
        contenders, result = {}, {k: row[k] for k in ("work", "least", "aim", "memory_of", "memory_least", "memory_aim")}
        before = self.calibrate()
        try:
            for name in row["peers"] + ["secant"]:
                contenders[name] = self.start(row, name, row["precision"])
            times = rounds_of(contenders, self.o.rounds, lambda text: tell(f"{row['key']}: {text}"))
            result["contenders"] = {name: {"ms": times[name], "peak_bytes": c.peak_bytes(), "versions": c.info.get("versions"), "set_up": c.info.get("set_up")}
                                    for name, c in contenders.items()}
            work = contenders["secant"].info
        finally:
            for c in contenders.values():
                c.close()
        result["calibration"] = rates = best_rates(before, self.calibrate())
        if rates.get("backend"):
            result["contenders"]["secant"]["set_up"] = f"{rates['backend']}, {rates['instruction_set']}"
        result["best"] = best = fastest(times, row["peers"])
        result["ratio"] = ratio_of(times[best], times["secant"])
        result["memory"] = self.memory(row, result)
        if "flops" in work and row["precision"] != "int8":
            result["limit_ms"] = limit = limit_of(work, rates, work["precision"] == "bf16")
            result["share"] = limit / statistics.median(times["secant"]) if limit else None
        return result

    def prepare(self, row):
        if row["kind"] not in ("cold", "epochs"):
            for name in row["peers"]:
                self.start(row, name, row["precision"]).close()

    def memory(self, row, result):
        """Our peak over that of the peer it is compared with; "NAME:PRECISION" is a peer that only lends its memory."""
        peer, _, precision = row["memory_of"].partition(":")
        own = result["contenders"]["secant"]["peak_bytes"]
        if peer in result["contenders"]:
            theirs = result["contenders"][peer]["peak_bytes"]
        elif peer == "-":
            return None
        else:
            c = self.start(row, peer, precision or row["precision"])
            theirs = c.peak_bytes()
            c.close()
        return {"ours": own, "theirs": theirs, "ratio": own / theirs}


# ---- the page ----

def machine():
    with open("/proc/cpuinfo") as f:
        about = dict(re.findall(r"^(.*?)\s*: (.*)$", f.read(), re.M))
    flags = about.get("flags", "").split()
    return {"cpu": about.get("model name", "unknown"), "cores": os.cpu_count(), "flags": " ".join(f for f in FLAGS if f in flags)}


def commit():
    try:
        here = lambda *a: subprocess.run(["git", "-C", ROOT, *a], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.strip()
        return here("rev-parse", "--short", "HEAD") + (" and changes" if here("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def read(path, otherwise):
    if not os.path.exists(path):
        return otherwise
    with open(path) as f:
        return f.read()


def write(path, text):
    with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(os.path.abspath(path)), delete=False) as f:
        f.write(text)
    os.chmod(f.name, 0o644)
    os.replace(f.name, path)


def merge(data, where, threads, key, result):
    """Puts a row into what is known: one entry for each kind of machine and number of threads, the newest result of each row."""
    for m in data.setdefault("machines", []):
        if m["cpu"] == where["cpu"] and m["flags"] == where["flags"] and m["threads"] == threads:
            break
    else:
        m = dict(where, threads=threads, rows={})
        data["machines"].append(m)
    m["rows"][key] = result


def mib(bytes):
    return f"{bytes / 1048576:.0f}"


def milliseconds(ms):
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.1f}"


def verdict(value, least, aim, up):
    """reached, aim reached, or below: what was asked for."""
    if least is None:
        return ""
    better = (lambda a, b: a >= b) if up else (lambda a, b: a <= b)
    return "aim" if better(value, aim) else "yes" if better(value, least) else "**no**"


def row_line(r):
    own, peer, c = r["contenders"]["secant"], r["contenders"][r["best"]], r["calibration"]
    ratio, memory = r["ratio"], r["memory"]
    wanted = f"{r['least']:g} / {r['aim']:g}" if r["least"] is not None else "-"
    cells = [r["work"], r["best"], milliseconds(statistics.median(peer["ms"])), milliseconds(statistics.median(own["ms"])),
             f"**{ratio['median']:.2f}** ({ratio['min']:.2f} to {ratio['max']:.2f})", wanted, verdict(ratio["median"], r["least"], r["aim"], True)]
    if memory:
        wanted = f", at most {r['memory_least']:g}: {verdict(memory['ratio'], r['memory_least'], r['memory_aim'], False)}" if r["memory_least"] is not None else ""
        cells.append(f"{mib(memory['ours'])} / {mib(memory['theirs'])} ({r['memory_of']}) = {memory['ratio']:.2f}{wanted}")
    else:
        cells.append(mib(own["peak_bytes"]))
    cells.append(f"{100 * r['share']:.0f} %" if r.get("share") else "-")
    cells.append(f"{c['f32_gflops']:.0f}, {c['bf16_gflops']:.0f}, {c['copy_gbs']:.1f}")
    cells.append(f"{r['date']}, {r['commit']}, {ratio['rounds']}")
    return "| " + " | ".join(cells) + " |"


def contender_lines(r):
    for name, c in r["contenders"].items():
        of = ", ".join(f"{k} {v}" for k, v in (c["versions"] or {}).items())
        yield (f"| {r['work']} | {name} | {milliseconds(statistics.median(c['ms']))} ({milliseconds(min(c['ms']))} to {milliseconds(max(c['ms']))}) | "
               f"{mib(c['peak_bytes'])} | {of} | {c['set_up'] or ''} |")


def ordered(rows, order):
    """In the order of rows.txt; a key with an ending (+ipex) behind its own."""
    place = {k: i for i, k in enumerate(order)}
    return sorted(rows, key=lambda k: (place.get(k.partition("+")[0], len(place)), k))


def render(data, order, charts):
    out = []
    for m in data.get("machines", []):
        out += [f"## {m['cpu']}, {m['cores']} cores, {m['threads']} thread{'s' if m['threads'] > 1 else ''}", "", f"Instruction sets: {m['flags']}.", "",
                "| work | best peer | peer, ms | secant, ms | peer / secant (spread) | asked / aim | reached | peak memory, MiB: ours / theirs | share of the limit | "
                "GFLOP/s f32, bf16; copy GB/s | date, commit, rounds |", "|" + "---|" * 11]
        out += [row_line(m["rows"][k]) for k in ordered(m["rows"], order)]
        out += ["", "Every contender, median (fastest to slowest round):", "", "| work | contender | ms | peak memory, MiB | versions | set up |", "|" + "---|" * 6]
        out += [line for k in ordered(m["rows"], order) for line in contender_lines(m["rows"][k])]
        out.append("")
    if charts:
        out += ["## Cost of pixels, batches and threads", "", "Level lines say that the cost is linear (`./dev bench --plots`).", ""]
        out += [f"![{os.path.splitext(c)[0].replace('-', ' ')}](images/{c})" for c in charts]
        out.append("")
    for name, why in sorted(data.get("notes", {}).items()):
        out += [f"{name}: {why}", ""]
    return "\n".join(out)


def put_tables(page, tables):
    """The page with new tables between its markers. Anything else is an error: prose is never lost."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"the page needs the markers {BEGIN} and {END}, once each and in this order")
    head, rest = page.split(BEGIN)
    return head + BEGIN + "\n\n" + tables.strip() + "\n\n" + END + rest.split(END)[1]


class Record:
    """docs/performance.json and the page made of it."""

    def __init__(self, folder, order):
        self.raw, self.page, self.order = os.path.join(folder, "performance.json"), os.path.join(folder, "performance.md"), order
        os.makedirs(folder, exist_ok=True)
        self.data = json.loads(read(self.raw, "{}"))
        put_tables(self.read_page(), "")          # a page without markers is found out before hours of measuring

    def read_page(self):
        return read(self.page, NEW_PAGE)

    def save(self):
        charts = [c for c in CHARTS if os.path.exists(os.path.join(os.path.dirname(self.page), "images", c))]
        page = put_tables(self.read_page(), render(self.data, self.order, charts))
        if self.data:
            write(self.raw, json.dumps(self.data, indent=1) + "\n")
        write(self.page, page)


# ---- the command ----

def tell(text):
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"\x1b[2K{text}" if end == "\r" else text, end=end, file=sys.stderr, flush=True)


def parse(arguments):
    p = argparse.ArgumentParser(prog="./dev bench --peers", description="secant beside its peers, in turns")
    p.add_argument("--only", default="", metavar="REGEX", help="rows whose key matches")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--minutes", type=float, default=15, help="no row is begun later than this")
    p.add_argument("--prepare", action="store_true", help="measures nothing: exports, and fills torch.compile's cache, which takes minutes a row, once")
    p.add_argument("--ipex", action="store_true", help="the rows of training and inference against intel-extension-for-pytorch")
    p.add_argument("--python", default=sys.executable, help="that has the peers")
    p.add_argument("--secant", default=os.environ.get("SECANT", os.path.join(ROOT, "build/release/secant")))
    p.add_argument("--rows", default=os.path.join(HERE, "rows.txt"))
    p.add_argument("--work", default=os.path.join(ROOT, "build/bench"), help="folder for weights, ONNX files, logs")
    p.add_argument("--out", default=os.path.join(ROOT, "docs"), help="folder of performance.md and performance.json")
    p.add_argument("--render", action="store_true", help="only writes the page anew, from what is known")
    p.add_argument("--note", nargs=2, metavar=("NAME", "WHY"), help="only writes a sentence below the tables: why a peer is missing")
    return p.parse_args(arguments)


def asked(key, only):
    """Is the row to be measured? Those of the zoo and of bytes are many: they are where --only says so."""
    return re.search(only, key) and (only or not key.startswith(("zoo-", "int8-")))


def for_ipex(rows):
    """Recorded, not asked for: there are no numbers to reach."""
    return [dict(r, key=r["key"] + "+ipex", peers=["ipex"], memory_of="ipex", least=None, aim=None, memory_least=None, memory_aim=None)
            for r in rows if r["kind"] in ("train", "infer")]


def main(arguments):
    o = parse(arguments)
    rows, nets = read_rows(o.rows)
    record = Record(o.out, [r["key"] for r in rows])
    if o.note:
        record.data.setdefault("notes", {})[o.note[0]] = o.note[1]
    if o.note or o.render:
        record.save()
        return 0
    every_row = rows
    rows = [r for r in (for_ipex(rows) if o.ipex else rows) if asked(r["key"], o.only)]
    if not rows:
        raise SystemExit(f"no row of {o.rows} matches '{o.only}'")
    os.makedirs(o.work, exist_ok=True)
    bench, where, started, failed = Bench(o, nets), machine(), time.monotonic(), 0
    if not o.ipex:
        bench.set_up(rows, every_row)
    for i, row in enumerate(rows):
        if time.monotonic() - started > 60 * o.minutes and not o.prepare:
            print(f"\n{o.minutes:g} minutes are over; not measured: {' '.join(r['key'] for r in rows[i:])} (--minutes, --only)", file=sys.stderr)
            break
        try:
            if o.prepare:
                bench.prepare(row)
                continue
            result = bench.measure(row)
        except RuntimeError as e:
            print(f"\n{row['key']}: {e}", file=sys.stderr)
            failed += 1
            continue
        result.update(date=datetime.date.today().isoformat(), commit=commit())
        merge(record.data, where, o.threads, row["key"], result)
        record.save()
        if sys.stderr.isatty():
            print("\x1b[2K", end="", file=sys.stderr)
        print(row_line(result), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
