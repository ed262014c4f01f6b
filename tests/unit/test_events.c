/* SPDX-License-Identifier: Apache-2.0
 *
 * Holds the committed .avsc files against the field tables, and the tables against rules of
 * the design.
 */
#include "tests/support/test.h"

#include <yyjson.h>

#include "schemas/enums.h"
#include "schemas/events.h"
#include "schemas/schema_texts.h"

static const char *text_of(yyjson_val *object, const char *key)
{
    return yyjson_get_str(yyjson_obj_get(object, key));
}

static void type_matches(yyjson_val *type, const struct field *field, enum field_type kind);

static void record_matches(yyjson_val *schema, const struct record_table *table)
{
    yyjson_val *fields = yyjson_obj_get(schema, "fields");
    size_t count = 0;

    assert_string_equal(text_of(schema, "type"), "record");
    assert_string_equal(text_of(schema, "name"), table->name);
    assert_string_equal(text_of(schema, "doc"), table->doc);
    for (const struct field *field = table->fields; field->name; field++, count++) {
        yyjson_val *row = yyjson_arr_get(fields, count);
        yyjson_val *type = yyjson_obj_get(row, "type");
        yyjson_val *fallback = yyjson_obj_get(row, "default");

        assert_non_null(row);
        assert_string_equal(text_of(row, "name"), field->name);
        assert_non_null(field->doc);
        assert_string_equal(text_of(row, "doc"), field->doc);
        assert_int_equal(fallback == NULL, (field->flags & FIELD_REQUIRED) != 0);
        if (field->alias)
            assert_string_equal(
                yyjson_get_str(yyjson_arr_get_first(yyjson_obj_get(row, "aliases"))), field->alias);
        if (field->flags & FIELD_NULLABLE) {
            assert_int_equal(yyjson_arr_size(type), 2);
            assert_string_equal(yyjson_get_str(yyjson_arr_get(type, 0)), "null");
            assert_true(yyjson_is_null(fallback));
            type = yyjson_arr_get(type, 1);
        }
        type_matches(type, field, field->type);
    }
    assert_int_equal(yyjson_arr_size(fields), count);
}

static void enum_matches(yyjson_val *type, const struct enum_table *table)
{
    yyjson_val *symbols = yyjson_obj_get(type, "symbols");

    if (yyjson_is_str(type)) { /* defined further up */
        assert_string_equal(yyjson_get_str(type), table->name);
        return;
    }
    assert_string_equal(text_of(type, "name"), table->name);
    assert_string_equal(text_of(type, "default"), table->symbols[0]);
    assert_int_equal(yyjson_arr_size(symbols), table->count);
    for (size_t i = 0; i < table->count; i++)
        assert_string_equal(yyjson_get_str(yyjson_arr_get(symbols, i)), table->symbols[i]);
}

static void logical_matches(yyjson_val *type, const char *base, const char *logical)
{
    assert_string_equal(text_of(type, "type"), base);
    assert_string_equal(text_of(type, "logicalType"), logical);
}

static void type_matches(yyjson_val *type, const struct field *field, enum field_type kind)
{
    static const char *const primitives[] = {
        [FIELD_STRING] = "string", [FIELD_BYTES] = "bytes", [FIELD_BOOL] = "boolean",
        [FIELD_INT] = "int",       [FIELD_LONG] = "long",
    };

    if (kind == FIELD_UUID)
        logical_matches(type, "string", "uuid");
    else if (kind == FIELD_TIME)
        logical_matches(type, "long", "timestamp-micros");
    else if (kind == FIELD_DATE)
        logical_matches(type, "int", "date");
    else if (kind == FIELD_ENUM)
        enum_matches(type, field->symbols);
    else if (kind == FIELD_ARRAY)
        type_matches(yyjson_obj_get(type, "items"), field, field->item);
    else if (kind == FIELD_RECORD && yyjson_is_str(type))
        assert_string_equal(yyjson_get_str(type), field->record->name);
    else if (kind == FIELD_RECORD)
        record_matches(type, field->record);
    else
        assert_string_equal(yyjson_get_str(type), primitives[kind]);
}

static void each_schema_file_says_what_its_table_says(void **state)
{
    (void)state;
    assert_int_equal(schema_text_count, 8);
    for (size_t i = 0; i < schema_text_count; i++) {
        const struct schema_text *schema = &schema_texts[i];
        yyjson_doc *doc = yyjson_read((const char *)schema->text.data, schema->text.len, 0);

        assert_non_null(doc);
        assert_string_equal(text_of(yyjson_doc_get_root(doc), "namespace"), "relais");
        record_matches(yyjson_doc_get_root(doc), schema->table);
        yyjson_doc_free(doc);
    }
}

static void every_enum_has_a_symbol_for_each_of_its_constants(void **state)
{
    static const struct {
        const struct enum_table *table;
        size_t count;
    } enums[] = {
        {&enum_time_precision, PRECISION_DAY + 1},
        {&enum_origin, ORIGIN_PARTNER + 1},
        {&enum_legal_basis, LEGAL_BASIS_CONSENT + 1},
        {&enum_correction_reason, CORRECTION_OTHER + 1},
        {&enum_referral_status, REFERRAL_STATUS_COUNT},
        {&enum_level, LEVEL_2 + 1},
        {&enum_public_category, PUBLIC_RESIGNATION_PROJECT + 1},
        {&enum_motive, MOTIVE_OTHER + 1},
        {&enum_referral_reason, REASON_COMPLEMENTARY_SERVICE + 1},
        {&enum_urgency, URGENCY_URGENT + 1},
        {&enum_contact_preference, CONTACT_PREFERENCE_OTHER + 1},
        {&enum_age_band, AGE_55_PLUS + 1},
        {&enum_sex, SEX_M + 1},
        {&enum_qualification_band, QUALIFICATION_7_8 + 1},
        {&enum_decline_reason, DECLINE_OTHER + 1},
        {&enum_appointment_status, APPOINTMENT_ERASED + 1},
        {&enum_modality, MODALITY_REMOTE_UNSPECIFIED + 1},
        {&enum_initiator, INITIATOR_WAITLIST + 1},
        {&enum_closure_outcome, CLOSURE_ENTERED_IN_ERROR + 1},
        {&enum_rejection_stage, STAGE_SINK + 1},
        {&enum_notice_kind, NOTICE_RETRIES_EXHAUSTED + 1},
        {&enum_handoff_state, HANDOFF_STATE_COUNT},
        {&enum_fact, FACT_COUNT},
        {&enum_directory_kind, DIRECTORY_MEMBER + 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
        assert_int_equal(enums[i].table->count, enums[i].count);
        for (size_t s = 0; s < enums[i].count; s++)
            assert_non_null(enums[i].table->symbols[s]);
    }
}

static void only_sealed_bytes_and_contact_data_are_personal(void **state)
{
    (void)state;
    for (size_t i = 0; i < schema_text_count; i++) {
        const struct record_table *table = schema_texts[i].table;

        for (const struct field *field = table->fields; field->name; field++) {
            bool contact = table == &contact_table && !(field->flags & FIELD_RUNTIME);
            bool sealed = strcmp(field->name, "sealed") == 0;

            assert_int_equal((field->flags & FIELD_PERSONAL) != 0, contact || sealed);
        }
    }
}

static void an_event_is_known_by_its_record_name_and_says_its_status(void **state)
{
    struct event event = {.type = EVENT_REFERRAL};

    (void)state;
    for (int type = EVENT_REFERRAL; type <= EVENT_NOTICE; type++) {
        const struct record_table *table = event_table((enum event_type)type);

        assert_int_equal(event_type_of(bytes_of_text(table->name)), type);
    }
    assert_null(event_table(EVENT_NONE));
    assert_int_equal(event_type_of(BYTES_LITERAL("Handoff")), EVENT_NONE);
    event.referral.status = REFERRAL_TAKEN_OVER;
    assert_string_equal(event_status(&event), "TAKEN_OVER");
    assert_ptr_equal(&event.envelope, &event.referral);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_schema_file_says_what_its_table_says),
        cmocka_unit_test(every_enum_has_a_symbol_for_each_of_its_constants),
        cmocka_unit_test(only_sealed_bytes_and_contact_data_are_personal),
        cmocka_unit_test(an_event_is_known_by_its_record_name_and_says_its_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
