/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define RULE                                                                                       \
    "unknown_fields: count\n"                                                                      \
    "times: { zone: Europe/Paris }\n"                                                              \
    "records:\n"                                                                                   \
    "  - emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    version: $.at | datetime\n"                                                               \
    "    handoff: own\n"                                                                           \
    "    fields:\n"                                                                                \
    "      status: ISSUED\n      to_operator: o22\n"
#define RECORD_HEAD "{\"id\": 7, \"at\": \"2026-03-02T09:13:01+01:00\", "

static struct mapping_case c;

static int teardown(void **state)
{
    (void)state;
    mapping_case_deinit(&c);
    c = (struct mapping_case){.mapping = NULL};
    return 0;
}

static const struct referral *read_one(const char *yaml, const char *json)
{
    mapping_case_init(&c, yaml);
    if (c.outcome != OUTCOME_OK)
        fail_msg("%s", mapping_case_mistakes(&c));
    mapping_case_read(&c, json);
    assert_int_equal(c.outcome, OUTCOME_OK);
    assert_int_equal(c.items.count, 1);
    if (c.items.items[0].verdict == ITEM_REJECTED)
        print_message("%s %s %s\n", c.items.items[0].code, c.items.items[0].field,
                      c.items.items[0].detail);
    return &c.items.items[0].event.referral;
}

static void a_time_keeps_its_offset_and_precision(void **state)
{
    const struct referral *referral =
        read_one(RULE, "{\"id\": 7, \"at\": \"2026-03-02 09:13 +01:00\"}");

    (void)state;
    assert_int_equal(c.items.items[0].verdict, ITEM_EVENT);
    assert_int_equal(referral->envelope.occurred_at, INT64_C(1772439180000000));
    assert_int_equal(referral->envelope.occurred_at_offset_min, 60);
    assert_int_equal(referral->envelope.occurred_at_precision, PRECISION_MINUTE);
    assert_bytes_text(c.items.items[0].version, "1772439180000000");
    assert_false(c.items.items[0].version_strict);
    assert_bytes_text(c.items.items[0].entity, "7");
}

static void a_date_alone_is_midnight_in_its_zone_and_keeps_its_day(void **state)
{
    const struct referral *referral =
        read_one(RULE "      synthesis_at: $.day | datetime(\"%d/%m/%Y\")\n",
                 RECORD_HEAD "\"day\": \"01/03/2026\"}");

    (void)state;
    /* 2026-03-01T00:00+01:00 */
    assert_int_equal(referral->synthesis_at, INT64_C(1772319600000000));
}

static void numbers_are_never_read_through_floating_point(void **state)
{
    mapping_case_init(&c, RULE);
    (void)state;
    mapping_case_read(&c, "{\"id\": 90071992547409931, \"at\": \"2026-03-02T09:13:01Z\"}");
    assert_bytes_text(c.items.items[0].entity, "90071992547409931");
    mapping_case_read(&c, "{\"id\": 0.10, \"at\": \"2026-03-02T09:13:01Z\"}");
    assert_bytes_text(c.items.items[0].entity, "0.10");
}

static void an_unknown_code_rejects_its_item_and_says_what_was_expected(void **state)
{
    (void)read_one(RULE "      motive: $.why | code(bilan = TAKE_STOCK)\n",
                   RECORD_HEAD "\"why\": \"humeur\"}");
    (void)state;
    assert_int_equal(c.items.items[0].verdict, ITEM_REJECTED);
    assert_string_equal(c.items.items[0].code, "unknown_code");
    assert_string_equal(c.items.items[0].field, "motive");
    assert_string_equal(c.items.items[0].detail,
                        "code inconnu \"humeur\" ; attendu : l'un de bilan");
    assert_string_equal(c.items.items[0].place, "connector.yaml:11:15");
}

static void a_rejection_never_shows_a_personal_value(void **state)
{
    (void)read_one(RULE "    contact: { phone: $.tel | phone }\n",
                   RECORD_HEAD "\"tel\": \"MARQUE-INTERDITE\"}");
    (void)state;
    assert_int_equal(c.items.items[0].verdict, ITEM_REJECTED);
    assert_string_equal(c.items.items[0].field, "contact.phone");
    assert_null(strstr(c.items.items[0].detail, "MARQUE"));
}

/* A condition is about no field: nobody said that what it reads is not personal. */
static void a_condition_that_fails_shows_no_value(void **state)
{
    (void)read_one("records:\n  - name: one\n    when: ($.tel | code(known = yes)) == yes\n"
                   "    emit: referral\n    entity: $.id\n    version: $.at | datetime\n"
                   "    handoff: own\n    fields:\n      status: ISSUED\n      to_operator: o22\n",
                   RECORD_HEAD "\"tel\": \"MARQUE-INTERDITE\"}");
    (void)state;
    assert_int_equal(c.items.items[0].verdict, ITEM_REJECTED);
    assert_string_equal(c.items.items[0].field, "when");
    assert_null(strstr(c.items.items[0].detail, "MARQUE"));
}

static void a_status_must_be_there(void **state)
{
    (void)state;
    (void)read_one("unknown_fields: count\nrecords:\n  - emit: referral\n    entity: $.id\n"
                   "    handoff: own\n    version: $.at | datetime\n"
                   "    fields: { status: $.s | code(a = ISSUED), to_operator: o22 }\n",
                   RECORD_HEAD "\"s\": \"\"}");
    assert_string_equal(c.items.items[0].code, "missing_field");
    assert_string_equal(c.items.items[0].field, "status");
}

static const struct mapping_item *identified(const char *status, const char *more, const char *id)
{
    char yaml[512];
    char json[256];

    (void)snprintf(yaml, sizeof(yaml),
                   "unknown_fields: count\nrecords:\n  - emit: referral\n    entity: $.id\n"
                   "    version: $.at | datetime\n    handoff: own\n"
                   "    fields:\n      status: %s\n      to_operator: o22\n%s",
                   status, more);
    (void)snprintf(json, sizeof(json), "{\"id\": \"%s\", \"at\": \"2026-03-02T09:13:01Z\"}", id);
    (void)read_one(yaml, json);
    return &c.items.items[0];
}

/* Seen: an identity of 13 digits, or one made of milliseconds, was a dead letter. */
static void an_identity_of_many_digits_is_no_social_security_number(void **state)
{
    static const char *const ids[] = {"1772123456789", "rdv-1772123456789", "2951099126111"};

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        const struct mapping_item *item = identified("ISSUED", "      issuer_ref: $.id\n", ids[i]);

        assert_int_equal(item->verdict, ITEM_EVENT);
        assert_bytes_text(item->entity, ids[i]);
        assert_bytes_text(item->event.referral.issuer_ref->id, ids[i]);
        (void)teardown(NULL);
    }
}

static void an_identity_is_no_persons_number_only_where_others_see_it(void **state)
{
    const char *nir = "2 95 10 99 126 111 93";

    (void)state;
    assert_int_equal(identified("ISSUED", "", nir)->verdict, ITEM_REJECTED);
    assert_string_equal(c.items.items[0].code, "personal_data");
    assert_string_equal(c.items.items[0].field, "entity");
    assert_null(c.items.items[0].entity.data);
    (void)teardown(NULL);
    assert_int_equal(identified("ISSUED", "      issuer_ref: text(\"12\")\n", nir)->verdict,
                     ITEM_EVENT);
    (void)teardown(NULL);
    assert_int_equal(identified("ACCEPTED", "", nir)->verdict, ITEM_EVENT);
    (void)teardown(NULL);
    assert_int_equal(identified("ACCEPTED", "      receiver_ref: $.id\n", nir)->verdict,
                     ITEM_REJECTED);
    assert_string_equal(c.items.items[0].field, "receiver_ref");
}

static void what_a_filter_leaves_out_is_one_filtered_item(void **state)
{
    (void)state;
    (void)read_one("records:\n  - emit: referral\n    when: $.model == Orientation\n"
                   "    entity: $.id\n    handoff: own\n    version: $.at | datetime\n"
                   "    fields: { status: ISSUED, to_operator: o22 }\n",
                   "{\"model\": \"Absence\", \"more\": [1, 2]}");
    assert_int_equal(c.items.items[0].verdict, ITEM_FILTERED);
    assert_string_equal(c.items.items[0].rule, "");
    assert_int_equal(c.items.unknown_fields, 0);
}

static const char each_file[] =
    "unknown_fields: count\n"
    "records:\n"
    "  - emit: appointment\n"
    "    each: [$.absent, '$.groups[*].people']\n"
    "    when: .status != null\n"
    "    entity: $.id \"/\" parent.name \"/\" .id\n"
    "    version: $.at | datetime\n"
    "    handoff: first_of(given(.ours), by_person(.person))\n"
    "    fields: { status: .status | code(st) }\n"
    "codes: { st: { seen: HONOURED, unknown: { if_past: $.start | datetime, then: UNRECORDED, "
    "else: BOOKED } } }\n";

static void a_list_in_a_list_gives_one_item_each(void **state)
{
    const struct mapping_item *items;

    (void)state;
    mapping_case_init(&c, each_file);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    mapping_case_read(
        &c, RECORD_HEAD
        "\"start\": \"2026-03-02T08:00:00Z\", \"groups\": [{\"name\": \"a\", \"people\": ["
        "{\"id\": 1, \"status\": \"seen\", \"person\": 5}, {\"id\": 2}]},"
        "{\"name\": \"b\", \"people\": [{\"id\": 3, \"status\": \"unknown\", "
        "\"ours\": \"01234567-89ab-8def-8123-456789abcdef\", \"person\": 6}]}]}");
    items = c.items.items;
    assert_int_equal(c.items.count, 3);
    assert_bytes_text(items[0].entity, "7/a/1");
    assert_int_equal(items[0].event.appointment.status, APPOINTMENT_HONOURED);
    assert_int_equal(items[0].handoff.how, HANDOFF_BY_PERSON);
    assert_bytes_text(items[0].handoff.key, "5");
    assert_int_equal(items[1].verdict, ITEM_FILTERED);
    assert_bytes_text(items[2].entity, "7/b/3");
    assert_int_equal(items[2].handoff.how, HANDOFF_GIVEN);
    /* 09:13:01+01:00 is after 08:00Z: past. */
    assert_int_equal(items[2].event.appointment.status, APPOINTMENT_UNRECORDED);
}

static void the_same_code_before_its_date_is_to_come(void **state)
{
    (void)state;
    mapping_case_init(&c, each_file);
    mapping_case_read(&c, RECORD_HEAD
                      "\"start\": \"2026-03-02T09:00:00Z\", \"groups\": [{\"name\": \"a\", "
                      "\"people\": [{\"id\": 1, \"status\": \"unknown\", \"person\": 5}]}]}");
    assert_int_equal(c.items.items[0].event.appointment.status, APPOINTMENT_BOOKED);
}

static void missing_null_blank_and_sentinels_are_nothing_but_told_apart(void **state)
{
    static const char file[] =
        "unknown_fields: count\nsentinels: [N/A]\nrecords:\n  - emit: referral\n    entity: $.id\n"
        "    handoff: own\n    version: $.at | datetime\n"
        "    fields:\n      status: ISSUED\n      to_operator: o22\n"
        "      synthesis_available: $.a == null and $.b == null and $.c == \"\" and $.d == "
        "\"N/A\"\n"
        "      choice_recorded: empty($.a) and empty($.b) and empty($.c) and empty($.d)\n"
        "      motive_source_code: first_of($.a, $.b, $.c, $.d, $.e)\n";
    const struct referral *referral =
        read_one(file, RECORD_HEAD "\"b\": null, \"c\": \"\", \"d\": \"N/A\", \"e\": \"x\"}");

    (void)state;
    assert_true(referral->synthesis_available);
    assert_true(referral->choice_recorded);
    assert_bytes_text(referral->motive_source_code, "x");
}

static void unknown_source_fields_are_counted_or_refused(void **state)
{
    (void)state;
    (void)read_one(RULE "    drop: [$.meta, '$.list[*].x']\n",
                   RECORD_HEAD "\"meta\": {\"a\": {\"b\": 1}}, \"list\": [{\"x\": 1, \"new\": 2}], "
                               "\"other\": 1}");
    assert_int_equal(c.items.items[0].verdict, ITEM_EVENT);
    assert_int_equal(c.items.unknown_fields, 2);
    mapping_case_deinit(&c);
    (void)read_one(
        "records:\n  - emit: referral\n    entity: $.id\n    handoff: own\n"
        "    version: $.at | datetime\n    fields: { status: ISSUED, to_operator: o22 }\n",
        RECORD_HEAD "\"other\": 1}");
    assert_int_equal(c.items.items[0].verdict, ITEM_REJECTED);
    assert_string_equal(c.items.items[0].detail,
                        "un champ sous $ est inconnu (son nom a 5 octets ; `relais map` le montre) "
                        "; attendu : son nom sous `fields` ou `drop`, ou `unknown_fields: count`");
}

static void a_dropped_object_still_gives_the_fields_that_are_read(void **state)
{
    const struct referral *referral =
        read_one(RULE "      motive_source_code: $.meta.why.code\n    drop: [$.meta]\n",
                 RECORD_HEAD "\"meta\": {\"x\": 1, \"why\": {\"code\": \"k\", \"y\": 2}}}");

    (void)state;
    assert_bytes_text(referral->motive_source_code, "k");
    assert_int_equal(c.items.unknown_fields, 0);
}

static void keys_with_accents_blanks_dots_and_quotes_are_read(void **state)
{
    const struct referral *referral =
        read_one(RULE "      motive_source_code: $.clé['a b'][\"c.d\"]['l\\'été'][0]\n",
                 RECORD_HEAD "\"clé\": {\"a b\": {\"c.d\": {\"l'été\": [\"v\"]}}}}");

    (void)state;
    assert_bytes_text(referral->motive_source_code, "v");
}

static void keys_that_differ_in_one_letter_are_told_apart(void **state)
{
    const struct referral *referral =
        read_one(RULE "      motive_source_code: join(\" \", $.the_same_beginning_A_the_same_end, "
                      "$.the_head_A, $.abAde, $.aAc, $.A)\n",
                 RECORD_HEAD "\"the_same_beginning_A_the_same_end\": 1, "
                             "\"the_same_beginning_B_the_same_end\": 0, \"the_head_A\": 2, "
                             "\"the_head_B\": 0, \"abAde\": 3, \"abBde\": 0, \"aAc\": 4, "
                             "\"aBc\": 0, \"A\": 5, \"B\": 0, \"\": 0}");

    (void)state;
    assert_bytes_text(referral->motive_source_code, "1 2 3 4 5");
    assert_int_equal(c.items.unknown_fields, 6);
}

static void a_constant_is_there_in_every_record_unless_it_is_a_sentinel(void **state)
{
    const struct referral *referral =
        read_one("sentinels: [néant]\n" RULE
                 "      motive_source_code: \"néant\"\n      region_code: \"44\"\n"
                 "      origin: OPERATOR\n",
                 RECORD_HEAD "\"x\": 1}");

    (void)state;
    assert_null(referral->motive_source_code.data);
    assert_bytes_text(referral->region_code, "44");
    assert_int_equal(referral->envelope.origin, ORIGIN_OPERATOR);
    assert_int_equal(referral->status, REFERRAL_ISSUED);
}

/* The compiler has seen the texts of constants and tables, and no others. */
static void what_a_record_says_is_checked_against_the_fields_format(void **state)
{
    static const struct {
        const char *expression;
        enum item_verdict verdict;
    } cases[] = {
        {"$.r", ITEM_REJECTED},
        {"first_of($.none, $.r)", ITEM_REJECTED},
        {"$.r | region", ITEM_REJECTED},
        {"$.r | trim", ITEM_REJECTED},
        {"first_of($.r | or_none, \"44\")", ITEM_REJECTED},
        {"first_of($.r | region | or_none, \"44\")", ITEM_EVENT},
        {"$.r | code(99 = 44)", ITEM_EVENT},
    };
    char yaml[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(yaml, sizeof(yaml), "%s      region_code: %s\n", RULE, cases[i].expression);
        if (i > 0)
            mapping_case_deinit(&c);
        mapping_case_init(&c, yaml);
        assert_int_equal(c.outcome, OUTCOME_OK);
        mapping_case_read(&c, RECORD_HEAD "\"r\": \"99\"}");
        assert_int_equal(c.items.items[0].verdict, cases[i].verdict);
    }
}

static void links_echo_and_ignored_writes_are_handed_to_the_runtime(void **state)
{
    static const char file[] =
        "unknown_fields: count\nrecords:\n  - emit: referral\n    entity: $.id\n    handoff: own\n"
        "    parent: given($.parent)\n    version: strict($.n)\n    ignore_when: $.by == relais\n"
        "    links: { person: $.person, nobody: $.none }\n    test: $.test\n"
        "    echo:\n      of: orientation \"/\" $.id\n      says: $.state\n"
        "    fields:\n      status: ISSUED\n      to_operator: o22\n      occurred_at: $.at | "
        "datetime\n";
    const struct mapping_item *item;

    (void)state;
    (void)read_one(file, RECORD_HEAD "\"n\": 4, \"person\": 12, \"state\": \"lu\", \"test\": true, "
                                     "\"parent\": null}");
    item = &c.items.items[0];
    assert_int_equal(item->verdict, ITEM_EVENT);
    assert_true(item->version_strict);
    assert_bytes_text(item->version, "4");
    assert_int_equal(item->event.envelope.source_version, 4);
    assert_int_equal(item->link_count, 1);
    assert_bytes_text(item->links[0].key, "12");
    assert_bytes_text(item->echo.of, "orientation/7");
    assert_bytes_text(item->echo.says, "lu");
    assert_null(item->parent.key.data);
    assert_true(item->event.envelope.test);
    mapping_case_read(&c, RECORD_HEAD "\"n\": 5, \"by\": \"relais\"}");
    assert_int_equal(c.items.items[0].verdict, ITEM_IGNORED);
}

static void the_same_record_always_gives_the_same_items(void **state)
{
    struct mapping_items first;

    (void)state;
    mapping_case_init(&c, each_file);
    mapping_case_read(&c, RECORD_HEAD "\"groups\": []}");
    assert_int_equal(c.items.count, 1);
    first = c.items;
    mapping_case_read(&c, RECORD_HEAD "\"groups\": []}");
    assert_int_equal(c.items.items[0].verdict, first.items[0].verdict);
}

static void a_text_where_a_truth_is_wanted_is_refused(void **state)
{
    (void)state;
    (void)read_one(RULE "      choice_recorded: $.choice\n",
                   RECORD_HEAD "\"choice\": \"a text of some length\"}");
    assert_int_equal(c.items.items[0].verdict, ITEM_REJECTED);
    assert_string_equal(c.items.items[0].code, "bad_value");
    assert_string_equal(c.items.items[0].field, "choice_recorded");
}

static void what_is_no_json_is_refused_as_a_whole(void **state)
{
    static const char *const bad[] = {"", "{", "{\"a\": \"\xE9\"}", "nul", "{\"a\": 1} x"};

    (void)state;
    mapping_case_init(&c, RULE);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        mapping_case_read(&c, bad[i]);
        assert_int_equal(c.outcome, OUTCOME_REJECT);
    }
}

static void paths_of_sources_read_texts_and_lists(void **state)
{
    CLEANUP(mapping_path_freep) struct mapping_path *list = NULL;
    struct yaml_node node = {
        .kind = YAML_SCALAR, .text = BYTES_LITERAL("$.resultats"), .plain = true};
    struct bytes *items;
    size_t count;

    (void)state;
    mapping_case_init(&c, RULE);
    assert_int_equal(mapping_path_new(&node, c.diagnostics, &list, NULL), OUTCOME_OK);
    assert_int_equal(mapping_path_list(list,
                                       BYTES_LITERAL("{\"resultats\": [{\"n\": 1.50}, \"é\"]}"),
                                       &c.arena, &items, &count, NULL),
                     OUTCOME_OK);
    assert_int_equal(count, 2);
    assert_bytes_text(items[0], "{\"n\":1.50}");
    assert_bytes_text(items[1], "\"é\"");
    assert_int_equal(
        mapping_path_list(list, BYTES_LITERAL("<html>"), &c.arena, &items, &count, NULL),
        OUTCOME_REJECT);
    assert_bytes_text(mapping_path_text(list, BYTES_LITERAL("{\"resultats\": 12}"), &c.arena),
                      "12");
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_time_keeps_its_offset_and_precision),
        TEST(a_date_alone_is_midnight_in_its_zone_and_keeps_its_day),
        TEST(numbers_are_never_read_through_floating_point),
        TEST(an_unknown_code_rejects_its_item_and_says_what_was_expected),
        TEST(a_rejection_never_shows_a_personal_value),
        TEST(a_condition_that_fails_shows_no_value),
        TEST(a_status_must_be_there),
        TEST(an_identity_of_many_digits_is_no_social_security_number),
        TEST(an_identity_is_no_persons_number_only_where_others_see_it),
        TEST(what_a_filter_leaves_out_is_one_filtered_item),
        TEST(a_list_in_a_list_gives_one_item_each),
        TEST(the_same_code_before_its_date_is_to_come),
        TEST(missing_null_blank_and_sentinels_are_nothing_but_told_apart),
        TEST(unknown_source_fields_are_counted_or_refused),
        TEST(a_dropped_object_still_gives_the_fields_that_are_read),
        TEST(keys_with_accents_blanks_dots_and_quotes_are_read),
        TEST(keys_that_differ_in_one_letter_are_told_apart),
        TEST(a_constant_is_there_in_every_record_unless_it_is_a_sentinel),
        TEST(what_a_record_says_is_checked_against_the_fields_format),
        TEST(links_echo_and_ignored_writes_are_handed_to_the_runtime),
        TEST(the_same_record_always_gives_the_same_items),
        TEST(a_text_where_a_truth_is_wanted_is_refused),
        TEST(what_is_no_json_is_refused_as_a_whole),
        TEST(paths_of_sources_read_texts_and_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
