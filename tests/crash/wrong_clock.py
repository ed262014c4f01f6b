#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The clocks of brokers and connectors in a campaign: the simulated systems' clock, wrong by as much as each is told.

GET /NAME tells the time as demo/clock.py does; POST /NAME {"wrong_us": N} sets how wrong that one is, so it goes forward and back, and
answers how often it was told since it was last set. The systems keep the right one: a version that is a system's own time goes back with
its clock, and then no reader knows what is newer. A process that follows such a clock never sees it go back: its time stands still
(base/clock.h); one that is started meanwhile does. Wall clocks that jump under running processes: tests/scenarios/test_wall_clock.py.
"""

import argparse
import collections
import json
import pathlib
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from demo.clock import serve


class WrongClocks:
    def __init__(self, url):
        self.url, self.wrong_us = url, {}
        self.times = collections.Counter()  # name → how often it was told since it was last set

    def answer(self, path, asked):
        if asked is not None:
            self.wrong_us[path] = int(asked["wrong_us"])
            return {"told": self.times.pop(path, 0)}
        self.times[path] += 1
        with urllib.request.urlopen(self.url, timeout=2) as answer:
            right = json.load(answer)
        return {**right, "now_us": right["now_us"] + self.wrong_us.get(path, 0)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--of", required=True, help="address of demo/clock.py")
    options = parser.parse_args()
    server = serve(WrongClocks(options.of).answer, options.port)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    threading.Event().wait()  # until a signal ends it


if __name__ == "__main__":
    sys.exit(main())
