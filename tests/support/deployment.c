/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/deployment.h"

#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/http_client.h"
#include "directory/follow.h"
#include "tests/support/world.h"

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

/* ---- The deployment ---------------------------------------------------------------------- */

static void make_topics(struct deployment *d)
{
    const struct topics_settings settings = {DEPLOYMENT_PARTITIONS, 1, 1};
    const char *const codes[] = {d->codes[0], d->codes[1], d->codes[2]};
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    struct error err = {0};
    size_t count = 0;
    const struct topic_spec *specs = topics_plan(&settings, codes, 3, &arena, &count);

    assert_int_equal(kafka_admin_open(&d->kafka, &admin, &err), OUTCOME_OK);
    if (kafka_topics_apply(admin, specs, count, &err) != OUTCOME_OK) {
        fail_msg("%s", err.text);
    }
}

static void init_entry(struct directory_entry *entry, enum directory_kind kind, const char *code)
{
    record_init(&directory_table, entry);
    entry->kind = (int32_t)kind;
    entry->code = bytes_of_text(code);
}

static void publish_directory(struct deployment *d)
{
    struct directory_entry entries[5];
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    struct error err = {0};
    size_t changes;

    for (int i = 0; i < 3; i++) {
        init_entry(&entries[i], DIRECTORY_OPERATOR, d->codes[i]);
        entries[i].name = entries[i].code;
        entries[i].network = BYTES_LITERAL("regional");
    }
    for (int i = 0; i < 2; i++) {
        init_entry(&entries[3 + i], DIRECTORY_CONVENTION, i ? "second" : "first");
        entries[3 + i].from_operator = bytes_of_text(d->codes[i]);
        entries[3 + i].to_operator = bytes_of_text(d->codes[i + 1]);
    }
    directory = directory_new(entries, 5);
    if (directory_publish(&d->kafka, d->wire, directory, &changes, &err) != OUTCOME_OK) {
        fail_msg("%s", err.text);
    }
}

int deployment_setup(void **state)
{
    struct deployment *d = xcalloc(1, sizeof(*d));

    crypto_init();
    d->kafka = test_kafka();
    d->wire = wire_new();
    for (int i = 0; i < 3; i++) {
        (void)snprintf(d->codes[i], sizeof(d->codes[i]), "t%ld%c", (long)getpid(), 'a' + i);
    }
    (void)snprintf(d->state, sizeof(d->state), "build/broker-%ld", (long)getpid());
    d->next_handoff = (int)getpid() * 1000;
    assert_int_equal(kafka_producer_open(&d->kafka, &d->producer, NULL), OUTCOME_OK);
    make_topics(d);
    publish_directory(d);
    *state = d;
    return 0;
}

void deployment_remove_state(const struct deployment *d)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", d->state);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

int deployment_teardown(void **state)
{
    struct deployment *d = *state;

    if (!d) {
        return 0; /* the setup failed, and said why */
    }
    broker_stop(d->broker);
    kafka_producer_close(d->producer);
    wire_free(d->wire);
    arena_deinit(&d->arena);
    deployment_remove_state(d);
    free(d);
    return 0;
}

/* ---- The broker ---------------------------------------------------------------------------- */

void deployment_start(struct deployment *d, int workers)
{
    const struct broker_options options = {.kafka = &d->kafka,
                                           .clock = clock_system(),
                                           .instance = "test",
                                           .workers = workers,
                                           .state_folder = d->state};
    struct error err = {0};

    if (broker_start(&options, &d->broker, &err) != OUTCOME_OK) {
        fail_msg("%s", err.text);
    }
}

void deployment_stop(struct deployment *d)
{
    broker_stop(d->broker);
    d->broker = NULL;
}

void deployment_ensure(struct deployment *d)
{
    if (!d->broker) {
        deployment_start(d, 1);
    }
}

int32_t deployment_get(struct deployment *d, const char *path, struct bytes *ret_body)
{
    const struct http_client_options options = {.user_agent = "test"};
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&options);
    char url[64];
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = 5000};
    struct http_response response;
    bool maybe;

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", broker_port(d->broker), path);
    assert_int_equal(http_client_call(client, &request, &d->arena, &response, &maybe, NULL),
                     OUTCOME_OK);
    *ret_body = response.body;
    return response.status;
}

bool deployment_counts(struct deployment *d, const char *text)
{
    struct bytes body;

    assert_int_equal(deployment_get(d, "/metrics", &body), 200);
    return strstr(arena_text(&d->arena, body), text) != NULL;
}

/* ---- Outboxes and inboxes ---------------------------------------------------------------------
 */

int deployment_new_handoff(struct deployment *d)
{
    return ++d->next_handoff;
}

void deployment_put_bytes(struct deployment *d, int sender, struct bytes key, struct bytes value)
{
    char topic[TOPIC_NAME_SIZE];
    struct kafka_record record = {
        .topic = topics_name(TOPIC_OUTBOX, d->codes[sender], topic),
        .partition = kafka_partition_of(key.data, key.len, DEPLOYMENT_PARTITIONS),
        .key = key,
        .value = value,
    };
    enum outcome result;

    assert_int_equal(
        kafka_producer_send(d->producer, &record, 1, DEPLOYMENT_WAIT_MS, &result, NULL),
        OUTCOME_OK);
}

/* As its connector would write it, about something `ago_us` ago. */
void deployment_put_old(struct deployment *d, int sender, struct event event, int64_t ago_us)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char key[UUID_TEXT_SIZE];

    event.envelope.occurred_at = clock_wall_us(clock_system()) - ago_us;
    wire_encode_event(d->wire, &event, &value);
    uuid_format(event.envelope.thread_id, key);
    deployment_put_bytes(d, sender, bytes_of(key, UUID_TEXT_LEN), buffer_view(&value));
}

void deployment_put(struct deployment *d, int sender, struct event event)
{
    deployment_put_old(d, sender, event, 0);
}

struct event deployment_issue(const struct deployment *d, int handoff, int from, int to)
{
    struct event event = world_issue(handoff, d->codes[from], d->codes[to]);

    event.referral.requested_on = NO_INT;
    return event;
}

struct reading deployment_read(struct deployment *d, enum topic topic, int operator_number)
{
    struct reading reading = {.deployment = d};
    char name[TOPIC_NAME_SIZE];

    topics_name(topic, d->codes[operator_number], name);
    assert_int_equal(kafka_consumer_open(&d->kafka, NULL, false, &reading.consumer, NULL),
                     OUTCOME_OK);
    assert_int_equal(
        kafka_consumer_assign(reading.consumer, name, 0, RD_KAFKA_OFFSET_BEGINNING, NULL),
        OUTCOME_OK);
    return reading;
}

/* The next event of that hand-over; false when none comes within `wait_ms`. */
bool deployment_next(struct reading *reading, int handoff, int wait_ms, struct event *ret_event)
{
    int64_t deadline_ms = now_ms() + wait_ms;

    while (now_ms() < deadline_ms) {
        struct kafka_message message = {0};
        enum kafka_event event = KAFKA_NOTHING;
        struct bytes value;

        assert_int_equal(kafka_consumer_poll(reading->consumer, 100, &event, &message, NULL),
                         OUTCOME_OK);
        if (event != KAFKA_MESSAGE) {
            continue;
        }
        value = arena_copy(&reading->deployment->arena, message.value);
        kafka_message_free(&message);
        assert_int_equal(wire_decode_event(reading->deployment->wire, value,
                                           &reading->deployment->arena, ret_event, NULL),
                         OUTCOME_OK);
        if (handoff == 0 ||
            uuid_equal(ret_event->envelope.handoff_id, world_id("handoff", handoff))) {
            return true;
        }
    }
    return false;
}

struct event deployment_expect(struct deployment *d, enum topic topic, int operator_number,
                               int handoff)
{
    struct reading reading = deployment_read(d, topic, operator_number);
    struct event event;
    bool found = deployment_next(&reading, handoff, DEPLOYMENT_WAIT_MS, &event);

    kafka_consumer_close(reading.consumer);
    if (!found) {
        fail_msg("nothing came");
    }
    return event;
}

/* ---- Processes ---- */

pid_t deployment_spawn(const struct deployment *d, const char *instance, const char *folder)
{
    const char *binary = getenv("RELAIS_BINARY");
    pid_t pid;

    if (!binary) {
        fail_msg("RELAIS_BINARY is not set: run by ctest");
    }
    pid = fork();
    if (pid == 0) {
        (void)execl(binary, binary, "broker", "--brokers", d->kafka.brokers, "--instance", instance,
                    "--state", folder, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

void deployment_end(pid_t pid, int signal_number, int wanted)
{
    int status = 0;

    assert_int_equal(kill(pid, signal_number), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (wanted >= 0) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), wanted);
    }
}
