"""What telemetry and an open dashboard cost: `merge` by turns without telemetry, with it, and with a dashboard that is asked
for what its page of the status shows, as often as that page asks.

    cargo bench --bench harness --no-default-features --features dashboard --no-run
    python3 benches/telemetry.py target/release/deps/harness-... [ROUNDS]

Prints the median time of a run, the CPU of a run, and both as a ratio to that without telemetry. Only Python's own library.
"""
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

RUNS = 3
MODES = [("off", ["--telemetry", "false"]), ("on", []), ("open", ["--dashboard"])]
PAGE = "/json/several?views=moment,system,workers,stream,progress"


def look(link):
    """Asks as the page does: 0.7 s between two questions at the least, and a tenth of the time at the most."""
    base, token = link.split("/status?token=")
    request = urllib.request.Request(base + PAGE, headers={"Authorization": "Bearer " + token})
    while True:
        began = time.time()
        try:
            urllib.request.urlopen(request, timeout=20).read()
        except OSError:
            return  # The program has ended.
        time.sleep(max(0.7, 9 * (time.time() - began)))


def run(harness, options):
    """The times of the runs that count, and the CPU of each run."""
    command = [harness, "merge", "--n", "100000", "--runs", str(RUNS), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if "--dashboard" in options:
        threading.Thread(target=look, args=[process.stderr.readline().strip()], daemon=True).start()
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, f"{command}: {status}"
    return json.loads(said.splitlines()[-1])["runs"], (used.ru_utime + used.ru_stime) / (RUNS + 1)


def main():
    harness, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 16
    times, cpu = {name: [] for name, _ in MODES}, {name: [] for name, _ in MODES}
    for _ in range(rounds):
        for name, options in MODES:
            runs, used = run(harness, options)
            times[name] += runs
            cpu[name].append(used)
    for name, _ in MODES:
        (wall, used), (wall_off, used_off) = [
            [statistics.median(values[which]) for values in (times, cpu)] for which in (name, "off")
        ]
        print(f"{name:5} {wall:.3f} s {wall / wall_off:.2f}   CPU {used:.3f} s {used / used_off:.2f}   of {len(times[name])} runs")


main()
