/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/link_kinds.h"

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

/* Two calls of one delivery: what each remembers. */
#define DELIVER(first, second)                                                                     \
    "deliver:\n"                                                                                   \
    "  - on: referral.ISSUED\n"                                                                    \
    "    calls:\n"                                                                                 \
    "      - name: first\n"                                                                        \
    "        request: PUT /a/{handoff_id}\n"                                                       \
    "        remember: { " first " }\n"                                                            \
    "      - name: second\n"                                                                       \
    "        request: PUT /b/{handoff_id}\n"                                                       \
    "        remember: { " second " }\n"                                                           \
    "  - { on: [referral, appointment, closure, refused, notice], skip: no place for it }\n"

/* `expected`: the names in their order, a blank behind each. */
static void assert_listed(const char *yaml, bool known, const char *expected)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(names_deinit) struct names names = {0};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct mapping_case c;

    mapping_case_init(&c, yaml);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    assert_int_equal(link_kinds_list(c.mapping, &arena, &names), known);
    mapping_case_deinit(&c); /* the names stay */
    for (size_t i = 0; i < names.count; i++)
        buffer_printf(&out, "%s ", names_list(&names)[i]);
    assert_string_equal(buffer_text(&out), expected);
}

static void the_kinds_of_every_record_are_listed_once(void **state)
{
    (void)state;
    assert_listed(RECORDS, true, "dossier place demand ");
}

static void those_of_every_call_come_behind_those_of_the_records(void **state)
{
    (void)state;
    assert_listed(RECORDS DELIVER("file: $.id, place: $.p", "person: $.id"), true,
                  "dossier place demand file person ");
    assert_listed(DELIVER("file: $.id", "person: $.id"), true, "file person ");
}

/* And what stands behind it is listed nevertheless. */
static void a_kind_that_is_made_of_an_event_leaves_the_list_open(void **state)
{
    (void)state;
    assert_listed(DELIVER("'slot/{handoff_id}': $.s, file: $.id", "person: $.id"), false,
                  "slot/{handoff_id} file person ");
    assert_listed(DELIVER("file: $.id", "'slot/{handoff_id}': $.s"), false,
                  "file slot/{handoff_id} ");
}

static void a_file_that_fills_none_adds_none_to_those_there_are(void **state)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(names_deinit) struct names names = {0};
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, "deliver:\n  - { on: [referral, appointment, closure, refused, notice], "
                          "skip: no place for it }\n");
    assert_non_null(c.mapping);
    names_add(&names, "own");
    assert_true(link_kinds_list(c.mapping, &arena, &names));
    assert_int_equal(names.count, 1);
    mapping_case_deinit(&c);
}

/* ---- Kinds that nothing reads -------------------------------------------------------------- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kinds_of_every_record_are_listed_once),
        cmocka_unit_test(those_of_every_call_come_behind_those_of_the_records),
        cmocka_unit_test(a_kind_that_is_made_of_an_event_leaves_the_list_open),
        cmocka_unit_test(a_file_that_fills_none_adds_none_to_those_there_are),
        cmocka_unit_test(a_kind_that_no_later_delivery_reads_is_advised_where_it_stands),
        cmocka_unit_test(a_kind_is_advised_once),
        cmocka_unit_test(a_kind_that_anything_may_read_is_not),
        cmocka_unit_test(own_and_person_need_no_reader),
        cmocka_unit_test(a_file_that_writes_nothing_later_needs_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
