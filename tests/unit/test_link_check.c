/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/link_check.h"

#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define RECORD(kind)                                                                               \
    "  - emit: referral\n"                                                                         \
    "    when: $.kind == " kind "\n"                                                               \
    "    entity: $.id\n"                                                                           \
    "    handoff: own\n"                                                                           \
    "    version: $.at | datetime\n"                                                               \
    "    links: { " kind ": $.id, place: $.place }\n"                                              \
    "    fields: { status: ISSUED, to_operator: o22 }\n"
#define RECORDS "unknown_fields: count\nrecords:\n" RECORD("dossier") RECORD("demand")

#define LATER(calls)                                                                               \
    "  - on: referral.CANCELLED\n"                                                                 \
    "    calls:\n" calls                                                                           \
    "  - { on: [referral, appointment, closure, refused, notice], skip: no place for it }\n"
#define CALL(request) "      - request: " request "\n"
#define REMEMBERS(what)                                                                            \
    "deliver:\n"                                                                                   \
    "  - on: referral.ISSUED\n"                                                                    \
    "    request: PUT /a/{handoff_id}\n"                                                           \
    "    remember: { " what " }\n"

/* `expected`: what the first advice begins with; "": there is none. None is a mistake. */
static void assert_advised(const char *yaml, const char *expected)
{
    struct mapping_case c;
    const char *said;

    mapping_case_init(&c, yaml);
    said = mapping_case_mistakes(&c);
    if (!c.mapping || strncmp(said, expected, strlen(expected)) != 0 ||
        (expected[0] == '\0' && said[0] != '\0'))
        fail_msg("%s:\n%s", yaml, said);
    assert_int_equal(diagnostics_count(c.diagnostics), 0);
    mapping_case_deinit(&c);
}

static void a_kind_that_no_later_delivery_reads_is_advised_where_it_stands(void **state)
{
    (void)state;
    assert_advised(
        REMEMBERS("dossier: $.id") LATER(CALL("DELETE /o/{link.own}")),
        "connector.yaml:4:17: avis : le lien « dossier » est retenu, et rien ne le lit\n");
    assert_advised(RECORDS "deliver:\n" LATER(CALL("DELETE /o/{link.demand}/{link.place}")),
                   "connector.yaml:8:14: avis : le lien « dossier »");
    assert_advised(REMEMBERS("'rdv/{handoff_id}': $.id")
                       LATER(CALL("DELETE /o/{link('slot/' handoff_id)}")),
                   "connector.yaml:4:17: avis : le lien « rdv/{handoff_id} »");
}

static void a_kind_is_advised_once(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, RECORDS REMEMBERS("dossier: $.id, demand: $.id, place: $.p")
                              LATER(CALL("DELETE /o/{link.own}")));
    assert_non_null(c.mapping);
    assert_int_equal(diagnostics_advice_count(c.diagnostics), 3);
    mapping_case_deinit(&c);
}

static void a_kind_that_anything_may_read_is_not(void **state)
{
    (void)state;
    assert_advised(REMEMBERS("dossier: $.id") LATER(CALL("DELETE /o/{link.dossier}")), "");
    assert_advised(REMEMBERS("dossier: $.id") LATER(CALL("DELETE /o/{link(event.status)}")), "");
    assert_advised(REMEMBERS("'rdv/{handoff_id}': $.id")
                       LATER(CALL("DELETE /o/{link('rdv/' handoff_id)}")),
                   "");
    assert_advised(
        REMEMBERS("'{handoff_id}': $.id") LATER(CALL("DELETE /o/{link('a' handoff_id)}")), "");
    assert_advised("unknown_fields: count\n"
                   "records:\n"
                   "  - emit: referral\n"
                   "    entity: $.id\n"
                   "    handoff: link(dossier, $.d)\n"
                   "    version: $.at | datetime\n"
                   "    fields: { status: RECEIVED }\n" REMEMBERS("dossier: $.id")
                       LATER(CALL("DELETE /o/{link.own}")),
                   "");
}

/* The runtime looks for them itself. */
static void own_and_person_need_no_reader(void **state)
{
    (void)state;
    assert_advised(REMEMBERS("own: $.id, person: $.p") LATER(CALL("DELETE /o/{handoff_id}")), "");
}

static void a_file_that_writes_nothing_later_needs_none(void **state)
{
    (void)state;
    assert_advised(REMEMBERS("dossier: $.id") "  - { on: [referral, appointment, closure, refused, "
                                              "notice], skip: no place for it }\n",
                   "");
    assert_advised(RECORDS, "");
}

static void a_kind_that_nothing_fills_is_a_mistake_where_it_is_read(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, REMEMBERS("dossier: $.id") LATER(CALL("DELETE /o/{link.dosier}")));
    assert_null(c.mapping);
    assert_int_equal(diagnostics_count(c.diagnostics), 1);
    assert_non_null(strstr(mapping_case_mistakes(&c), "dosier"));
    mapping_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kind_that_no_later_delivery_reads_is_advised_where_it_stands),
        cmocka_unit_test(a_kind_is_advised_once),
        cmocka_unit_test(a_kind_that_anything_may_read_is_not),
        cmocka_unit_test(own_and_person_need_no_reader),
        cmocka_unit_test(a_file_that_writes_nothing_later_needs_none),
        cmocka_unit_test(a_kind_that_nothing_fills_is_a_mistake_where_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
