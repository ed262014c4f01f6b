/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "schemas/seal.h"

struct both {
    struct operator_keys sender;
    struct operator_keys receiver;
    struct envelope envelope;
    struct contact contact;
    struct wire *wire;
    struct arena arena;
    struct sealed *sealed;
};

static struct sealed *seal_it(struct both *both)
{
    const struct seal sender = {both->wire, &both->sender};

    return seal_contact(&sender, &both->contact, &both->receiver.public, &both->arena);
}

static int setup(void **state)
{
    struct both *both = xcalloc(1, sizeof(*both));

    crypto_init();
    both->wire = wire_new();
    keys_create("o10", &both->sender);
    keys_create("o21", &both->receiver);
    both->envelope.handoff_id = uuid_random();
    both->envelope.event_id = uuid_random();
    record_init(&contact_table, &both->contact);
    both->contact.handoff_id = both->envelope.handoff_id;
    both->contact.event_id = both->envelope.event_id;
    both->contact.receiver = BYTES_LITERAL("o21");
    both->contact.birth_name = BYTES_LITERAL("Durand");
    both->contact.note = BYTES_LITERAL("Rappeler après 18 h.");
    both->contact.birth_date = 5000;
    both->sealed = seal_it(both);
    *state = both;
    return 0;
}

static int teardown(void **state)
{
    struct both *both = *state;

    arena_deinit(&both->arena);
    wire_free(both->wire);
    free(both);
    return 0;
}

static enum outcome open_it(struct both *both, struct contact *contact, struct error *err)
{
    const struct seal self = {both->wire, &both->receiver};

    return seal_open(&self, both->sealed, &both->envelope, &both->sender.public, &both->arena,
                     contact, err);
}

static void assert_refused(struct both *both, const char *why)
{
    struct contact contact;
    struct error err = {0};

    assert_int_equal(open_it(both, &contact, &err), OUTCOME_REJECT);
    assert_non_null(strstr(err.text, why));
}

static void the_receiver_opens_what_was_sealed_to_it(void **state)
{
    struct both *both = *state;
    struct contact contact;

    assert_int_equal(open_it(both, &contact, NULL), OUTCOME_OK);
    assert_true(record_equal(&contact_table, &both->contact, &contact));
}

static void lengths_are_hidden_by_padding(void **state)
{
    struct both *both = *state;

    /* crypto_box_SEALBYTES is 48 */
    assert_int_equal((both->sealed->sealed.len - 48) % 256, 0);
    both->contact.note = BYTES_LITERAL("Rappeler.");
    assert_int_equal(seal_it(both)->sealed.len, both->sealed->sealed.len);
}

static void another_event_or_handover_cannot_carry_it(void **state)
{
    struct both *both = *state;

    both->envelope.event_id = uuid_random();
    assert_refused(both, "signature");
    both->envelope.event_id = both->contact.event_id;
    both->envelope.handoff_id = uuid_random();
    assert_refused(both, "signature");
}

/* Signs `sealed` anew for the event of the envelope, as a sender with a fault would. */
static void sign_for_the_envelope(struct both *both, struct sealed *sealed)
{
    uint8_t *signature = arena_alloc(&both->arena, crypto_sign_BYTES);
    struct buffer text = {0};
    char id[UUID_TEXT_SIZE];

    buffer_append_text(&text, uuid_format(both->envelope.handoff_id, id));
    buffer_append_text(&text, uuid_format(both->envelope.event_id, id));
    buffer_append_text(&text, "o21");
    buffer_append_bytes(&text, sealed->key_id);
    buffer_append_bytes(&text, sealed->sealed);
    (void)crypto_sign_detached(signature, NULL, text.data, text.len, both->sender.signing_secret);
    sealed->signature = bytes_of(signature, crypto_sign_BYTES);
    buffer_deinit(&text);
}

static void a_signature_that_fits_does_not_excuse_a_record_bound_elsewhere(void **state)
{
    struct both *both = *state;

    both->contact.event_id = uuid_random();
    both->sealed = seal_it(both);
    assert_refused(both, "signature");
    sign_for_the_envelope(both, both->sealed);
    assert_refused(both, "un autre événement");
    both->contact.event_id = both->envelope.event_id;
    both->contact.receiver = BYTES_LITERAL("o22");
    both->sealed = seal_it(both);
    sign_for_the_envelope(both, both->sealed);
    assert_refused(both, "un autre événement");
}

static void another_key_opens_nothing(void **state)
{
    struct both *both = *state;
    struct operator_keys stranger;

    keys_create("o21", &stranger);
    stranger.public = both->receiver.public; /* has the name of the key, not the key */
    both->receiver = stranger;
    assert_refused(both, "boîte");
    keys_create("o21", &both->receiver);
    assert_refused(both, "pas la nôtre");
}

static void another_sender_is_not_believed(void **state)
{
    struct both *both = *state;

    keys_create("o10", &both->sender);
    assert_refused(both, "signature");
}

static void a_changed_byte_anywhere_is_noticed(void **state)
{
    struct both *both = *state;
    struct bytes whole = both->sealed->sealed;

    for (size_t i = 0; i < whole.len; i += 37) {
        struct bytes changed = arena_copy(&both->arena, whole);
        uint8_t *byte = arena_alloc(&both->arena, whole.len);

        memcpy(byte, changed.data, changed.len);
        byte[i] ^= 1;
        both->sealed->sealed = bytes_of(byte, whole.len);
        assert_refused(both, "signature");
    }
    both->sealed->sealed = bytes_of(whole.data, 10);
    assert_refused(both, "signature");
    both->sealed->sealed = whole;
    both->sealed->signature.len--;
    assert_refused(both, "signature");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_receiver_opens_what_was_sealed_to_it, setup, teardown),
        cmocka_unit_test_setup_teardown(lengths_are_hidden_by_padding, setup, teardown),
        cmocka_unit_test_setup_teardown(another_event_or_handover_cannot_carry_it, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_signature_that_fits_does_not_excuse_a_record_bound_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(another_key_opens_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(another_sender_is_not_believed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_byte_anywhere_is_noticed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
