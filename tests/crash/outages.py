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

    def met(self, what, since, until):
        """True when it was away at some time of this span."""
        return any(began <= until and ended >= since for began, ended in self.spans[what])
