/* SPDX-License-Identifier: Apache-2.0
 *
 * A stage case whose two operators each have a system: a connector file, a scripted end, and
 * what a test asks again and again.
 */
#ifndef RELAIS_TESTS_SUPPORT_TWO_SIDES_H
#define RELAIS_TESTS_SUPPORT_TWO_SIDES_H

#include "tests/support/fake_sink.h"
#include "tests/support/stage_case.h"

/* o22's system counts what it was asked; Kafka goes away while it answers, if told so. */
struct far {
    int posts;
    int status; /* 0: 201 */
    bool kafka_goes;
};

struct two_sides {
    struct stage_case *stages;
    struct fake_sink sink_a;
    struct fake_sink sink_b;
    struct far far;
};

/* Both ends answer 201 with a dossier (fake_sink.h), until a test says otherwise; `yaml` is the
 * connector file of both. */
struct two_sides *two_sides_new(const char *yaml);
void two_sides_free(struct two_sides *t);

/* A test whose state is that, with a file of its own and o22's end as struct far says; it is
 * undone however the test ends. */
#define TWO_SIDES_TEST(test)                                                                       \
    cmocka_unit_test_setup_teardown(test, two_sides_setup, two_sides_teardown)
int two_sides_setup(void **state);
/* The same with two_sides_new(yaml). */
int two_sides_setup_of(const char *yaml, void **state);
int two_sides_teardown(void **state);

/* The head of a connector file, as far as it reads the orientations below; then come its other
 * records, its codes and what it delivers. */
#define TWO_SIDES_ORIENTATIONS                                                                     \
    "times: { formats: [\"%Y-%m-%d %H:%M:%S %z\"], zone: Europe/Paris }\n"                         \
    "unknown_fields: count\n"                                                                      \
    "records:\n"                                                                                   \
    "  - name: orientation\n"                                                                      \
    "    each: $.all\n"                                                                            \
    "    emit: referral\n"                                                                         \
    "    entity: orientation \"/\" @.id\n"                                                         \
    "    version: \"@.at | datetime\"\n"                                                           \
    "    handoff: own\n"                                                                           \
    "    fields:\n"                                                                                \
    "      status: \"@.status | code(status)\"\n"                                                  \
    "      to_operator: o22\n"                                                                     \
    "      synthesis_at: \"@.at | datetime\"\n"                                                    \
    "    contact:\n"                                                                               \
    "      birth_name: EXEMPLE\n"                                                                  \
    "      note: \"@.note\"\n"                                                                     \
    "      phone: \"+33601020304\"\n"
#define TWO_SIDES_CODES "codes: { status: { sent: ISSUED, back: CANCEL_REQUESTED } }\n"

/* Records of o21's system: a list of orientations; one that goes out, one that was taken back. */
#define TWO_SIDES_AT "\"at\":\"2026-03-02 09:13:01 +0100\",\"status\":\"sent\""
#define TWO_SIDES_ONE "{\"all\":[{\"id\":1," TWO_SIDES_AT "}]}"
#define TWO_SIDES_TAKEN_BACK                                                                       \
    "{\"all\":[{\"id\":1,\"at\":\"2026-03-02 09:14:01 +0100\",\"status\":\"back\"}]}"
/* An answer to a hand-over that is not known here. */
#define TWO_SIDES_ANSWER                                                                           \
    "{\"id\":7,\"ref\":\"01234567-89ab-8def-8123-456789abcdef\"," TWO_SIDES_AT "}"

/* That of o21 goes out and to o22, whose end loses Kafka while it answers; Kafka is back, and the
 * process starts anew: nobody knows whether it was done, and it is a dead letter. */
void two_sides_lose_an_answer(struct two_sides *t);

#endif
