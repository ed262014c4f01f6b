# SPDX-License-Identifier: Apache-2.0
"""When what was away in a campaign: Kafka, the network of one process, the process itself, its disk; in monotonic seconds."""

import collections
import math
import time

KAFKA = "Kafka"


def network(name):
    return f"network of {name}"


def disk(name):
    return f"disk of {name}"


class Outages:
    def __init__(self):
        self.spans = collections.defaultdict(list)  # what → [[from, to]]; to is infinite while it lasts

    def begin(self, what, since=None):
        """What to call when it is over."""
        span = [time.monotonic() if since is None else since, math.inf]
        self.spans[what].append(span)

        def end():
            span[1] = min(span[1], time.monotonic())
        return end

    def apart(self, causes, since, until):
        """[(from, to)] within this span in which one of `causes` was away; what overlaps is one."""
        found = []
        for began, ended in sorted(tuple(span) for what in causes for span in self.spans[what]):
            began, ended = max(began, since), min(ended, until)
            if began > ended:
                continue
            if found and began <= found[-1][1]:
                found[-1] = (found[-1][0], max(ended, found[-1][1]))
            else:
                found.append((began, ended))
        return found

    def met(self, what, since, until):
        """True when it was away at some time of this span."""
        return any(began <= until and ended >= since for began, ended in self.spans[what])
