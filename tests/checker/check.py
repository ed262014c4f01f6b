#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves, or disproves, that a run lost nothing and doubled nothing: check.py FOLDER BROKERS, or check.py RECORDED.json.

FOLDER holds run.json (what the run was allowed to do), journals/ and systems/ of the simulated systems. Status 1: something is wrong.

What it does not prove, and other tests have to (connectors/operators/*/golden, tests/interop): what is in an event beside its ids, times,
status, ends, motive, reason and outcome against the row that it was made of (level, place, mode of an appointment…); what stands in a
message to a person; a date asked for, and a motive at a regional system; of a list, what it showed and nobody read. A journal that does
not tell when an appointment is (recorded.json.xz) does not prove that either, at the far end.
"""

import json
import pathlib
import sys

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

from tests.checker.checks import check
from tests.checker.recorded import Run, read_run

SHOWN = 40


def main():
    if len(sys.argv) == 2:
        run = Run.from_json(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
    elif len(sys.argv) == 3:
        folder = pathlib.Path(sys.argv[1])
        run = read_run(folder, sys.argv[2], json.loads((folder / "run.json").read_text(encoding="utf-8")))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    findings, counts = check(run)
    for finding in findings[:SHOWN]:
        print(finding)
    if len(findings) > SHOWN:
        print(f"… and {len(findings) - SHOWN} more")
    print(json.dumps(counts))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
