/* SPDX-License-Identifier: Apache-2.0
 *
 * When a delivery that was set aside is given up: after its own hours with a system that puts it
 * off, whatever the wall clock says and whatever else fails; and until then never.
 */
#include "tests/support/test.h"

#include "connectors/memory/pack.h"
#include "tests/support/two_sides.h"

#define HOUR_US (INT64_C(3600) * US_PER_SECOND)
#define JUMP_US (11 * US_PER_DAY)

/* ---- One that is set aside ----------------------------------------------------------------- */

static struct record record_at(const struct stage_case *c, int64_t position)
{
    return (struct record){
        .body = c->b.inbox[0], .order_key = BYTES_LITERAL("handoff"), .position = position};
}

static void set_aside(struct stage_case *c, int64_t position, int32_t tries)
{
    struct record record = record_at(c, position);
    struct attempts attempts = {.tries = tries};
    struct error err = {0};

    assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &record, &attempts, &err), OUTCOME_OK);
}

/* Their system says "later" of it. */
static struct stage_case *with_one_set_aside(struct two_sides *t)
{
    struct stage_case *c = t->stages;

    t->far.status = 503;
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    set_aside(c, 0, 10);
    return c;
}

static void tend(struct stage_case *c)
{
    struct error err = {0};
    int32_t wait_ms;

    assert_int_equal(c->b.outbound->ops->tend(c->b.outbound, true, &wait_ms, &err), OUTCOME_OK);
}

/* No pause is longer than an hour: each of them is a try. */
static void pass_hours(struct stage_case *c, int hours)
{
    for (int i = 0; i < hours; i++) {
        clock_manual_advance(c->clock, HOUR_US);
        tend(c);
    }
}

static bool is_set_aside(struct stage_case *c)
{
    struct record record = record_at(c, 0);

    return c->b.outbound->ops->is_parked(c->b.outbound, &record);
}

static void assert_kept(struct stage_case *c)
{
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 0);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_OUTBOX), 0);
    assert_true(is_set_aside(c));
}

static void assert_given_up(struct stage_case *c)
{
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 1);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "retries_exhausted");
    assert_int_equal(stage_case_event(&c->b, 0).type, EVENT_REJECTION);
    assert_false(is_set_aside(c));
}

/* Not an hour before `hours` have passed, and within the one behind them. */
static void assert_given_up_after(struct stage_case *c, int hours)
{
    pass_hours(c, hours - 1);
    assert_kept(c);
    pass_hours(c, 2);
    assert_given_up(c);
}

/* ---- The wall clock has no say ------------------------------------------------------------- */

static void assert_no_jump_matters(struct stage_case *c, int64_t jump_us)
{
    pass_hours(c, 2);
    clock_manual_jump(c->clock, jump_us);
    assert_given_up_after(c, 70);
}

static void a_jump_of_the_wall_clock_gives_nothing_up(void **state)
{
    assert_no_jump_matters(with_one_set_aside(*state), JUMP_US);
}

static void a_wall_clock_that_was_set_back_makes_nobody_wait_longer(void **state)
{
    assert_no_jump_matters(with_one_set_aside(*state), -JUMP_US);
}

/* What nothing that compares two clocks of one process can see. */
static void a_start_with_a_wall_clock_that_is_ahead_gives_nothing_up(void **state)
{
    struct stage_case *c = with_one_set_aside(*state);

    pass_hours(c, 40);
    clock_manual_jump(c->clock, JUMP_US);
    stage_case_restart(c, &c->b);
    tend(c);
    assert_kept(c);
    assert_given_up_after(c, 32);
}

static void the_days_of_a_connector_that_stood_still_do_not_count(void **state)
{
    struct stage_case *c = with_one_set_aside(*state);

    pass_hours(c, 40);
    clock_manual_advance(c->clock, 4 * US_PER_DAY);
    stage_case_restart(c, &c->b);
    tend(c);
    assert_kept(c);
    assert_given_up_after(c, 32);
}

/* It has a time of the wall clock where the hours stand now. */
static void one_that_an_earlier_version_set_aside_has_its_hours_from_now_on(void **state)
{
    static const char id[] = "handoff\x1f"
                             "00000000000000000000";
    struct stage_case *c = with_one_set_aside(*state);
    const struct record record = record_at(c, 0);
    struct buffer value = {0};
    struct error err = {0};

    pack_int(&value, 10);
    pack_int(&value, clock_wall_us(c->clock) - 100 * US_PER_DAY);
    record_pack(&record, &value);
    assert_int_equal(
        state_set(c->b.state, STATE_PARKED, bytes_of_text(id), buffer_view(&value), &err),
        OUTCOME_OK);
    buffer_deinit(&value);
    stage_case_restart(c, &c->b);
    tend(c);
    assert_given_up_after(c, 72);
}

static void one_that_waited_behind_another_has_all_its_hours(void **state)
{
    struct stage_case *c = with_one_set_aside(*state);

    set_aside(c, 1, 0);
    pass_hours(c, 73);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 1);
    tend(c); /* its first try */
    pass_hours(c, 71);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 1);
    pass_hours(c, 2);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 2);
    assert_false(is_set_aside(c));
}

/* ---- Only their system's no counts ----------------------------------------------------------- */

static void what_their_system_took_is_not_given_up_when_kafka_fails(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = with_one_set_aside(t);
    int posts;

    pass_hours(c, 71);
    t->far.status = 0;
    posts = t->far.posts;
    c->b.log.fail_topic = TOPIC_OUTBOX; /* of DELIVERED; the dead letter would be taken */
    c->b.log.fail_next = 1;
    pass_hours(c, 2);
    assert_int_equal(c->b.log.fail_next, 0);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 0);
    assert_int_equal(t->far.posts, posts + 1);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_OUTBOX), 1);
    assert_int_equal(stage_case_event(&c->b, 0).referral.status, REFERRAL_DELIVERED);
    assert_false(is_set_aside(c));
}

static struct directory *none(void *context)
{
    (void)context;
    return NULL;
}

static void what_is_missing_here_counts_in_nobodys_hours(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = with_one_set_aside(t);
    struct directory *(*newest)(void *) = c->b.shared.directory;

    pass_hours(c, 2);
    c->b.shared.directory = none;
    pass_hours(c, 100);
    assert_kept(c);
    c->b.shared.directory = newest;
    pass_hours(c, 67);
    assert_kept(c);
    pass_hours(c, 5);
    assert_given_up(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWO_SIDES_TEST(a_jump_of_the_wall_clock_gives_nothing_up),
        TWO_SIDES_TEST(a_wall_clock_that_was_set_back_makes_nobody_wait_longer),
        TWO_SIDES_TEST(a_start_with_a_wall_clock_that_is_ahead_gives_nothing_up),
        TWO_SIDES_TEST(the_days_of_a_connector_that_stood_still_do_not_count),
        TWO_SIDES_TEST(one_that_an_earlier_version_set_aside_has_its_hours_from_now_on),
        TWO_SIDES_TEST(one_that_waited_behind_another_has_all_its_hours),
        TWO_SIDES_TEST(what_their_system_took_is_not_given_up_when_kafka_fails),
        TWO_SIDES_TEST(what_is_missing_here_counts_in_nobodys_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
