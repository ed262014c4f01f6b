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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kinds_of_every_record_are_listed_once),
        cmocka_unit_test(those_of_every_call_come_behind_those_of_the_records),
        cmocka_unit_test(a_kind_that_is_made_of_an_event_leaves_the_list_open),
        cmocka_unit_test(a_file_that_fills_none_adds_none_to_those_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
