"""bench/compare.py on workers that only say how long they took: turns, ratios, memory, what is kept of results and of the page."""
import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "bench"))
import compare

ROWS = """# a comment

net | toy | --encoder resnet18 | --size
row | a | work a | toy | infer | 64 | 1 | f32 | slow fast | 1.5 3 | slow | 0.5 0.1
row | b | work b | toy | infer | 64 | 1 | f32 | broken | 1.5 3 | broken | 0.5 0.1
row | c | work c | toy | train | 64 | 2 | f32 | slow | - | - | -
"""
WORKERS = {"slow": ["1000", "900", "1200"], "fast": ["800", "700", "600"], "secant": ["400", "200", "300"], "broken": ["900", "die"]}


def worker(*times):
    return [sys.executable, os.path.join(HERE, "worker.py"), *times]


class Toy(compare.Bench):
    """Everything of a measurement but the real contenders."""
    def set_up(self, rows, every_row):
        pass

    def command_of(self, row, peer, precision):
        if row["kind"] == "cold":
            return [sys.executable, "-c", f"import time; time.sleep({WORKERS[peer]})"]
        return worker(*WORKERS[peer])

    def calibrate(self):
        return {"f32_gflops": 20.0, "bf16_gflops": 0.0, "copy_gbs": 10.0}


class CompareTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.rows = self.put("rows.txt", ROWS)
        self.real, compare.Bench = compare.Bench, Toy
        self.addCleanup(setattr, compare, "Bench", self.real)
        self.quiet(compare, "tell", lambda text: None)

    def quiet(self, where, name, value):
        self.addCleanup(setattr, where, name, getattr(where, name))
        setattr(where, name, value)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def put(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def compare(self, *arguments):
        out, sys.stdout, errors, sys.stderr = sys.stdout, open(self.path("stdout"), "w"), sys.stderr, open(self.path("stderr"), "w")
        try:
            return compare.main(["--rows", self.rows, "--out", self.folder.name, "--work", self.path("work"), "--rounds", "3", "--threads", "1", *arguments])
        finally:
            sys.stdout.close()
            sys.stderr.close()
            sys.stdout, sys.stderr = out, errors

    # ---- numbers ----

    def test_ratio_pairs_rounds(self):
        # The machine slowed down by 2 in the last rounds: ratios do not notice.
        r = compare.ratio_of([10, 12, 20, 24, 22], [5, 4, 10, 12, 10])
        self.assertEqual(r, {"median": 2.0, "min": 2.0, "max": 3.0, "rounds": 5})
        with self.assertRaises(ValueError):
            compare.ratio_of([1, 2], [1])
        with self.assertRaises(ValueError):
            compare.ratio_of([], [])

    def test_a_turn_leaves_its_first_run_out(self):
        self.assertEqual(compare.turn_of([9]), 9)
        self.assertEqual(compare.turn_of([9, 3]), 6)
        self.assertEqual(compare.turn_of([9, 3, 4, 5]), 4)

    def test_fastest_by_median(self):
        self.assertEqual(compare.fastest({"a": [1, 9, 9], "b": [5, 5, 5]}, ["a", "b"]), "b")

    def test_limit(self):
        work, rates = {"flops": 4e9, "bytes": 1e9}, {"f32_gflops": 100, "bf16_gflops": 0, "copy_gbs": 10}
        self.assertAlmostEqual(compare.limit_of(work, rates, False), 40 + 100)
        self.assertIsNone(compare.limit_of(work, rates, True))

    def test_best_rates(self):
        self.assertEqual(compare.best_rates({"copy_gbs": 3, "backend": "x"}, {"copy_gbs": 4, "backend": "x"}), {"copy_gbs": 4, "backend": "x"})

    def test_verdict(self):
        self.assertEqual([compare.verdict(v, 1.5, 2, True) for v in (1.4, 1.5, 2)], ["**no**", "yes", "aim"])
        self.assertEqual([compare.verdict(v, .7, .5, False) for v in (.8, .7, .5)], ["**no**", "yes", "aim"])
        self.assertEqual(compare.verdict(1, None, None, True), "")

    # ---- rows ----

    def test_rows(self):
        rows, nets = compare.read_rows(self.rows)
        self.assertEqual([r["key"] for r in rows], ["a", "b", "c"])
        self.assertEqual((rows[0]["peers"], rows[0]["least"], rows[0]["aim"], rows[0]["memory_aim"]), (["slow", "fast"], 1.5, 3, .1))
        self.assertEqual((rows[2]["least"], rows[2]["memory_least"], rows[2]["batch"]), (None, None, 2))
        self.assertEqual(nets, {"toy": {"options": ["--encoder", "resnet18"], "size": "--size"}})
        with self.assertRaisesRegex(SystemExit, "rows.txt:1: neither a row nor a net"):
            compare.read_rows(self.put("rows.txt", "row | too | short\n"))

    def test_the_shipped_rows(self):
        rows, nets = compare.read_rows(os.path.join(HERE, "..", "..", "bench", "rows.txt"))
        self.assertEqual(len({r["key"] for r in rows}), len(rows))
        for r in rows:
            self.assertIn(r["net"], nets)
            self.assertIn(r["kind"], ("train", "infer", "cold", "epochs"))
            for peer in r["peers"]:
                own = os.path.basename(compare.peers_of(r["net"], nets)[0])
                script = {"cold": f"{r['net']}_{peer}.py", "epochs": "nuclei.py"}.get(r["kind"], own)
                self.assertTrue(os.path.exists(os.path.join(HERE, "..", "..", "bench", "peers", script)), script)
                self.assertTrue(own != "smp.py" or "--arch" in nets[r["net"]]["options"], r["net"])

    # ---- contenders ----

    def test_turns_interleave(self):
        order = []

        class Noted:
            def __init__(self, name):
                self.name = name

            def turn(self):
                order.append(self.name)
                return len(order)
        times = compare.rounds_of({"a": Noted("a"), "b": Noted("b")}, 3, lambda text: None)
        self.assertEqual(order, ["a", "b"] * 3)
        self.assertEqual(times, {"a": [1, 3, 5], "b": [2, 4, 6]})

    def test_worker(self):
        w = compare.Worker(worker("600", "10"), dict(os.environ), self.path("log"))
        self.assertEqual(w.info["versions"], {"fake": "1.0"})
        self.assertEqual(w.state(), "T")                   # it does not run while others do
        self.assertEqual(w.turn(), 600)
        self.assertEqual(w.state(), "T")
        self.assertGreater(w.peak_bytes(), 1 << 20)
        w.close()
        self.assertIsNotNone(w.process.returncode)

    def test_worker_that_dies(self):
        with self.assertRaisesRegex(RuntimeError, "nothing to say"):
            compare.Worker(worker("silent"), dict(os.environ), self.path("log"))
        w = compare.Worker(worker("die"), dict(os.environ), self.path("log"))
        with self.assertRaisesRegex(RuntimeError, "worn out"):
            w.turn()
        w.close()

    def test_cold(self):
        c = compare.Cold([sys.executable, "-c", "import time; time.sleep(0.05); x = bytearray(50000000)"], dict(os.environ), self.path("log"))
        self.assertGreater(c.turn(), 50)
        self.assertGreater(c.peak_bytes(), 50000000)
        with self.assertRaisesRegex(RuntimeError, "status 1: no luck"):
            compare.Cold([sys.executable, "-c", "raise SystemExit('no luck')"], dict(os.environ), self.path("log"))

    # ---- results and page ----

    def test_measures_and_keeps_prose(self):
        self.put("performance.md", f"# Mine\n\nfirst words\n\n{compare.BEGIN}\nold\n{compare.END}\n\nlast words\n")
        self.assertEqual(self.compare("--only", "^a$"), 0)
        page = self.read("performance.md")
        self.assertTrue(page.startswith("# Mine\n\nfirst words\n"))
        self.assertTrue(page.endswith("\n\nlast words\n"))
        self.assertNotIn("old", page)
        row = json.loads(self.read("performance.json"))["machines"][0]["rows"]["a"]
        # secant 400 200 300 ms: two runs a turn below half a second, (400 + 200) / 2 and then (300 + 400) / 2 and (200 + 300) / 2
        self.assertEqual(row["contenders"]["secant"]["ms"], [300, 350, 250])
        self.assertEqual(row["contenders"]["fast"]["ms"], [800, 700, 600])
        self.assertEqual(row["best"], "fast")
        self.assertEqual(row["ratio"], {"median": 2.4, "min": 2.0, "max": 800 / 300, "rounds": 3})
        self.assertAlmostEqual(row["limit_ms"], 100.1)
        self.assertAlmostEqual(row["share"], 100.1 / 300)
        self.assertEqual(row["memory"]["theirs"], row["contenders"]["slow"]["peak_bytes"])
        self.assertIn("| work a | fast | 700 | 300 | **2.40** (2.00 to 2.67) | 1.5 / 3 | yes |", page)
        self.assertIn("| work a | slow | 1000 (900 to 1200) |", page)
        self.assertIn("fake 1.0 | as it is |", page)

    def test_rows_are_merged(self):
        self.assertEqual(self.compare("--only", "^c$"), 0)
        before = json.loads(self.read("performance.json"))["machines"][0]["rows"]["c"]
        self.assertEqual(self.compare(), 1)                        # b breaks, a and c are kept
        self.assertIn("worn out", self.read("stderr"))
        rows = json.loads(self.read("performance.json"))["machines"][0]["rows"]
        self.assertEqual(sorted(rows), ["a", "c"])
        self.assertEqual(rows["c"]["ratio"], before["ratio"])
        page = self.read("performance.md")
        self.assertLess(page.index("| work a |"), page.index("| work c |"))
        # another number of threads is another table
        self.assertEqual(self.compare("--only", "^c$", "--threads", "2"), 0)
        data = json.loads(self.read("performance.json"))
        self.assertEqual([(m["threads"], sorted(m["rows"])) for m in data["machines"]], [(1, ["a", "c"]), (2, ["c"])])

    def test_time_is_up(self):
        self.assertEqual(self.compare("--minutes", "-1"), 0)
        self.assertIn("not measured: a b c", self.read("stderr"))

    def test_ipex_rows(self):
        WORKERS["ipex"] = ["500"]
        self.assertEqual(self.compare("--ipex", "--only", "c"), 0)
        row = json.loads(self.read("performance.json"))["machines"][0]["rows"]["c+ipex"]
        self.assertEqual((row["best"], row["least"]), ("ipex", None))

    def test_note(self):
        self.assertEqual(self.compare("--note", "ipex", "cannot be installed"), 0)
        self.assertIn("\nipex: cannot be installed\n", self.read("performance.md"))

    def test_render(self):
        os.mkdir(self.path("images"))
        self.put("images/cost-of-pixels.png", "")
        self.assertEqual(self.compare("--render"), 0)
        self.assertIn("\n![cost of pixels](images/cost-of-pixels.png)\n", self.read("performance.md"))
        self.assertNotIn("cost-of-batch", self.read("performance.md"))
        self.assertFalse(os.path.exists(self.path("performance.json")))

    def test_page_without_markers(self):
        self.put("performance.md", "prose only\n")
        with self.assertRaisesRegex(ValueError, "needs the markers"):
            self.compare("--only", "^a$")
        self.assertEqual(self.read("performance.md"), "prose only\n")
        for broken in (compare.END + compare.BEGIN, compare.BEGIN, compare.BEGIN * 2 + compare.END):
            with self.assertRaises(ValueError):
                compare.put_tables(broken, "")

    def test_no_such_row(self):
        with self.assertRaisesRegex(SystemExit, "no row of .* matches 'nothing'"):
            self.compare("--only", "nothing")


if __name__ == "__main__":
    unittest.main()
