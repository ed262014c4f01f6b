/* SPDX-License-Identifier: Apache-2.0
 *
 * `relais dlq` over a dead letter of a connector, whose record was kept, and one of the broker.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "connectors/record.h"
#include "schemas/keys.h"
#include "tests/support/commands.h"
#include "tests/support/kafka.h"

static const char *const operators[] = {"o84"};
/* Invented; what may be seen by who has the keys only. */
#define NAME "Zoé Perdrix"

struct world {
    struct wire *wire;
    struct kafka_config kafka;
    struct operator_keys keys;
    char folder[64];
    char key_file[96];
    char strange_file[96]; /* keys that did not close the quarantine, of the same operator */
    struct uuid kept;      /* dead letter with a record */
    struct uuid refused;   /* one of the broker         */
    char kept_text[UUID_TEXT_SIZE];
    char refused_text[UUID_TEXT_SIZE];
};

static struct event letter(struct uuid id, enum rejection_stage stage, const char *code)
{
    struct event event = {.type = EVENT_REJECTION};

    record_init(&rejection_table, &event.rejection);
    event.envelope.event_id = id;
    event.envelope.thread_id = id;
    event.envelope.operator_code = BYTES_LITERAL("o84");
    event.envelope.source_system = BYTES_LITERAL("si");
    event.envelope.occurred_at = clock_wall_us(clock_system());
    event.rejection.stage = (int32_t)stage;
    event.rejection.code = bytes_of_text(code);
    event.rejection.retryable = stage == STAGE_BROKER;
    return event;
}

static void quarantine(const struct world *world)
{
    CLEANUP(buffer_deinit) struct buffer packed = {0};
    CLEANUP(buffer_deinit) struct buffer sealed = {0};
    const struct record record = {.body = BYTES_LITERAL("{\"nom\": \"" NAME "\"}"),
                                  .file = "dossiers\x1b[2J.csv",
                                  .line = 17,
                                  .observed_at = clock_wall_us(clock_system())};
    char topic[TOPIC_NAME_SIZE];

    record_pack(&record, &packed);
    crypto_encrypt(world->keys.state_key, buffer_view(&packed), bytes_of_text(world->kept_text),
                   &sealed);
    commands_send(topics_name(TOPIC_QUARANTINE, "o84", topic), world->kept, buffer_view(&sealed));
}

static int set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));
    struct operator_keys strange;
    struct event event;
    struct error err;

    crypto_init();
    *state = world;
    world->wire = wire_new();
    world->kafka = test_kafka();
    snprintf(world->folder, sizeof(world->folder), "build/dlq-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->key_file, sizeof(world->key_file), "%s/o84", world->folder);
    snprintf(world->strange_file, sizeof(world->strange_file), "%s/strange", world->folder);
    keys_create("o84", &world->keys);
    keys_create("o84", &strange);
    assert_int_equal(keys_write(&world->keys, world->key_file, &err), OUTCOME_OK);
    assert_int_equal(keys_write(&strange, world->strange_file, &err), OUTCOME_OK);

    commands_make_topics(operators, 1);
    world->kept = uuid_random();
    world->refused = uuid_random();
    uuid_format(world->kept, world->kept_text);
    uuid_format(world->refused, world->refused_text);
    event = letter(world->refused, STAGE_BROKER, "unknown_handoff");
    event.envelope.occurred_at += 1000000;
    commands_say(world->wire, TOPIC_REJECTED, "o84", &event);
    event = letter(world->kept, STAGE_MAPPING, "missing_field");
    event.rejection.field = BYTES_LITERAL("status\x1b[2J"); /* an order to a terminal */
    event.rejection.quarantine_key = bytes_of_text(world->kept_text);
    commands_say(world->wire, TOPIC_REJECTED, "o84", &event);
    event.envelope.occurred_at += 2000000; /* said again after a doubt */
    commands_say(world->wire, TOPIC_REJECTED, "o84", &event);
    quarantine(world);
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    (void)unlink(world->key_file);
    (void)unlink(world->strange_file);
    (void)rmdir(world->folder);
    wire_free(world->wire);
    free(world);
    return 0;
}

static size_t count_of(struct buffer *out, const char *text)
{
    size_t count = 0;

    for (const char *at = strstr(buffer_text(out), text); at; at = strstr(at + 1, text))
        count++;
    return count;
}

static void the_list_tells_each_letter_once_oldest_first_and_no_value(void **state)
{
    const struct world *world = *state;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const char *words[] = {"dlq", "list", "o84", "--brokers", world->kafka.brokers};
    const char *one[] = {"dlq",
                         "list",
                         "o84",
                         "--code",
                         "unknown_handoff",
                         "--json",
                         "--brokers",
                         world->kafka.brokers};
    char kept[9];
    char refused[9];
    const char *first;

    snprintf(kept, sizeof(kept), "%.8s", world->kept_text);
    snprintf(refused, sizeof(refused), "%.8s", world->refused_text);
    assert_int_equal(commands_run(words, 5, &out), CLI_OK);
    assert_int_equal(count_of(&out, kept), 1);
    first = strstr(buffer_text(&out), kept);
    assert_non_null(first);
    assert_non_null(strstr(first, refused));
    assert_non_null(strstr(buffer_text(&out), "traduction  missing_field"));
    assert_non_null(strstr(buffer_text(&out), "champ : status?[2J"));
    assert_null(strstr(buffer_text(&out), NAME));

    assert_int_equal(commands_run(one, 8, &out), CLI_OK);
    assert_null(strstr(buffer_text(&out), kept));
    assert_non_null(strstr(buffer_text(&out), world->refused_text));
}

static void a_letter_is_opened_with_the_keys_of_its_operator_only(void **state)
{
    const struct world *world = *state;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const char *words[] = {"dlq",           "show",      world->kept_text,     "--keys",
                           world->key_file, "--brokers", world->kafka.brokers, "--raw"};
    const char *strange[] = {"dlq",
                             "show",
                             world->kept_text,
                             "--keys",
                             world->strange_file,
                             "--brokers",
                             world->kafka.brokers};

    assert_int_equal(commands_run(words, 7, &out), CLI_OK);
    assert_non_null(strstr(buffer_text(&out), NAME));
    assert_non_null(strstr(buffer_text(&out), "dossiers?[2J.csv, ligne 17"));
    assert_int_equal(commands_run(words, 8, &out), CLI_OK);
    assert_string_equal(buffer_text(&out), "{\"nom\": \"" NAME "\"}");
    assert_int_equal(commands_run(strange, 7, &out), CLI_FAILURE);
    assert_int_equal(out.len, 0);
}

static void a_refusal_of_the_broker_is_told_and_has_no_record(void **state)
{
    const struct world *world = *state;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const char *words[] = {"dlq",           "show",      world->refused_text,  "--keys",
                           world->key_file, "--brokers", world->kafka.brokers, "--raw"};
    const char *nobody[] = {"dlq",           "show",      "00000000-0000",     "--keys",
                            world->key_file, "--brokers", world->kafka.brokers};

    assert_int_equal(commands_run(words, 7, &out), CLI_OK);
    assert_non_null(strstr(buffer_text(&out), "courtier  unknown_handoff"));
    assert_int_equal(commands_run(words, 8, &out), CLI_FAILURE);
    assert_int_equal(commands_run(nobody, 7, &out), CLI_FAILURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_tells_each_letter_once_oldest_first_and_no_value),
        cmocka_unit_test(a_letter_is_opened_with_the_keys_of_its_operator_only),
        cmocka_unit_test(a_refusal_of_the_broker_is_told_and_has_no_record),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
