/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "schemas/enums.h"
#include "schemas/events.h"

static void a_new_record_holds_no_value(void **state)
{
    struct referral referral;

    (void)state;
    memset(&referral, 0xA5, sizeof(referral));
    record_init(&referral_table, &referral);
    for (const struct field *field = referral_table.fields; field->name; field++) {
        bool always = field->type == FIELD_BOOL || field->type == FIELD_ENUM ||
                      field->type == FIELD_INT || field->type == FIELD_LONG;

        if (!always || (field->flags & FIELD_NULLABLE))
            assert_true(field_is_none(field, &referral));
    }
    assert_true(referral.requested_on == NO_INT);
    assert_int_equal(referral.envelope.occurred_at_offset_min, NO_INT);
    assert_int_equal(referral.envelope.handoff_seq, 0);
    assert_null(referral.issuer_ref);
}

static void fields_and_symbols_are_found_by_name(void **state)
{
    (void)state;
    assert_non_null(field_find(&referral_table, BYTES_LITERAL("rome_code")));
    assert_null(field_find(&referral_table, BYTES_LITERAL("rome_cod")));
    assert_int_equal(enum_find(&enum_referral_status, BYTES_LITERAL("ISSUED")), REFERRAL_ISSUED);
    assert_int_equal(enum_find(&enum_referral_status, BYTES_LITERAL("issued")), -1);
    assert_string_equal(enum_symbol(&enum_urgency, URGENCY_URGENT), "URGENT");
    assert_string_equal(enum_symbol(&enum_urgency, 77), "NORMAL");
}

static void equality_looks_into_arrays_and_nested_records(void **state)
{
    struct person_ref refs_a[] = {{BYTES_LITERAL("k1"), BYTES_LITERAL("0123456789abcdef")}};
    struct person_ref refs_b[] = {{BYTES_LITERAL("k1"), BYTES_LITERAL("0123456789abcdeX")}};
    struct reference issuer_a = {BYTES_LITERAL("crm"), BYTES_LITERAL("7")};
    struct reference issuer_b = {BYTES_LITERAL("crm"), BYTES_LITERAL("7")};
    struct referral a;
    struct referral b;

    (void)state;
    record_init(&referral_table, &a);
    record_init(&referral_table, &b);
    assert_true(record_equal(&referral_table, &a, &b));
    a.envelope.person_refs = (struct field_array){refs_a, 1};
    assert_false(record_equal(&referral_table, &a, &b));
    b.envelope.person_refs = (struct field_array){refs_b, 1};
    assert_false(record_equal(&referral_table, &a, &b));
    b.envelope.person_refs = (struct field_array){refs_a, 1};
    a.issuer_ref = &issuer_a;
    assert_false(record_equal(&referral_table, &a, &b));
    b.issuer_ref = &issuer_b;
    assert_true(record_equal(&referral_table, &a, &b));
    issuer_b.id = BYTES_LITERAL("8");
    assert_false(record_equal(&referral_table, &a, &b));
}

static void an_empty_text_differs_from_none_only_where_none_is_possible(void **state)
{
    struct referral a;
    struct referral b;

    (void)state;
    record_init(&referral_table, &a);
    record_init(&referral_table, &b);
    a.envelope.source_system = BYTES_LITERAL("");
    assert_true(record_equal(&referral_table, &a, &b));
    a.envelope.consent_ref = BYTES_LITERAL("");
    assert_false(record_equal(&referral_table, &a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_record_holds_no_value),
        cmocka_unit_test(fields_and_symbols_are_found_by_name),
        cmocka_unit_test(equality_looks_into_arrays_and_nested_records),
        cmocka_unit_test(an_empty_text_differs_from_none_only_where_none_is_possible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
