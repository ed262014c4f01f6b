/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's place in the group, over a consumer that says what a test tells it to (-Wl,--wrap):
 * when it is joined again, when a twin is told, and how often trouble is. With a real Kafka:
 * tests/kafka/test_kafka_broker_processes.c.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "broker/membership.h"

struct kafka_consumer {
    int number;
};

/* What it says; reset for each test. */
static struct script {
    struct kafka_consumer consumers[8];
    int opened;
    int closed;
    enum outcome open;
    enum outcome poll;
    bool fenced;
    bool cut_off;
} script;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's words for them */
enum outcome __wrap_kafka_consumer_open_anchor(const struct kafka_config *config, const char *group,
                                               const char *instance, const char *anchor,
                                               const struct kafka_anchor_callbacks *callbacks,
                                               struct kafka_consumer **ret_consumer,
                                               struct error *err);
void __wrap_kafka_consumer_close(struct kafka_consumer *consumer);
bool __wrap_kafka_consumer_was_fenced(const struct kafka_consumer *consumer);
bool __wrap_kafka_consumer_was_cut_off(const struct kafka_consumer *consumer);
enum outcome __wrap_kafka_consumer_poll(struct kafka_consumer *consumer, int32_t wait_ms,
                                        enum kafka_event *ret_event,
                                        struct kafka_message *ret_message, struct error *err);
/* NOLINTEND(bugprone-reserved-identifier) */

enum outcome __wrap_kafka_consumer_open_anchor(const struct kafka_config *config, const char *group,
                                               const char *instance, const char *anchor,
                                               const struct kafka_anchor_callbacks *callbacks,
                                               struct kafka_consumer **ret_consumer,
                                               struct error *err)
{
    (void)config;
    (void)callbacks;
    assert_string_equal(group, "relais-broker");
    assert_string_equal(instance, "relais-broker-test-0");
    assert_string_equal(anchor, "relais.handoff.v1");
    if (script.open != OUTCOME_OK)
        return error_set(err, script.open, "scripted");
    *ret_consumer = &script.consumers[script.opened++];
    return OUTCOME_OK;
}

void __wrap_kafka_consumer_close(struct kafka_consumer *consumer)
{
    script.closed += consumer != NULL;
}

bool __wrap_kafka_consumer_was_fenced(const struct kafka_consumer *consumer)
{
    assert_non_null(consumer);
    return script.fenced;
}

bool __wrap_kafka_consumer_was_cut_off(const struct kafka_consumer *consumer)
{
    assert_non_null(consumer);
    return script.cut_off;
}

enum outcome __wrap_kafka_consumer_poll(struct kafka_consumer *consumer, int32_t wait_ms,
                                        enum kafka_event *ret_event,
                                        struct kafka_message *ret_message, struct error *err)
{
    assert_non_null(consumer);
    (void)wait_ms;
    (void)ret_message;
    *ret_event = KAFKA_END;
    return script.poll == OUTCOME_OK ? OUTCOME_OK : error_set(err, script.poll, "scripted");
}

struct fixture {
    struct clock *clock;
    struct membership *membership;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct membership_options options = {.name = "relais-broker-test-0"};

    script = (struct script){.fenced = true};
    f->clock = clock_manual_new(0);
    options.clock = f->clock;
    assert_int_equal(membership_open(&options, &f->membership, NULL), OUTCOME_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    membership_close(f->membership);
    clock_free(f->clock);
    free(f);
    return 0;
}

static void pass(struct fixture *f, int seconds)
{
    clock_manual_advance(f->clock, seconds * US_PER_SECOND);
}

/* ---- Fenced -------------------------------------------------------------------------------- */

static void a_second_fence_within_a_minute_is_a_twin(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};

    assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_OK);
    assert_ptr_equal(membership_consumer(f->membership), &script.consumers[1]);
    assert_int_equal(script.closed, 1);
    pass(f, 61);
    assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_OK);
    pass(f, 59);
    assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "--instance"));
    assert_int_equal(script.opened, 3);
}

static void behind_an_outage_it_is_none_however_often(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};

    script.cut_off = true;
    for (int i = 0; i < 5; i++)
        assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_OK);
    script.cut_off = false;
    assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_OK);
    assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_FATAL);
}

static void what_is_no_fence_is_told_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};

    script.fenced = false;
    (void)!error_set(&err, OUTCOME_FATAL, "the disk is full");
    assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_FATAL);
    assert_string_equal(err.text, "the disk is full");
    assert_int_equal(script.opened, 1);
}

/* Without a consumer there is nothing to poll. */
static void a_group_that_cannot_be_joined_again_ends_it(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};

    script.open = OUTCOME_RETRY;
    assert_int_equal(membership_join_again(f->membership, &err), OUTCOME_FATAL);
    assert_string_equal(err.text, "fenced, and cannot join again: scripted");
    assert_null(membership_consumer(f->membership));
    assert_int_equal(script.closed, 1);
}

/* ---- Trouble ------------------------------------------------------------------------------- */

/* A commit says that Kafka is well, and a damaged record that it is not, ten times a second. */
static void trouble_is_told_every_two_seconds_at_most(void **state)
{
    struct fixture *f = *state;
    struct kafka_message message;
    enum kafka_event event;
    struct error err;

    script.poll = OUTCOME_RETRY;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(membership_poll(f->membership, 0, &event, &message, &err), OUTCOME_OK);
        assert_int_equal(event, KAFKA_NOTHING);
        assert_true(membership_troubled(f->membership));
        membership_note_well(f->membership);
        assert_false(membership_troubled(f->membership));
    }
    assert_int_equal(membership_complaints(f->membership), 1);
    pass(f, 2);
    assert_int_equal(membership_poll(f->membership, 0, &event, &message, &err), OUTCOME_OK);
    assert_int_equal(membership_complaints(f->membership), 2);
}

/* An outage that begins too soon behind a complaint to be told at once is told while it lasts. */
static void an_outage_soon_behind_another_is_told_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct kafka_message message;
    enum kafka_event event;
    struct error err;

    script.poll = OUTCOME_RETRY;
    assert_int_equal(membership_poll(f->membership, 0, &event, &message, &err), OUTCOME_OK);
    membership_note_well(f->membership);
    for (int second = 1; second <= 5; second++) {
        pass(f, 1);
        assert_int_equal(membership_poll(f->membership, 0, &event, &message, &err), OUTCOME_OK);
        (void)membership_take_turn_to_ask(f->membership);
    }
    assert_int_equal(membership_complaints(f->membership), 2);
}

static void in_trouble_kafka_is_asked_every_two_seconds(void **state)
{
    struct fixture *f = *state;
    struct kafka_message message;
    enum kafka_event event;
    struct error err;

    assert_false(membership_take_turn_to_ask(f->membership));
    script.poll = OUTCOME_RETRY;
    assert_int_equal(membership_poll(f->membership, 0, &event, &message, &err), OUTCOME_OK);
    assert_false(membership_take_turn_to_ask(f->membership));
    for (int i = 0; i < 3; i++) {
        pass(f, 2);
        assert_true(membership_take_turn_to_ask(f->membership));
        assert_false(membership_take_turn_to_ask(f->membership));
    }
    membership_note_well(f->membership);
    pass(f, 2);
    assert_false(membership_take_turn_to_ask(f->membership));
}

#define MEMBER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMBER(a_second_fence_within_a_minute_is_a_twin),
        MEMBER(behind_an_outage_it_is_none_however_often),
        MEMBER(what_is_no_fence_is_told_as_it_was),
        MEMBER(a_group_that_cannot_be_joined_again_ends_it),
        MEMBER(an_outage_soon_behind_another_is_told_all_the_same),
        MEMBER(trouble_is_told_every_two_seconds_at_most),
        MEMBER(in_trouble_kafka_is_asked_every_two_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
