/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "tests/support/two_sides.h"

#include <stdlib.h>

static const char mapping[] =
    TWO_SIDES_ORIENTATIONS "  - name: answer\n"
                           "    when: present($.ref)\n"
                           "    emit: referral\n"
                           "    entity: dossier \"/\" $.id\n"
                           "    version: $.at | datetime\n"
                           "    handoff: given($.ref)\n"
                           "    fields:\n"
                           "      status: ACCEPTED\n" TWO_SIDES_CODES "deliver:\n"
                           "  - name: opened\n"
                           "    on: referral.ISSUED\n"
                           "    calls:\n"
                           "      - name: first\n"
                           "        request: POST /dossiers\n"
                           "        safety: unsafe\n"
                           "        body: { ref: handoff_id }\n"
                           "        remember: { dossier: $.dossier.id }\n"
                           "        receiver_ref: $.dossier.id\n"
                           "  - name: refused\n"
                           "    on: refused\n"
                           "    request: PATCH /orientations/{link.own}\n"
                           "    safety: idempotent\n"
                           "    body: { state: refused, why: event.code }\n"
                           "  - name: others\n"
                           "    on: [referral, appointment, closure, notice]\n"
                           "    skip: not in this test\n";

static enum outcome answer(struct fake_sink *sink, const struct delivery_call *call,
                           int32_t *status, const char **body, bool *maybe_done)
{
    struct two_sides *t = sink->context;

    (void)body;
    (void)maybe_done;
    t->far.posts += strcmp(call->method, "POST") == 0;
    if (t->far.status)
        *status = t->far.status;
    if (t->far.kafka_goes)
        t->stages->b.log.fail_next = 1000;
    return OUTCOME_OK;
}

struct two_sides *two_sides_new(const char *yaml)
{
    struct two_sides *t = xcalloc(1, sizeof(*t));

    fake_sink_init(&t->sink_a, NULL);
    fake_sink_init(&t->sink_b, NULL);
    t->stages = stage_case_new(yaml, &t->sink_a.connector, &t->sink_b.connector);
    return t;
}

void two_sides_free(struct two_sides *t)
{
    stage_case_free(t->stages);
    free(t);
}

int two_sides_setup_of(const char *yaml, void **state)
{
    *state = two_sides_new(yaml);
    return 0;
}

int two_sides_setup(void **state)
{
    struct two_sides *t = two_sides_new(mapping);

    t->sink_b.answer = answer;
    t->sink_b.context = t;
    *state = t;
    return 0;
}

int two_sides_teardown(void **state)
{
    two_sides_free(*state);
    return 0;
}

void two_sides_lose_an_answer(struct two_sides *t)
{
    struct stage_case *c = t->stages;

    t->far.kafka_goes = true;
    (void)stage_case_record(&c->a, TWO_SIDES_ONE);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_RETRY);
    c->b.log.fail_next = 0;
    stage_case_restart(c, &c->b);
    assert_int_equal(stage_case_deliver(&c->a, 0, &c->b).outcome, OUTCOME_REJECT);
}
