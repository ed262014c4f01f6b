/* SPDX-License-Identifier: Apache-2.0
 *
 * `relais trace` and `relais status` over topics that hold one hand-over's story.
 */
#include "tests/support/test.h"

#include "base/clock.h"
#include "tests/support/commands.h"
#include "tests/support/kafka.h"

static const char *const operators[] = {"o81", "o82", "o83"};

static struct event referral_of(struct uuid handoff, const char *by, enum referral_status status)
{
    struct event event = {.type = EVENT_REFERRAL};

    record_init(&referral_table, &event.referral);
    event.envelope.event_id = uuid_random();
    event.envelope.handoff_id = event.envelope.thread_id = handoff;
    event.envelope.operator_code = bytes_of_text(by);
    event.envelope.source_system = BYTES_LITERAL("si");
    event.envelope.occurred_at = clock_wall_us(clock_system());
    event.referral.status = (int32_t)status;
    event.referral.to_operator = BYTES_LITERAL("o82");
    return event;
}

static void put_row(const struct wire *wire, struct uuid id, enum handoff_state row_state)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char name[TOPIC_NAME_SIZE];
    struct handoff row;

    record_init(&handoff_table, &row);
    row.handoff_id = row.thread_id = id;
    row.issuer = BYTES_LITERAL("o81");
    row.holder = BYTES_LITERAL("o82");
    row.state = (int32_t)row_state;
    row.updated_at = clock_wall_us(clock_system());
    wire_encode(wire, &handoff_table, &row, &value);
    commands_send(topics_name(TOPIC_HANDOFF, NULL, name), id, buffer_view(&value));
}

static void a_hand_over_is_told_in_the_order_it_happened(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct uuid id = uuid_random();
    struct uuid other = uuid_random();
    struct event issued = referral_of(id, "o81", REFERRAL_ISSUED);
    struct event accepted = referral_of(id, "o82", REFERRAL_ACCEPTED);
    struct event stranger = referral_of(id, "o83", REFERRAL_DECLINED);
    struct event elsewhere = referral_of(other, "o81", REFERRAL_WITHDRAWN_BY_PERSON);
    char text[UUID_TEXT_SIZE];
    const char *words[] = {"trace", uuid_format(id, text), "--brokers", config.brokers};
    const char *everywhere[] = {"trace", text, "--all", "--brokers", config.brokers};
    const char *steps[4];

    (void)state;
    commands_make_topics(operators, 3);
    commands_say(wire, TOPIC_OUTBOX, "o81", &issued);
    commands_say(wire, TOPIC_OUTBOX, "o81", &issued); /* sent again after a doubt */
    commands_say(wire, TOPIC_OUTBOX, "o83", &stranger);
    commands_say(wire, TOPIC_OUTBOX, "o81", &elsewhere);
    issued.envelope.handoff_seq = 1;
    commands_say(wire, TOPIC_INBOX, "o82", &issued);
    commands_say(wire, TOPIC_OUTBOX, "o82", &accepted);
    put_row(wire, id, HANDOFF_ISSUED);
    put_row(wire, id, HANDOFF_ACCEPTED);

    assert_int_equal(commands_run(words, 4, &out), CLI_OK);
    steps[0] = strstr(buffer_text(&out), "o81.outbox    o81 passe le relais à o82");
    steps[1] = strstr(buffer_text(&out), "o82.inbox     → n° 1 : o81 passe le relais à o82");
    steps[2] = strstr(buffer_text(&out), "o82.outbox    o82 accepte le relais");
    steps[3] = strstr(buffer_text(&out), "ACCEPTED (accepté)");
    for (size_t i = 0; i < 4; i++)
        if (!steps[i] || (i > 0 && steps[i] < steps[i - 1]))
            fail_msg("step %zu is not in its place:\n%s", i, buffer_text(&out));
    assert_null(strstr(buffer_text(&out), "ne veut plus"));
    assert_null(strstr(steps[0] + 1, "o81.outbox")); /* one thing that happened: one line */
    assert_non_null(strstr(steps[0], "(envoyé 2 fois)"));
    assert_null(strstr(buffer_text(&out), "o83")); /* the row does not name it */
    assert_int_equal(commands_run(everywhere, 5, &out), CLI_OK);
    assert_non_null(strstr(buffer_text(&out), "o83.outbox"));

    /* The short id that `relais tail` shows is enough. */
    text[8] = '\0';
    assert_int_equal(commands_run(words, 4, &out), CLI_OK);
    assert_non_null(strstr(buffer_text(&out), "ACCEPTED (accepté)"));
}

static void a_hand_over_counts_once_in_its_newest_state(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(buffer_deinit) struct buffer before = {0};
    CLEANUP(buffer_deinit) struct buffer after = {0};
    const char *words[] = {"status", "--json", "--brokers", config.brokers};
    struct uuid id = uuid_random();
    const char *expired;

    (void)state;
    assert_int_equal(commands_run(words, 4, &before), CLI_OK);
    assert_null(strstr(buffer_text(&before), "EXPIRED")); /* nobody else makes one here */
    put_row(wire, id, HANDOFF_ISSUED);
    put_row(wire, id, HANDOFF_OVERDUE);
    put_row(wire, id, HANDOFF_EXPIRED);
    assert_int_equal(commands_run(words, 4, &after), CLI_OK);
    expired = strstr(buffer_text(&after), "\"EXPIRED\":1");
    assert_non_null(expired);
    /* Removed again, so that the next test run on this Kafka begins alike. */
    commands_send("relais.handoff.v1", id, BYTES_NONE);
    assert_int_equal(commands_run(words, 4, &after), CLI_OK);
    assert_null(strstr(buffer_text(&after), "EXPIRED"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hand_over_is_told_in_the_order_it_happened),
        cmocka_unit_test(a_hand_over_counts_once_in_its_newest_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
