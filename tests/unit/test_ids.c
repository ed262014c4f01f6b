/* SPDX-License-Identifier: Apache-2.0
 *
 * The expected ids were computed with Python's hmac and hashlib.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "schemas/ids.h"

#define SECRET_BYTES                                                                               \
    BYTES_LITERAL("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"               \
                  "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f")

static size_t wipes;

/* Instead of its own: -Wl,--wrap */
void __real_crypto_wipe(void *secret_of, size_t size);
void __wrap_crypto_wipe(void *secret_of, size_t size);

void __wrap_crypto_wipe(void *secret_of, size_t size)
{
    wipes++;
    __real_crypto_wipe(secret_of, size);
}

static struct hmac secret; /* copied by each of them, never used up */

static void assert_uuid_text(struct uuid id, const char *expected)
{
    char text[UUID_TEXT_SIZE];

    assert_string_equal(uuid_format(id, text), expected);
}

static void identities_are_those_that_python_computes(void **state)
{
    struct bytes system = BYTES_LITERAL("crm");
    struct bytes entity = BYTES_LITERAL("REF-7");
    struct ids_event parts = {system, EVENT_REFERRAL, entity, BYTES_LITERAL("12"), BYTES_NONE};
    struct uuid handoff;
    struct uuid id;

    (void)state;
    assert_int_equal(ids_handoff(&secret, system, entity, &handoff, NULL), OUTCOME_OK);
    assert_uuid_text(handoff, "58a80c6a-92c3-8ede-be60-ca3b2613776b");
    assert_int_equal(ids_entity(&secret, system, EVENT_REFERRAL, entity, &id, NULL), OUTCOME_OK);
    assert_uuid_text(id, "6ed7a349-8a48-8099-b8c1-b1974f221188");
    assert_int_equal(ids_event(&secret, &parts, &id, NULL), OUTCOME_OK);
    assert_uuid_text(id, "9c9f9890-223f-831d-965a-1492e338495a");
    assert_uuid_text(ids_broker(handoff, "overdue", BYTES_LITERAL("1773000000000000")),
                     "14955e0c-4318-8355-9a95-b821cb8b2e9c");
}

static void a_part_with_the_separator_is_rejected(void **state)
{
    struct uuid id;
    struct error err;

    (void)state;
    assert_int_equal(ids_handoff(&secret, BYTES_LITERAL("crm"),
                                 BYTES_LITERAL("a\x1F"
                                               "b"),
                                 &id, &err),
                     OUTCOME_REJECT);
    assert_null(strstr(err.text, "a\x1F"));
    assert_int_equal(wipes, 1); /* the copy of the secret that this one began with */
}

struct sample {
    struct event event;
    struct contact contact;
    struct reference issuer_ref;
};

static void sample_init(struct sample *sample)
{
    memset(sample, 0, sizeof(*sample));
    sample->event.type = EVENT_REFERRAL;
    record_init(&referral_table, &sample->event.referral);
    record_init(&contact_table, &sample->contact);
    sample->event.referral.status = REFERRAL_ISSUED;
    sample->event.envelope.operator_code = BYTES_LITERAL("o21");
    sample->event.envelope.occurred_at = 1773000000000000;
    sample->issuer_ref = (struct reference){BYTES_LITERAL("crm"), BYTES_LITERAL("7")};
    sample->event.referral.issuer_ref = &sample->issuer_ref;
    sample->contact.phone = BYTES_LITERAL("+33123456789");
}

static bool tags_equal(const struct sample *a, const struct sample *b)
{
    struct arena arena = {0};
    bool equal = bytes_equal(ids_content_tag(&secret, &a->event, &a->contact, &arena),
                             ids_content_tag(&secret, &b->event, &b->contact, &arena));

    arena_deinit(&arena);
    return equal;
}

static void the_content_tag_is_the_one_that_python_computes(void **state)
{
    struct sample a;
    struct arena arena = {0};

    (void)state;
    sample_init(&a);
    assert_bytes_text(ids_content_tag(&secret, &a.event, &a.contact, &arena),
                      "b3795e172f554f1c2e15ad31a45af912"
                      "ab88589bba4435f7b2cc77350dfa23f8");
    arena_deinit(&arena);
}

static void the_content_tag_stays_when_the_same_record_is_read_again(void **state)
{
    struct sample a;
    struct sample b;
    struct sealed sealed = {BYTES_LITERAL("k"), BYTES_LITERAL("x"), BYTES_LITERAL("s"),
                            BYTES_LITERAL("y")};

    (void)state;
    sample_init(&a);
    sample_init(&b);
    b.event.envelope.event_id = uuid_random();
    b.contact.event_id = uuid_random();
    b.event.envelope.observed_at = 5;
    b.event.envelope.recorded_at = 6;
    b.event.envelope.sealed = &sealed;
    b.event.envelope.raw_hash = BYTES_LITERAL("h");
    assert_true(tags_equal(&a, &b));
}

static void the_content_tag_differs_with_any_mapped_field(void **state)
{
    struct sample a;
    struct sample b;

    (void)state;
    sample_init(&a);
    sample_init(&b);
    b.event.referral.urgency = URGENCY_URGENT;
    assert_false(tags_equal(&a, &b));
    sample_init(&b);
    b.contact.phone = BYTES_LITERAL("+33123456780");
    assert_false(tags_equal(&a, &b));
    sample_init(&b);
    b.issuer_ref.id = BYTES_LITERAL("8");
    assert_false(tags_equal(&a, &b));
    sample_init(&b);
    b.event.envelope.handoff_id = uuid_random();
    assert_false(tags_equal(&a, &b));
    sample_init(&b);
    b.event.referral.rome_code = BYTES_LITERAL("");
    assert_false(tags_equal(&a, &b));
}

/* Whoever flags one more, or one less, changes the id of every event that is sent again. */
static void the_fields_that_are_no_content_stay_the_same(void **state)
{
    static const struct record_table *const tables[] = {&referral_table, &appointment_table,
                                                        &closure_table, &contact_table};
    static const char passing[] = " event_id handoff_seq observed_at recorded_at person_refs "
                                  "raw_hash cause sealed sealed_for ";

    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct field *field = tables[i]->fields; field->name; field++) {
            char word[64];

            (void)snprintf(word, sizeof(word), " %s ", field->name);
            assert_int_equal(strstr(passing, word) != NULL, (field->flags & FIELD_PASSING) != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities_are_those_that_python_computes),
        cmocka_unit_test(a_part_with_the_separator_is_rejected),
        cmocka_unit_test(the_content_tag_is_the_one_that_python_computes),
        cmocka_unit_test(the_content_tag_stays_when_the_same_record_is_read_again),
        cmocka_unit_test(the_content_tag_differs_with_any_mapped_field),
        cmocka_unit_test(the_fields_that_are_no_content_stay_the_same),
    };

    hmac_init(&secret, SECRET_BYTES);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
