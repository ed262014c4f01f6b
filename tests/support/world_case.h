/* SPDX-License-Identifier: Apache-2.0
 *
 * One cmocka case over a small world: set-up, and the words that the rules' tests share.
 */
#ifndef RELAIS_TESTS_SUPPORT_WORLD_CASE_H
#define RELAIS_TESTS_SUPPORT_WORLD_CASE_H

#include "tests/support/test.h"

#include <stdlib.h>

#include "tests/support/world.h"

static inline int setup(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));

    world_init(world);
    *state = world;
    return 0;
}

static inline int teardown(void **state)
{
    world_deinit(*state);
    free(*state);
    return 0;
}

static inline struct handoff_answer send(struct world *world, struct event event)
{
    return world_send(world, &event);
}

static inline void assert_refused(const struct handoff_answer *answer, const char *code)
{
    assert_int_equal(answer->verdict, VERDICT_REFUSED);
    assert_string_equal(answer->code, code);
}

static inline void issue(struct world *world)
{
    struct handoff_answer answer = send(world, world_issue(1, "o10", "o21"));

    assert_int_equal(answer.verdict, VERDICT_ACCEPTED);
}

static inline struct handoff_answer say(struct world *world, const char *sender,
                                        enum referral_status status, const char *entity,
                                        int64_t version)
{
    return send(world, world_referral(sender, 1, status, entity, version));
}

#endif
