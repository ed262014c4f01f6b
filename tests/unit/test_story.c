/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "cli/story.h"

#define AT INT64_C(1773320400000000) /* 2026-03-12T13:00:00Z */

static struct uuid id_of(const char *text)
{
    struct uuid id;

    assert_true(uuid_parse(bytes_of_text(text), &id));
    return id;
}

static void fill_envelope(struct envelope *envelope)
{
    envelope->event_id = id_of("11111111-1111-8111-8111-111111111111");
    envelope->handoff_id = id_of("1a2b3c4d-0000-8000-8000-000000000001");
    envelope->thread_id = envelope->handoff_id;
    envelope->operator_code = BYTES_LITERAL("o10");
    envelope->source_system = BYTES_LITERAL("si");
    envelope->occurred_at = AT;
}

static struct event referral_of(enum referral_status status)
{
    struct event event = {.type = EVENT_REFERRAL};

    record_init(&referral_table, &event.referral);
    fill_envelope(&event.envelope);
    event.referral.status = (int32_t)status;
    return event;
}

/* What `relais tail` writes for a value on a topic. */
static void render(const char *topic, struct bytes key, struct bytes value, bool json,
                   struct buffer *out)
{
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct kafka_message message = {
        .topic = topic,
        .partition = 3,
        .offset = 17,
        .timestamp_ms = AT / 1000,
        .key = key,
        .value = value,
    };
    struct story story;

    story_decode(wire, &message, &arena, &story);
    buffer_clear(out);
    if (json)
        story_json(&story, out);
    else
        story_line(&story, out);
}

static void render_event(const char *topic, const struct event *event, bool json,
                         struct buffer *out)
{
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(buffer_deinit) struct buffer value = {0};

    wire_encode_event(wire, event, &value);
    render(topic, BYTES_LITERAL("k"), buffer_view(&value), json, out);
}

static void an_issued_referral_is_a_sentence(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct event event = referral_of(REFERRAL_ISSUED);

    (void)state;
    event.referral.from_operator = BYTES_LITERAL("o10");
    event.referral.to_operator = BYTES_LITERAL("o21");
    event.referral.to_site = BYTES_LITERAL("o21-metz");
    event.envelope.handoff_seq = 1;
    render_event("relais.o21.inbox.v1", &event, false, &out);
    assert_string_equal(buffer_text(&out),
                        "2026-03-12 13:00  o21.inbox     Referral ISSUED             1a2b3c4d  "
                        "o10 passe le relais à o21 au site o21-metz, n° 1\n");
}

static void every_status_of_a_referral_has_its_sentence(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    for (int32_t status = 1; status < REFERRAL_STATUS_COUNT; status++) {
        struct event event = referral_of((enum referral_status)status);

        render_event("relais.o10.outbox.v1", &event, false, &out);
        assert_null(strstr(buffer_text(&out), "inconnu ici"));
    }
}

static void a_dead_letter_names_code_field_and_rule(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct event event = {.type = EVENT_REJECTION};

    (void)state;
    record_init(&rejection_table, &event.rejection);
    fill_envelope(&event.envelope);
    event.rejection.stage = STAGE_BROKER;
    event.rejection.code = BYTES_LITERAL("convention_missing");
    event.rejection.status = BYTES_LITERAL("ISSUED");
    event.rejection.field = BYTES_LITERAL("to_operator");
    render_event("relais.o10.rejected.v1", &event, false, &out);
    assert_non_null(strstr(buffer_text(&out), "refus pour o10 : convention_missing, "));
    assert_non_null(strstr(buffer_text(&out), "(ISSUED) [champ to_operator]"));
}

static void sealed_bytes_are_never_shown(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct event event = referral_of(REFERRAL_ISSUED);
    struct sealed sealed = {
        .key_id = BYTES_LITERAL("aaaa"),
        .sealed = BYTES_LITERAL("Marguerite Inventée"),
        .signing_key_id = BYTES_LITERAL("bbbb"),
        .signature = BYTES_LITERAL("signature"),
    };

    (void)state;
    event.envelope.sealed = &sealed;
    event.envelope.sealed_for = BYTES_LITERAL("o21");
    render_event("relais.o10.outbox.v1", &event, true, &out);
    assert_null(strstr(buffer_text(&out), "Marguerite"));
    assert_non_null(strstr(buffer_text(&out), "\"status\":\"ISSUED\""));
    assert_non_null(strstr(buffer_text(&out), "\"topic\":\"relais.o10.outbox.v1\""));
    render_event("relais.o10.outbox.v1", &event, false, &out);
    assert_null(strstr(buffer_text(&out), "Marguerite"));
}

static void what_cannot_be_read_is_counted_not_shown(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    (void)state;
    render("relais.o10.state.v1", BYTES_LITERAL("link/\xff"), BYTES_LITERAL("\x07secret"), false,
           &out);
    assert_non_null(strstr(buffer_text(&out), "7 octets que seul leur propriétaire lit"));
    assert_null(strstr(buffer_text(&out), "secret"));
    render("relais.o10.state.v1", BYTES_LITERAL("link/\xff"), BYTES_LITERAL("\x07secret"), true,
           &out);
    assert_true(bytes_is_utf8(buffer_view(&out)));
    /* Framed, of a known schema, cut short. */
    render("relais.o10.outbox.v1", BYTES_LITERAL("k"), BYTES_LITERAL("\0\x5d\x94\xc7\x05\x02"),
           true, &out);
    assert_non_null(strstr(buffer_text(&out), "\"bytes\":6"));
    render("relais.handoff.v1", BYTES_LITERAL("1a2b3c4d-0000-8000-8000-000000000001"), BYTES_NONE,
           false, &out);
    assert_non_null(strstr(buffer_text(&out), "1a2b3c4d  retiré"));
}

static void what_a_terminal_would_obey_is_not_shown(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct event event = referral_of(REFERRAL_ISSUED);

    (void)state;
    event.referral.to_operator = BYTES_LITERAL("o\x1b[2J\n\xC2\x9B\xE2\x80\xAE\xC3\xA9");
    render_event("relais.o10.outbox.v1", &event, false, &out);
    assert_non_null(strstr(buffer_text(&out), "o?[2J???"
                                              "???\xC3\xA9"));
    assert_null(strchr(buffer_text(&out), 0x1B));
    assert_ptr_equal(strchr(buffer_text(&out), '\n') + 1, buffer_text(&out) + out.len);
    render("relais.handoff.v1", BYTES_LITERAL("\x1b]0;x\x07"), BYTES_NONE, false, &out);
    assert_non_null(strstr(buffer_text(&out), "retir\xC3\xA9 : ?]0;x?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_issued_referral_is_a_sentence),
        cmocka_unit_test(every_status_of_a_referral_has_its_sentence),
        cmocka_unit_test(a_dead_letter_names_code_field_and_rule),
        cmocka_unit_test(sealed_bytes_are_never_shown),
        cmocka_unit_test(what_cannot_be_read_is_counted_not_shown),
        cmocka_unit_test(what_a_terminal_would_obey_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
