# SPDX-License-Identifier: Apache-2.0
"""The command line of tests/crash/run."""

import argparse
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from tests.crash.campaign import VOID, Campaign

RUNS = 3  # at most, when one after the other is void


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before its end"))  # so that nothing stays mounted
    parser = argparse.ArgumentParser(prog="tests/crash/run", description="Load and troubles by seed, then rest, then the checker.")
    parser.add_argument("--minutes", type=float, default=2.0, help="of load and troubles (2)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--rate", type=float, default=500.0, help="outbox events a second to aim at (500)")
    parser.add_argument("--gap", type=float, default=1.5, help="seconds between two troubles, on average (1.5); more than the run: none")
    parser.add_argument("--nodes", type=int, choices=[1, 3], default=1, help="Kafka nodes; 3: replication 3, min.insync 2")
    parser.add_argument("--state-folder", type=pathlib.Path, help="where the brokers keep their state (a small file system)")
    parser.add_argument("--result", type=pathlib.Path, help="file for the result, in Markdown")
    parser.add_argument("--record", type=pathlib.Path, help="file for what the checker read, in JSON")
    options = parser.parse_args()
    for voids in range(RUNS):
        result = Campaign(options, voids).run()
        if result != VOID:
            return result
    return f"{RUNS} runs were void"


if __name__ == "__main__":
    sys.exit(main())
