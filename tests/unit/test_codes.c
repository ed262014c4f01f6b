/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "schemas/code_lists.h"
#include "schemas/codes.h"
#include "schemas/schema_texts.h"
#include "tests/support/generate.h"

static void formats_accept_and_refuse_the_published_examples(void **state)
{
    static const struct {
        const char *format;
        const char *value;
        bool good;
    } cases[] = {
        {"siret", "73282932000074", true}, /* domain.md 4.2 */
        {"siret", "73282932000079", false},
        {"siret", "35600000000048", true},
        {"siret", "35600000000001", true},
        {"siret", "35600000000014", true},
        {"siret", "12345678901234", false},
        {"siret", "7328293200007", false},
        {"siren", "732829320", true},
        {"siren", "732829321", false},
        {"region", "75", true},
        {"region", "05", false},
        {"region", "5", false},
        {"departement", "2A", true},
        {"departement", "20", false},
        {"departement", "975", false},
        {"departement", "971", true},
        {"commune", "2B033", true},
        {"commune", "97105", true},
        {"commune", "3A033", false},
        {"commune", "01144", true}, /* until 2018 */
        {"commune", "75101", true},
        {"commune", "75001", false}, /* a postcode */
        {"region", "41", false},     /* Lorraine, until 2016 */
        {"rna", "W751000001", true},
        {"rna", "W9N1000001", true},
        {"rna", "W2A1000001", true},
        {"rna", "w751000001", false},
        {"rna", "W75100001", false},
        {"rna", "W7510000011", false},
        {"rna", "W75A000001", false},
        {"rome", "M1607", true},
        {"rome", "N4403", true},
        {"rome", "M1600", false},
        {"rome", "M9901", false}, /* no such domain */
        {"rome", "M1805", true},
        {"rome", "O1805", false},
        {"rome", "FAKE", false},
        {"pcs1", "8", true},
        {"pcs1", "9", false},
        {"phone", "+33123456789", true},
        {"phone", "0123456789", false},
        {"phone", "+0123456789", false},
        {"postcode", "01000", true},
        {"postcode", "1000", false},
        {"zone", "Europe/Paris", true},
        {"zone", "America/Port-au-Prince", true},
        {"zone", "UTC", true},
        {"zone", "Europe/", false},
        {"zone", "../etc", false},
        {"operator_code", "o21", true},
        {"operator_code", "relais", true},
        {"operator_code", "o-21", false},
        {"operator_code", "O21", false},
        {"operator_code", "", false},
        {"site_code", "o21-metz", true},
        {"site_code", "-metz", false},
        {"rejection", "loop", true},
        {"rejection", "lop", false},
        {"no_such_format", "x", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *expected = NULL;
        bool good = codes_check(cases[i].format, bytes_of_text(cases[i].value), &expected);

        if (good != cases[i].good)
            print_error("%s %s\n", cases[i].format, cases[i].value);
        assert_int_equal(good, cases[i].good);
        assert_int_equal(expected == NULL, good);
    }
}

static void each_format_of_the_tables_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < schema_text_count; i++)
        for (const struct field *f = schema_texts[i].table->fields; f->name; f++)
            assert_true(!f->format || codes_format_known(f->format));
    assert_false(codes_format_known("nir"));
}

static size_t count_on(const struct code_list *list, const char *day)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        count += codes_row_holds(&list->rows[i], bytes_of_text(day));
    return count;
}

static void lists_are_sorted_complete_and_linked(void **state)
{
    const char *expected = NULL;

    (void)state;
    assert_int_equal(count_on(&code_list_region, NULL), 18);
    assert_int_equal(count_on(&code_list_region, "2015-12-31"), 27);
    assert_int_equal(count_on(&code_list_departement, NULL), 101);
    assert_int_equal(count_on(&code_list_rome, NULL), 14 + 110);
    assert_int_equal(count_on(&code_list_rome, "2009-12-13"), 0);
    for (const struct code_list *const *list = code_lists; *list; list++) {
        assert_true(strlen((*list)->source) > 20);
        for (size_t i = 1; i < (*list)->count; i++)
            assert_true(strcmp((*list)->rows[i - 1].code, (*list)->rows[i].code) < 0);
    }
    for (size_t i = 0; i < code_list_departement.count; i++)
        assert_true(
            codes_check("region", bytes_of_text(code_list_departement.rows[i].parent), &expected));
    for (size_t i = 0; i < code_list_region.count; i++)
        if (code_list_region.rows[i].parent[0] != '\0')
            assert_true(
                codes_check("region", bytes_of_text(code_list_region.rows[i].parent), &expected));
}

static void each_rejection_code_has_a_sentence_and_is_there_once(void **state)
{
    (void)state;
    for (const struct rejection_code *row = rejection_codes; row->code; row++) {
        assert_true(strlen(row->meaning_fr) > 10);
        for (const struct rejection_code *other = rejection_codes; other != row; other++)
            assert_string_not_equal(other->code, row->code);
    }
}

static void what_may_be_accepted_later_is_said_of_our_own_codes_only(void **state)
{
    (void)state;
    assert_true(rejection_codes_retryable("unknown_code"));
    assert_false(rejection_codes_retryable("too_large"));
    assert_false(rejection_codes_retryable("no_code_of_ours"));
}

static void assert_rejected(const struct referral *referral, const char *field)
{
    struct error err = {0};

    assert_int_equal(record_check(&referral_table, referral, &err), OUTCOME_REJECT);
    assert_non_null(strstr(err.text, field));
    assert_null(strstr(err.text, "295109912611193"));
    assert_int_equal(record_check(&referral_table, referral, NULL), OUTCOME_REJECT);
}

static void a_record_is_refused_by_the_name_of_its_field(void **state)
{
    static uint8_t long_text[1025];
    struct reference reference = {BYTES_LITERAL("crm"), BYTES_LITERAL("295109912611193")};
    struct reference other = {BYTES_LITERAL("crm"), BYTES_LITERAL("rdv-1772123456789")};
    /* Seen: a key id is 16 hexadecimal digits, and one in some hundred looked like a NIR. */
    struct sealed sealed = {.key_id = BYTES_LITERAL("a295109912611193"),
                            .sealed = BYTES_LITERAL("x"),
                            .signing_key_id = BYTES_LITERAL("295109912611193b"),
                            .signature = BYTES_LITERAL("x")};
    struct referral good;
    struct referral referral;

    (void)state;
    memset(long_text, 'x', sizeof(long_text));
    record_init(&referral_table, &good);
    good.envelope.event_id = uuid_random();
    good.envelope.handoff_id = uuid_random();
    good.envelope.thread_id = uuid_random();
    good.envelope.operator_code = BYTES_LITERAL("o21");
    good.envelope.occurred_at = 1;
    good.envelope.sealed = &sealed;
    assert_int_equal(record_check(&referral_table, &good, NULL), OUTCOME_OK);
    referral = good;
    referral.issuer_ref = &other;
    assert_int_equal(record_check(&referral_table, &referral, NULL), OUTCOME_OK);
    referral = good;
    referral.envelope.handoff_id = UUID_NONE;
    assert_rejected(&referral, "handoff_id");
    referral = good;
    referral.envelope.occurred_at = FIELD_TIME_MOST + 1;
    assert_rejected(&referral, "occurred_at");
    referral = good;
    referral.requested_on = -FIELD_DAYS_MOST - 1;
    assert_rejected(&referral, "requested_on");
    referral = good;
    referral.envelope.occurred_at = NO_TIME;
    assert_rejected(&referral, "occurred_at");
    referral = good;
    referral.region_code = BYTES_LITERAL("05");
    assert_rejected(&referral, "region_code");
    referral = good;
    referral.status = REFERRAL_STATUS_COUNT;
    assert_rejected(&referral, "status");
    referral = good;
    referral.motive_source_code = bytes_of(long_text, sizeof(long_text));
    assert_rejected(&referral, "motive_source_code");
    referral = good;
    referral.motive_source_code = BYTES_LITERAL("\xFF");
    assert_rejected(&referral, "motive_source_code");
    referral = good;
    referral.issuer_ref = &reference;
    assert_rejected(&referral, "issuer_ref: id");
}

static void generated_records_pass_the_check(void **state)
{
    struct arena arena = {0};
    struct generator generator;

    (void)state;
    generate_init(&generator, 7);
    for (int i = 0; i < 4000; i++) {
        const struct record_table *table = schema_texts[(size_t)i % schema_text_count].table;
        void *record = arena_alloc(&arena, table->size);
        struct error err = {0};

        generate_record(&generator, table, &arena, record);
        if (record_check(table, record, &err) != OUTCOME_OK)
            fail_msg("%s: %s", table->name, err.text);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_accept_and_refuse_the_published_examples),
        cmocka_unit_test(each_format_of_the_tables_is_known),
        cmocka_unit_test(lists_are_sorted_complete_and_linked),
        cmocka_unit_test(each_rejection_code_has_a_sentence_and_is_there_once),
        cmocka_unit_test(what_may_be_accepted_later_is_said_of_our_own_codes_only),
        cmocka_unit_test(a_record_is_refused_by_the_name_of_its_field),
        cmocka_unit_test(generated_records_pass_the_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
