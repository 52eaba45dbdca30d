"""A worker that needs no time: worker.py MS... answers with these times, in turn; "die" ends it, "silent" never answers and ends."""
import json
import sys

times = sys.argv[1:]
if "silent" in times:
	raise SystemExit("nothing to say")
print("a line that is no answer", flush=True)
print(json.dumps({"ready": True, "versions": {"fake": "1.0"}, "set_up": "as it is", "flops": 2e9, "bytes": 1e6, "precision": "f32"}), flush=True)
for i, _ in enumerate(sys.stdin):
	if times[i % len(times)] == "die":
		raise SystemExit("worn out")
	print(json.dumps({"ms": float(times[i % len(times)])}), flush=True)
