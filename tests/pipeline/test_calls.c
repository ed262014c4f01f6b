/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written around a call to their system: the echo that it leaves, or does not, and when no
 * call may be made at all.
 */
#include "tests/support/test.h"

#include "connectors/echoes.h"
#include "tests/support/scripted_claim.h"
#include "tests/support/two_sides.h"

/* One call with a key, which may be made again, and then comes back as "opened". */
static const char mapping[] = TWO_SIDES_ORIENTATIONS TWO_SIDES_CODES
    "deliver:\n"
    "  - name: opened\n"
    "    on: referral.ISSUED\n"
    "    request: POST /dossiers\n"
    "    headers: { Idempotency-Key: idempotency_key }\n"
    "    body: { ref: handoff_id }\n"
    "    echo: { of: text(dossier), says: text(opened) }\n"
    "  - name: others\n"
    "    on: [referral, appointment, closure, notice, refused]\n"
    "    skip: not in this test\n";

static enum outcome answers(struct fake_sink *sink, const struct delivery_call *call,
                            int32_t *status, const char **body, bool *maybe_done)
{
    struct two_sides *t = sink->context;

    (void)call;
    (void)body;
    (void)maybe_done;
    *status = t->far.status;
    if (t->far.kafka_goes)
        t->stages->b.log.fail_next = 1000;
    return OUTCOME_OK;
}

static int set_up(void **state)
{
    struct two_sides *t = two_sides_new(mapping);

    scripted_claim = OUTCOME_OK;
    t->sink_b.answer = answers;
    t->sink_b.context = t;
    t->far.status = 201;
    (void)stage_case_record(&t->stages->a, TWO_SIDES_ONE);
    *state = t;
    return 0;
}

#define CALLS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, two_sides_teardown)

static struct record the_event(struct stage_case *c)
{
    return (struct record){.body = fake_log_at(&c->a.log, TOPIC_OUTBOX, 0)->value,
                           .order_key = BYTES_LITERAL("handoff")};
}

static struct result push(struct stage_case *c, const struct record *record)
{
    struct record one = *record;
    struct record *records[1] = {&one};
    struct result result = {0};
    struct error err = {0};

    assert_int_equal(c->b.outbound->ops->push(c->b.outbound, records, 1, &result, &err),
                     OUTCOME_OK);
    return result;
}

static enum echo_answer expected_back(struct stage_case *c)
{
    const struct echo_note note = {.of = BYTES_LITERAL("dossier"), .says = BYTES_LITERAL("opened")};

    return echoes_ask(&c->b.shared, &note, &c->b.arena);
}

/* ---- Echoes -------------------------------------------------------------------------------- */

static void what_was_written_there_is_expected_back(void **state)
{
    struct stage_case *c = ((struct two_sides *)*state)->stages;
    struct record record = the_event(c);

    assert_int_equal(push(c, &record).outcome, OUTCOME_OK);
    assert_int_equal(expected_back(c), ECHO_SAME);
}

/* Else the first time that a person enters it there it would be taken for our own write. */
static void what_was_refused_is_not_expected_back_though_kafka_went_just_then(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct record record = the_event(c);
    struct result result;
    struct error err = {0};

    t->far = (struct far){.status = 422, .kafka_goes = true};
    result = push(c, &record);
    assert_int_equal(result.outcome, OUTCOME_REJECT);
    assert_int_equal(c->b.outbound->ops->reject(c->b.outbound, &record, &result, &err),
                     OUTCOME_RETRY);
    c->b.log.fail_next = 0;
    assert_int_equal(c->b.outbound->ops->reject(c->b.outbound, &record, &result, &err), OUTCOME_OK);
    stage_case_restart(c, &c->b);
    assert_int_equal(expected_back(c), ECHO_NONE);
    assert_int_equal(fake_log_count(&c->b.log, TOPIC_REJECTED), 1);
}

static void pass_hours(struct stage_case *c, int hours)
{
    struct error err = {0};
    int32_t wait_ms;

    for (int i = 0; i < hours; i++) {
        clock_manual_advance(c->clock, INT64_C(3600) * US_PER_SECOND);
        assert_int_equal(c->b.outbound->ops->tend(c->b.outbound, true, &wait_ms, &err), OUTCOME_OK);
    }
}

/* It may have been written: what comes back then is known by its id, or is said twice; a person's
 * own change would be lost. */
static void what_was_given_up_is_not_expected_back_either(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct record record = the_event(c);
    struct attempts attempts = {.tries = 10};
    struct error err = {0};

    t->far.status = 500;
    assert_int_equal(push(c, &record).outcome, OUTCOME_RETRY);
    assert_int_equal(c->b.outbound->ops->park(c->b.outbound, &record, &attempts, &err), OUTCOME_OK);
    pass_hours(c, 70);
    assert_int_equal(expected_back(c), ECHO_SAME); /* until then it may come */
    pass_hours(c, 3);
    assert_bytes_text(stage_case_rejection(&c->b, 0).code, "retries_exhausted");
    assert_int_equal(expected_back(c), ECHO_NONE);
    stage_case_restart(c, &c->b);
    assert_int_equal(expected_back(c), ECHO_NONE);
}

/* ---- Who may call ------------------------------------------------------------------------------
 */

/* Another connector may deliver by now: what this one still holds is older. */
static void no_call_is_made_while_nobody_knows_whether_another_took_over(void **state)
{
    struct two_sides *t = *state;
    struct stage_case *c = t->stages;
    struct record record = the_event(c);
    struct result result;

    scripted_claim = OUTCOME_RETRY;
    result = push(c, &record);
    assert_int_equal(result.outcome, OUTCOME_RETRY);
    assert_false(result.put_off); /* says nothing of their system */
    scripted_claim = OUTCOME_FATAL;
    result = push(c, &record);
    assert_int_equal(result.outcome, OUTCOME_FATAL);
    assert_string_equal(result.detail, "scripted claim");
    assert_int_equal(t->sink_b.calls, 0);
    scripted_claim = OUTCOME_OK;
    assert_int_equal(push(c, &record).outcome, OUTCOME_OK);
    assert_int_equal(t->sink_b.calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALLS_TEST(what_was_written_there_is_expected_back),
        CALLS_TEST(what_was_refused_is_not_expected_back_though_kafka_went_just_then),
        CALLS_TEST(what_was_given_up_is_not_expected_back_either),
        CALLS_TEST(no_call_is_made_while_nobody_knows_whether_another_took_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
