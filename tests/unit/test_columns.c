/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "connectors/mapping/columns.h"
#include "tests/support/mapping_case.h"

#define RULE(name, when, field)                                                                    \
    "  - name: " name "\n"                                                                         \
    "    when: " when "\n"                                                                         \
    "    emit: closure\n"                                                                          \
    "    entity: $.id\n"                                                                           \
    "    version: $.modifie | datetime\n"                                                          \
    "    handoff: own\n"                                                                           \
    "    fields: { outcome_source_code: $." field " }\n"
#define TIMES "times: { formats: [\"%d/%m/%Y\"], zone: Europe/Paris }\n"
/* As a spreadsheet's folder: referrals and what becomes of them, in files of their own. */
#define TWO_KINDS                                                                                  \
    TIMES "records:\n" RULE("envoi", "present($.envoye)", "motif")                                 \
        RULE("suite", "present($.suite)", "bilan")

/* "name:line:column …" of the columns that a file with these names has not; empty: none. */
static void assert_lacking(const char *yaml, const char *const *names, const char *const *optional,
                           const char *file, const char *expected)
{
    static const char *const none[] = {NULL};
    const struct columns_header header = {names, optional ? optional : none, file};
    const struct columns_lack *lacks = NULL;
    CLEANUP(buffer_deinit) struct buffer told = {0};
    struct mapping_case c;
    size_t count;

    mapping_case_init(&c, yaml);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    count = columns_find_lacking(c.mapping, &header, &c.arena, &lacks);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&told, "%s%.*s:%d:%d", i > 0 ? " " : "", BYTES_ARG(lacks[i].name),
                      (int)lacks[i].place.line, (int)lacks[i].place.column);
    assert_string_equal(buffer_text(&told), expected);
    mapping_case_deinit(&c);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_file_with_all_columns_lacks_none(void **state)
{
    (void)state;
    assert_lacking(TWO_KINDS, NAMES("id", "modifie", "envoye", "motif"), NULL, "a.csv", "");
    assert_lacking(TWO_KINDS, NAMES("id", "modifie", "suite", "bilan"), NULL, "a.csv", "");
    assert_lacking(TWO_KINDS, NAMES("id", "modifie", "suite", "bilan", "autre"), NULL, "a.csv", "");
}

static void a_column_of_the_files_own_rule_is_missed_where_it_is_read_first(void **state)
{
    (void)state;
    assert_lacking(TWO_KINDS, NAMES("id", "modifie", "envoye", "motifs"), NULL, "a.csv",
                   "motif:9:36");
    assert_lacking(TWO_KINDS, NAMES("suite", "bilan"), NULL, "a.csv", "id:13:13 modifie:14:14");
}

/* Renamed, no row of the file would be anybody's: all of them filtered. */
static void a_column_that_tells_the_kinds_apart_is_missed_when_no_rule_is_left(void **state)
{
    (void)state;
    assert_lacking(TWO_KINDS, NAMES("id", "modifie", "envoyé", "motif"), NULL, "a.csv",
                   "envoye:4:19 suite:11:19");
}

/* Both kinds of row in one file, and one of the two columns renamed. */
static void nor_does_another_rule_hide_it(void **state)
{
    (void)state;
    assert_lacking(TWO_KINDS, NAMES("id", "modifie", "Envoye", "motif", "suite", "bilan"), NULL,
                   "a.csv", "envoye:4:19");
    /* `motif` is no reason to think of the first rule: the second one reads it too */
    assert_lacking(TIMES "records:\n" RULE("envoi", "present($.envoye)", "motif")
                       RULE("suite", "present($.suite)", "motif"),
                   NAMES("id", "modifie", "suite", "motif"), NULL, "a.csv", "");
}

static void a_fallback_is_for_an_empty_cell_and_no_word_for_a_missing_column(void **state)
{
    static const char yaml[] =
        TIMES "records:\n" RULE("tout", "present($.id)", "motif | default(aucun)");

    (void)state;
    assert_lacking(yaml, NAMES("id", "modifie"), NULL, "a.csv", "motif:9:36");
    assert_lacking(yaml, NAMES("id", "modifie"), NAMES("motif"), "a.csv", "");
}

static void a_column_that_only_a_condition_of_a_code_reads_is_one_of_the_rule(void **state)
{
    static const char yaml[] =
        TIMES "records:\n"
              "  - { emit: closure, entity: $.id, version: $.modifie | datetime, handoff: own,\n"
              "      fields: { outcome: $.bilan | code(bilan) } }\n"
              "codes:\n"
              "  bilan: { P: { when: $.par == nous, then: PROJECT_FORMALISED, else: OTHER } }\n";

    (void)state;
    assert_lacking(yaml, NAMES("id", "modifie", "bilan"), NULL, "a.csv", "par:6:23");
}

static void what_a_rule_is_about_is_reckoned_from_its_whole_condition(void **state)
{
    static const char *const whens[] = {
        "$.type == envoi",
        "not $.type == envoi",
        "not present($.type)",
        "present($.type) or present($.id)",
        "present($.type) and present($.id)",
        "not (present($.type) and present($.id))",
        "$.type in [envoi, suite]",
        "file | like(\"a*\") and present($.id)",
        "file | like(\"b*\")",
        "file | like(\"b*\") and present($.type)",
        "$.type | datetime > $.modifie | datetime",
    };
    static const char *const expected[] = {"type", "type", "type", "type", "type", "type",
                                           "type", "",     "",     "",     "type"};

    (void)state;
    for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
        CLEANUP(buffer_deinit) struct buffer yaml = {0};
        static const char *const names[] = {"id", "modifie", "motif", NULL};
        static const char *const none[] = {NULL};
        const struct columns_header header = {names, none, "a.csv"};
        const struct columns_lack *lacks = NULL;
        struct mapping_case c;
        size_t count;

        buffer_append_text(&yaml, TIMES "records:\n  - when: ");
        buffer_append_text(&yaml, whens[i]);
        buffer_append_text(&yaml, "\n    emit: closure\n    entity: $.id\n"
                                  "    version: $.modifie | datetime\n    handoff: own\n"
                                  "    fields: { outcome_source_code: $.motif }\n");
        mapping_case_init(&c, buffer_text(&yaml));
        if (!c.mapping)
            fail_msg("%s", mapping_case_mistakes(&c));
        count = columns_find_lacking(c.mapping, &header, &c.arena, &lacks);
        if (count != (expected[i][0] != '\0') ||
            (count > 0 && !bytes_equal_text(lacks[0].name, expected[i])))
            fail_msg("%s: %zu", whens[i], count);
        mapping_case_deinit(&c);
    }
}

/* Each row would be its dead letter. */
static void a_rule_whose_condition_fails_for_want_of_a_column_asks_for_it(void **state)
{
    (void)state;
    assert_lacking(TIMES "records:\n" RULE("envoi", "($.type | required) == envoi", "motif")
                       RULE("suite", "present($.suite)", "bilan"),
                   NAMES("id", "modifie", "suite", "bilan"), NULL, "a.csv", "type:4:12 motif:9:36");
}

/* Lists of a record, and what is gone from a full extract: no row of a file is either. */
static void a_rule_of_no_rows_asks_for_nothing(void **state)
{
    (void)state;
    assert_lacking(TIMES
                   "records:\n"
                   "  - { absent: true, emit: closure, entity: $.cle, version: $.fin | datetime,\n"
                   "      handoff: own }\n"
                   "  - { each: $.liste, emit: closure, entity: .cle, version: .fin | datetime,\n"
                   "      handoff: own }\n"
                   "  - { emit: closure, entity: $.id, version: $.modifie | datetime,\n"
                   "      handoff: own }\n",
                   NAMES("id", "modifie"), NULL, "a.csv", "");
}

/* Whose name is not known, as of a source's own `columns`, no file can be told apart by it. */
static void a_condition_that_asks_the_files_name_is_found(void **state)
{
    static const char *const whens[] = {"$.type == a", "file == 'a.csv'",
                                        "not ($.type == a or (file | lower) == 'a.csv')"};

    (void)state;
    for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
        CLEANUP(buffer_deinit) struct buffer yaml = {0};
        struct mapping_case c;

        buffer_append_text(&yaml, TIMES "records:\n  - when: ");
        buffer_append_text(&yaml, whens[i]);
        buffer_append_text(&yaml, "\n    emit: closure\n    entity: file $.id\n"
                                  "    version: $.modifie | datetime\n    handoff: own\n");
        mapping_case_init(&c, buffer_text(&yaml));
        if (!c.mapping)
            fail_msg("%s", mapping_case_mistakes(&c));
        assert_int_equal(columns_ask_name(c.mapping), i > 0);
        mapping_case_deinit(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_with_all_columns_lacks_none),
        cmocka_unit_test(a_column_of_the_files_own_rule_is_missed_where_it_is_read_first),
        cmocka_unit_test(a_column_that_tells_the_kinds_apart_is_missed_when_no_rule_is_left),
        cmocka_unit_test(nor_does_another_rule_hide_it),
        cmocka_unit_test(a_fallback_is_for_an_empty_cell_and_no_word_for_a_missing_column),
        cmocka_unit_test(a_column_that_only_a_condition_of_a_code_reads_is_one_of_the_rule),
        cmocka_unit_test(what_a_rule_is_about_is_reckoned_from_its_whole_condition),
        cmocka_unit_test(a_rule_whose_condition_fails_for_want_of_a_column_asks_for_it),
        cmocka_unit_test(a_condition_that_asks_the_files_name_is_found),
        cmocka_unit_test(a_rule_of_no_rows_asks_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
