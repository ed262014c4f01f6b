# SPDX-License-Identifier: Apache-2.0
"""What a void run proves all the same: Kafka lost a marker, and what stands behind it cannot be read (DESIGN.md "Anchor", 6).

What is there twice is there twice, whatever is hidden; what is missing may stand behind. Some kinds of "doubled" count what can
be read against what can be hidden, and say nothing then.
"""

# Of a finding's words → the end of the topics that it counts against.
COUNTED_AGAINST = (("was written", ".outbox.v1"), ("was written", ".inbox.v1"), ("appointments of hand-over", ".inbox.v1"),
                   ("its inbox tells of", ".inbox.v1"), ("says what", ".inbox.v1"))


def is_certain(finding, hanging):
    """True when this finding is true however much stands in the partitions [(topic, number)] that hang."""
    if not finding.startswith("doubled: "):
        return False
    against = [end for words, end in COUNTED_AGAINST if words in finding]
    return not any(topic.endswith(end) for end in against for topic, _ in hanging)


def certain(findings, hanging):
    return [finding for finding in findings if is_certain(finding, hanging)]
