/* SPDX-License-Identifier: Apache-2.0
 *
 * When a system of theirs takes calls: some hours of some days of the week, by the wall clock of
 * its place; `holidays: fr` takes the legal holidays of metropolitan France out of them. Without it
 * they are days like others: who is closed then does not answer, and that is waited for like
 * any other silence.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_HOURS_H
#define RELAIS_CONNECTORS_DRIVERS_HOURS_H

#include "base/diagnostics.h"
#include "base/yaml.h"

struct hours;
struct hours_settings {
    const struct yaml_node *ranges;
    const struct yaml_node *days;
    const struct yaml_node *zone;
    const struct yaml_node *holidays;
};
/* `ranges` is "08:00-18:00", or a list of such; one that ends before it begins goes on after
 * midnight, and belongs to the day of its beginning. `days` is a day, "mon-fri", or a list of
 * such; NULL: every day. `zone` NULL: Europe/Paris. `holidays` is "fr"; NULL: open on those too.
 * REJECT: see `diagnostics`. */
MUST_USE enum outcome hours_new(const struct hours_settings *settings,
                                struct diagnostics *diagnostics, struct hours **ret_hours,
                                struct error *err);
void hours_free(struct hours *hours);
DEFINE_CLEANUP(struct hours, hours_free)

/* 0: open at this moment (µs UTC). Else the moment when it opens next, to the minute. */
int64_t hours_closed_until(const struct hours *hours, int64_t wall_us);

#endif
