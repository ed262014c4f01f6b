/* SPDX-License-Identifier: Apache-2.0
 *
 * When a system of theirs takes calls: some hours of some days of the week, by the wall clock of
 * its place. Public holidays are working days here: who is closed then does not answer, and
 * that is waited for like any other silence.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_HOURS_H
#define RELAIS_CONNECTORS_DRIVERS_HOURS_H

#include "base/diagnostics.h"
#include "base/yaml.h"

struct hours;
/* `ranges` is "08:00-18:00", or a list of such; one that ends before it begins goes on after
 * midnight, and belongs to the day of its beginning. `days` is a day, "mon-fri", or a list of
 * such; NULL: every day. `zone` NULL: Europe/Paris. REJECT: see `diagnostics`. */
MUST_USE enum outcome hours_new(const struct yaml_node *ranges, const struct yaml_node *days,
                                const struct yaml_node *zone, struct diagnostics *diagnostics,
                                struct hours **ret_hours, struct error *err);
void hours_free(struct hours *hours);
DEFINE_CLEANUP(struct hours, hours_free)

/* 0: open at this moment (µs UTC). Else the moment when it opens next, to the minute. */
int64_t hours_closed_until(const struct hours *hours, int64_t wall_us);

#endif
