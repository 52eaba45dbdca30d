"""Event files of a run as TensorBoard's own reader sees them: the same numbers as log.jsonl.

Run by `./dev test --peers` with SECANT naming the command. Needs tensorboard."""
import glob
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SECANT = pathlib.Path(os.environ.get("SECANT", "build/release/secant")).resolve()


class Events(unittest.TestCase):
    def test_scalars(self):
        with tempfile.TemporaryDirectory() as folder:
            run = lambda *args: subprocess.run([SECANT, *args], cwd=folder, check=True, capture_output=True, text=True)
            run("demo", "cells", "--pictures", "12", "--size", "32")
            train = ["train", "cells", "--out", "run", "--encoder", "resnet18", "--encoder-depth", "3", "--decoder-channels", "16,8,8", "--size", "32", "--batch", "4", "--threads", "1"]
            run(*train, "--epochs", "2")
            run("train", "cells", "--out", "run", "--resume", "--epochs", "3")
            self.assertEqual(len(glob.glob(f"{folder}/run/*tfevents*")), 1)
            events = EventAccumulator(f"{folder}/run")
            events.Reload()
            log = [json.loads(line) for line in pathlib.Path(folder, "run/log.jsonl").read_text().splitlines()]
            self.assertEqual(len(log), 3)
            tags = events.Tags()["scalars"]
            columns = {"train/loss": "loss", "train/learning_rate": "learning_rate", "val/iou": "iou", "val/f1": "f1", "val/validation_loss": "validation_loss"}
            for tag, column in columns.items():
                self.assertIn(tag, tags)
                scalars = events.Scalars(tag)
                self.assertEqual([s.step for s in scalars], [1, 2, 3])
                for got, want in zip(scalars, log):
                    self.assertAlmostEqual(got.value, want[column], delta=1e-6 * max(1, abs(want[column])))
                self.assertTrue(all(a.wall_time <= b.wall_time for a, b in zip(scalars, scalars[1:])))


if __name__ == "__main__":
    unittest.main()
