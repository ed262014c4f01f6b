/* SPDX-License-Identifier: Apache-2.0
 *
 * What a beginner reads: whole texts, for the likeliest mistakes.
 */
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define HEAD                                                                                       \
    "records:\n"                                                                                   \
    "  - emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    version: $.at | datetime\n"                                                               \
    "    handoff: own\n"                                                                           \
    "    fields:\n"                                                                                \
    "      status: ISSUED\n"
#define DELIVER                                                                                    \
    "deliver:\n"                                                                                   \
    "  - { on: [referral, appointment, closure, refused, notice], skip: nothing to say }\n"

/* The file has exactly these mistakes, as they are shown. */
static void assert_mistakes(const char *file, const char *expected)
{
    struct mapping_case c;

    mapping_case_init(&c, file);
    assert_null(c.mapping);
    assert_string_equal(mapping_case_mistakes(&c), expected);
    mapping_case_deinit(&c);
}

/* One of the mistakes says so. */
static void assert_says(const char *file, const char *expected)
{
    struct mapping_case c;

    mapping_case_init(&c, file);
    assert_null(c.mapping);
    if (!strstr(mapping_case_mistakes(&c), expected))
        fail_msg("not said: %s\n%s", expected, mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

static void a_misspelt_field_gets_the_nearest_name(void **state)
{
    (void)state;
    assert_mistakes(HEAD "      motiv: $.why\n",
                    "connector.yaml:8:7: Referral has no field \"motiv\"\n"
                    "   8 |       motiv: $.why\n"
                    "     |       ^^^^^\n"
                    "expected motive\n");
}

static void a_misspelt_code_gets_the_nearest_symbol(void **state)
{
    (void)state;
    assert_mistakes(HEAD "      motive: $.why | code(bilan = TAKE_STOC)\n",
                    "connector.yaml:8:36: Motive has no \"TAKE_STOC\"\n"
                    "   8 |       motive: $.why | code(bilan = TAKE_STOC)\n"
                    "     |                                    ^^^^^^^^^\n"
                    "expected TAKE_STOCK, or one of UNKNOWN, CHANGE_JOB_OR_SECTOR, "
                    "CREATE_OR_TAKE_OVER_BUSINESS, ACQUIRE_SKILLS_TRAINING, CERTIFICATION_VAE, "
                    "FUNDING_CPF_PTP, RESIGNATION_PROJECT, INTERNAL_MOBILITY, RETURN_TO_WORK, "
                    "KEEP_JOB_HEALTH, TAKE_STOCK, OTHER\n");
}

static void a_code_in_a_table_is_checked_where_it_stands(void **state)
{
    (void)state;
    assert_says(HEAD "      urgency: $.u | code(u)\ncodes:\n  u: { oui: URGENTE }\n",
                "connector.yaml:10:13: Urgency has no \"URGENTE\"\n"
                "  10 |   u: { oui: URGENTE }\n"
                "     |             ^^^^^^^\n"
                "expected URGENT");
}

static void a_path_alone_is_no_code(void **state)
{
    (void)state;
    assert_says(HEAD "      motive: $.why\n",
                "motive takes a code of Motive; this is whatever the record has");
}

static void a_text_is_no_time(void **state)
{
    (void)state;
    assert_mistakes(HEAD "      synthesis_at: $.day\n",
                    "connector.yaml:8:21: synthesis_at cannot be a value of the record\n"
                    "   8 |       synthesis_at: $.day\n"
                    "     |                     ^^^^^\n"
                    "expected a time: add | datetime, or | datetime(\"%d/%m/%Y\", "
                    "\"Europe/Paris\")\n");
}

static void a_local_time_needs_its_zone(void **state)
{
    (void)state;
    assert_says(HEAD "      synthesis_at: $.day | datetime(\"%d/%m/%Y\")\n",
                "a local time without its time zone");
}

static void a_personal_value_stays_out_of_shared_fields(void **state)
{
    (void)state;
    assert_mistakes("personal: [$.user]\n" HEAD "      motive_source_code: $.user.name | upper\n"
                    "    contact: { usual_name: $.user.name }\n",
                    "connector.yaml:9:27: $.user.name is personal, and motive_source_code is not\n"
                    "   9 |       motive_source_code: $.user.name | upper\n"
                    "     |                           ^^^^^^^^^^^\n"
                    "expected a field of `contact`, which is sealed to the receiver\n");
    assert_says("personal: ['$.people[*].user']\nrecords:\n  - emit: appointment\n"
                "    each: $.people\n    entity: .id\n    version: $.at | datetime\n"
                "    handoff: by_person(.user.id)\n"
                "    fields: { status: BOOKED, zone: .user.zone }\n",
                ".user.zone is personal, and zone is not");
}

static void operators_are_small_and_double(void **state)
{
    (void)state;
    assert_says(HEAD "      choice_recorded: $.a AND $.b\n", "operator in capitals");
    assert_says(HEAD "      choice_recorded: $.a = 1\n", "expected == to compare");
    assert_says(HEAD "      choice_recorded: $.a && $.b\n", "expected `and`");
    assert_says(HEAD "      choice_recorded: $.a || $.b\n", "expected `or`, or a function");
}

static void a_text_of_several_words_wants_quotes(void **state)
{
    (void)state;
    assert_says(HEAD "      motive_source_code: Bonjour tout le monde\n",
                "expected quotes around a text of several words");
    assert_says(HEAD "      motive_source_code: \"a\" $.b\n", "text behind a closing quote");
}

static void an_item_without_each_is_said(void **state)
{
    (void)state;
    assert_says(HEAD "      motive_source_code: .why\n", "the rule has no `each`");
}

static void a_tab_and_an_at_sign_get_their_sentence(void **state)
{
    (void)state;
    assert_says("records:\n\t- emit: referral\n", "tab in the indentation");
    assert_says(HEAD "      motive: @.why\n", "expected quotes around the value");
}

static void in_quotes_a_path_that_begins_with_an_at_sign_is_read(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, "records:\n  - emit: appointment\n    each: $.l\n    entity: \"@.id\"\n"
                          "    version: $.at | datetime\n    handoff: by_person(@.p)\n"
                          "    fields: { status: BOOKED }\n");
    assert_non_null(c.mapping);
    mapping_case_deinit(&c);
}

static void an_unknown_function_or_table_gets_the_nearest(void **state)
{
    (void)state;
    assert_says(HEAD "      motive: $.m | cod(x)\n", "unknown function \"cod\"");
    assert_says(HEAD "      motive: $.m | code(motifs)\ncodes: { motif: { a: OTHER } }\n",
                "unknown code list \"motifs\"");
}

static void a_comma_inside_yaml_braces_is_explained(void **state)
{
    (void)state;
    assert_says(HEAD "    contact: { phone: first_of($.a, $.b) }\n",
                "between { } or [ ] of YAML a comma ends the value");
}

static void a_rule_needs_entity_handoff_and_time(void **state)
{
    (void)state;
    assert_says("records:\n  - emit: referral\n    fields: { status: ISSUED }\n",
                "`entity` is missing");
    assert_says("records:\n  - emit: referral\n    fields: { status: ISSUED }\n",
                "`handoff` is missing");
    assert_says("records:\n  - emit: referral\n    fields: { status: ISSUED }\n",
                "the rule does not say when it happened");
    assert_says("records:\n  - emit: referal\n", "no such event");
}

static void what_the_connector_sets_is_not_the_mappings(void **state)
{
    (void)state;
    assert_says(HEAD "      event_id: $.id\n",
                "event_id is set by the connector, not by the mapping");
}

static void every_event_that_may_arrive_needs_a_rule(void **state)
{
    (void)state;
    assert_mistakes(
        "deliver:\n  - { on: [referral, appointment, closure.TRAINING, notice], skip: x }\n"
        "  - { on: closure, when: present(link.own), skip: x }\n",
        "connector.yaml:2:3: `deliver` does not say what becomes of closure.UNKNOWN, "
        "closure.EMPLOYMENT, closure.BUSINESS_CREATION, closure.VAE_CERTIFICATION, "
        "closure.FUNDING_FILE_SUBMITTED, closure.INTERNAL_MOBILITY, closure.IMMERSION, "
        "closure.PROJECT_FORMALISED, closure.INFORMATION_SUFFICIENT, "
        "closure.REFERRED_ONWARD, closure.ABANDONED, closure.UNREACHABLE, "
        "closure.TRANSFERRED, closure.OTHER, closure.ENTERED_IN_ERROR, refused\n"
        "   2 |   - { on: [referral, appointment, closure.TRAINING, notice], skip: x }\n"
        "     |   ^\n"
        "expected a rule without `when` for each, at least `skip: why`\n");
}

static void a_table_outwards_must_have_a_word_for_every_code(void **state)
{
    (void)state;
    assert_says(DELIVER "  - on: notice\n    request: PUT /x\n"
                        "    body: { a: event.kind | code(OVERDUE = x) }\n",
                "the table has no word for UNKNOWN");
    assert_says(DELIVER
                "  - on: notice\n    request: PUT /x\n"
                "    body: { a: event.kind | code(o) }\ncodes: { o: { OVERDU: x, else: y } }\n",
                "NoticeKind has no \"OVERDU\"");
}

static void outwards_only_what_is_there_can_be_read(void **state)
{
    (void)state;
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: event.kin } }\n",
                "Notice has no field \"kin\"");
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: $.kind } }\n",
                "there is no record here");
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: event.recorded_at } }\n",
                "no expression may read it");
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: event.due_at } }\n",
                "a time has no one way to be written");
    assert_says(DELIVER "  - { on: notice, request: \"PUT x\" }\n", "not a request");
    assert_says(DELIVER "  - { on: notice, request: POST /x, safety: looked_up }\n",
                "nothing is looked up before this call");
}

static void every_mistake_is_said_at_once(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, HEAD "      motiv: $.a\n      urgency: $.b\n      sex: $.c | cod(x)\n"
                               "unknown_fields: maybe\nsentinels: x\n");
    assert_int_equal(diagnostics_count(c.diagnostics), 5);
    mapping_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelt_field_gets_the_nearest_name),
        cmocka_unit_test(a_misspelt_code_gets_the_nearest_symbol),
        cmocka_unit_test(a_code_in_a_table_is_checked_where_it_stands),
        cmocka_unit_test(a_path_alone_is_no_code),
        cmocka_unit_test(a_text_is_no_time),
        cmocka_unit_test(a_local_time_needs_its_zone),
        cmocka_unit_test(a_personal_value_stays_out_of_shared_fields),
        cmocka_unit_test(operators_are_small_and_double),
        cmocka_unit_test(a_text_of_several_words_wants_quotes),
        cmocka_unit_test(an_item_without_each_is_said),
        cmocka_unit_test(a_tab_and_an_at_sign_get_their_sentence),
        cmocka_unit_test(in_quotes_a_path_that_begins_with_an_at_sign_is_read),
        cmocka_unit_test(an_unknown_function_or_table_gets_the_nearest),
        cmocka_unit_test(a_comma_inside_yaml_braces_is_explained),
        cmocka_unit_test(a_rule_needs_entity_handoff_and_time),
        cmocka_unit_test(what_the_connector_sets_is_not_the_mappings),
        cmocka_unit_test(every_event_that_may_arrive_needs_a_rule),
        cmocka_unit_test(a_table_outwards_must_have_a_word_for_every_code),
        cmocka_unit_test(outwards_only_what_is_there_can_be_read),
        cmocka_unit_test(every_mistake_is_said_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
