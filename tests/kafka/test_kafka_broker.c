/* SPDX-License-Identifier: Apache-2.0
 *
 * The broker on a real Kafka: from outbox to inbox once, refused both ways, redirected in one
 * transaction, and the same after its state was lost or it was killed.
 */
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/http_client.h"
#include "base/kafka_producer.h"
#include "broker/broker.h"
#include "directory/follow.h"
#include "schemas/topics.h"
#include "tests/support/kafka.h"
#include "tests/support/world.h"

#define PARTITIONS 2
#define WAIT_MS 30000
#define KILL_EVENTS 400

struct fixture {
    struct kafka_config kafka;
    struct wire *wire;
    struct kafka_producer *producer;
    char codes[3][32]; /* three operators of this run alone: a may refer to b, b to c */
    char state[64];
    int next_handoff;
    struct broker *broker;
    struct arena arena; /* of what was read; lives as long as the test */
};

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_system());
}

/* ---- The deployment ---------------------------------------------------------------------- */

static void make_topics(struct fixture *f)
{
    const struct topics_settings settings = {PARTITIONS, 1, 1};
    const char *const codes[] = {f->codes[0], f->codes[1], f->codes[2]};
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    struct error err = {0};
    size_t count = 0;
    const struct topic_spec *specs = topics_plan(&settings, codes, 3, &arena, &count);

    assert_int_equal(kafka_admin_open(&f->kafka, &admin, &err), OUTCOME_OK);
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

static void publish_directory(struct fixture *f)
{
    struct directory_entry entries[5];
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    struct error err = {0};
    size_t changes;

    for (int i = 0; i < 3; i++) {
        init_entry(&entries[i], DIRECTORY_OPERATOR, f->codes[i]);
        entries[i].name = entries[i].code;
        entries[i].network = BYTES_LITERAL("regional");
    }
    for (int i = 0; i < 2; i++) {
        init_entry(&entries[3 + i], DIRECTORY_CONVENTION, i ? "second" : "first");
        entries[3 + i].from_operator = bytes_of_text(f->codes[i]);
        entries[3 + i].to_operator = bytes_of_text(f->codes[i + 1]);
    }
    directory = directory_new(entries, 5);
    if (directory_publish(&f->kafka, f->wire, directory, &changes, &err) != OUTCOME_OK) {
        fail_msg("%s", err.text);
    }
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    crypto_init();
    f->kafka = test_kafka();
    f->wire = wire_new();
    for (int i = 0; i < 3; i++) {
        (void)snprintf(f->codes[i], sizeof(f->codes[i]), "t%ld%c", (long)getpid(), 'a' + i);
    }
    (void)snprintf(f->state, sizeof(f->state), "build/broker-%ld", (long)getpid());
    f->next_handoff = (int)getpid() * 1000;
    assert_int_equal(kafka_producer_open(&f->kafka, &f->producer, NULL), OUTCOME_OK);
    make_topics(f);
    publish_directory(f);
    *state = f;
    return 0;
}

static void remove_state(const struct fixture *f)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", f->state);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (!f) {
        return 0; /* the setup failed, and said why */
    }
    broker_stop(f->broker);
    kafka_producer_close(f->producer);
    wire_free(f->wire);
    arena_deinit(&f->arena);
    remove_state(f);
    free(f);
    return 0;
}

/* ---- The broker ---------------------------------------------------------------------------- */

static void start_broker(struct fixture *f, int workers)
{
    const struct broker_options options = {.kafka = &f->kafka,
                                           .clock = clock_system(),
                                           .instance = "test",
                                           .workers = workers,
                                           .state_folder = f->state};
    struct error err = {0};

    if (broker_start(&options, &f->broker, &err) != OUTCOME_OK) {
        fail_msg("%s", err.text);
    }
}

static void stop_broker(struct fixture *f)
{
    broker_stop(f->broker);
    f->broker = NULL;
}

static void ensure_broker(struct fixture *f)
{
    if (!f->broker) {
        start_broker(f, 1);
    }
}

/* ---- Outboxes and inboxes ---------------------------------------------------------------------
 */

static int new_handoff(struct fixture *f)
{
    return ++f->next_handoff;
}

static void put_bytes(struct fixture *f, int sender, struct bytes key, struct bytes value)
{
    char topic[TOPIC_NAME_SIZE];
    struct kafka_record record = {
        .topic = topics_name(TOPIC_OUTBOX, f->codes[sender], topic),
        .partition = kafka_partition_of(key.data, key.len, PARTITIONS),
        .key = key,
        .value = value,
    };
    enum outcome result;

    assert_int_equal(kafka_producer_send(f->producer, &record, 1, WAIT_MS, &result, NULL),
                     OUTCOME_OK);
}

/* As its connector would write it, about something `ago_us` ago. */
static void put_old(struct fixture *f, int sender, struct event event, int64_t ago_us)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char key[UUID_TEXT_SIZE];

    event.envelope.occurred_at = clock_wall_us(clock_system()) - ago_us;
    wire_encode_event(f->wire, &event, &value);
    uuid_format(event.envelope.thread_id, key);
    put_bytes(f, sender, bytes_of(key, UUID_TEXT_LEN), buffer_view(&value));
}

static void put(struct fixture *f, int sender, struct event event)
{
    put_old(f, sender, event, 0);
}

static struct event issue_of(const struct fixture *f, int handoff, int from, int to)
{
    struct event event = world_issue(handoff, f->codes[from], f->codes[to]);

    event.referral.requested_at = NO_TIME;
    return event;
}

struct reading {
    struct kafka_consumer *consumer;
    struct fixture *f;
};

static struct reading read_topic(struct fixture *f, enum topic topic, int operator_number)
{
    struct reading reading = {.f = f};
    char name[TOPIC_NAME_SIZE];

    topics_name(topic, f->codes[operator_number], name);
    assert_int_equal(kafka_consumer_open(&f->kafka, NULL, false, &reading.consumer, NULL),
                     OUTCOME_OK);
    assert_int_equal(
        kafka_consumer_assign(reading.consumer, name, 0, RD_KAFKA_OFFSET_BEGINNING, NULL),
        OUTCOME_OK);
    return reading;
}

/* The next event of that hand-over; false when none comes within `wait_ms`. */
static bool next_of(struct reading *reading, int handoff, int wait_ms, struct event *ret_event)
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
        value = arena_copy(&reading->f->arena, message.value);
        kafka_message_free(&message);
        assert_int_equal(
            wire_decode_event(reading->f->wire, value, &reading->f->arena, ret_event, NULL),
            OUTCOME_OK);
        if (handoff == 0 ||
            uuid_equal(ret_event->envelope.handoff_id, world_id("handoff", handoff))) {
            return true;
        }
    }
    return false;
}

static struct event expect(struct fixture *f, enum topic topic, int operator_number, int handoff)
{
    struct reading reading = read_topic(f, topic, operator_number);
    struct event event;
    bool found = next_of(&reading, handoff, WAIT_MS, &event);

    kafka_consumer_close(reading.consumer);
    if (!found) {
        fail_msg("nothing came");
    }
    return event;
}

/* ---- The tests
 * ----------------------------------------------------------------------------------- */

static void a_hand_over_sent_twice_arrives_once_and_its_answer_comes_back(void **state)
{
    struct fixture *f = *state;
    int handoff = new_handoff(f);
    struct reading inbox = read_topic(f, TOPIC_INBOX, 1);
    struct event heard;

    ensure_broker(f);
    put(f, 0, issue_of(f, handoff, 0, 1));
    put(f, 0, issue_of(f, handoff, 0, 1));
    put(f, 1, world_referral(f->codes[1], handoff, REFERRAL_ACCEPTED, "dossier", 1));
    assert_true(next_of(&inbox, handoff, WAIT_MS, &heard));
    assert_int_equal(heard.referral.status, REFERRAL_ISSUED);
    assert_int_equal(heard.envelope.handoff_seq, 1);
    heard = expect(f, TOPIC_INBOX, 0, handoff);
    assert_int_equal(heard.referral.status, REFERRAL_ACCEPTED);
    /* What follows in the same partition is behind a second copy, if there were one. */
    put(f, 0, world_referral(f->codes[0], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    assert_true(next_of(&inbox, handoff, WAIT_MS, &heard));
    assert_int_equal(heard.referral.status, REFERRAL_CANCEL_REQUESTED);
    kafka_consumer_close(inbox.consumer);
}

static void a_refusal_stands_in_the_dead_letters_and_in_the_inbox(void **state)
{
    struct fixture *f = *state;
    int handoff = new_handoff(f);
    struct event heard;
    struct event dead;

    ensure_broker(f);
    put(f, 0, issue_of(f, handoff, 0, 2));
    heard = expect(f, TOPIC_INBOX, 0, handoff);
    dead = expect(f, TOPIC_REJECTED, 0, handoff);
    assert_int_equal(heard.type, EVENT_REJECTION);
    assert_bytes_text(heard.rejection.code, "convention_missing");
    assert_true(uuid_equal(heard.envelope.event_id, dead.envelope.event_id));
}

static void bytes_that_are_no_event_do_not_stop_the_partition(void **state)
{
    struct fixture *f = *state;
    int handoff = new_handoff(f);
    struct reading dead = read_topic(f, TOPIC_REJECTED, 1);
    char key[UUID_TEXT_SIZE];
    struct event event;
    bool found = false;

    ensure_broker(f);
    uuid_format(world_id("handoff", handoff), key);
    put_bytes(f, 1, bytes_of(key, UUID_TEXT_LEN), BYTES_LITERAL("no event"));
    put(f, 1, issue_of(f, handoff, 1, 2));
    assert_int_equal(expect(f, TOPIC_INBOX, 2, handoff).referral.status, REFERRAL_ISSUED);
    while (!found && next_of(&dead, 0, WAIT_MS, &event)) {
        found = bytes_equal_text(event.rejection.code, "unreadable_record");
    }
    assert_true(found);
    assert_non_null(event.rejection.place.data);
    kafka_consumer_close(dead.consumer);
}

static void a_redirect_reaches_the_new_receiver_and_the_first_issuer(void **state)
{
    struct fixture *f = *state;
    int parent = new_handoff(f);
    int child = new_handoff(f);
    struct event event = world_redirect(child, parent, f->codes[1], f->codes[2]);
    struct event heard;

    ensure_broker(f);
    event.referral.requested_at = NO_TIME;
    put(f, 0, issue_of(f, parent, 0, 1));
    expect(f, TOPIC_INBOX, 1, parent);
    put(f, 1, event);
    assert_int_equal(expect(f, TOPIC_INBOX, 2, child).referral.status, REFERRAL_ISSUED);
    heard = expect(f, TOPIC_INBOX, 0, parent);
    assert_int_equal(heard.referral.status, REFERRAL_REDIRECTED);
    assert_true(uuid_equal(heard.envelope.cause, event.envelope.event_id));
}

static void what_was_known_is_known_after_the_state_folder_is_lost(void **state)
{
    struct fixture *f = *state;
    int handoff = new_handoff(f);
    struct reading inbox = read_topic(f, TOPIC_INBOX, 1);
    struct event heard;

    ensure_broker(f);
    put(f, 0, issue_of(f, handoff, 0, 1));
    assert_true(next_of(&inbox, handoff, WAIT_MS, &heard));
    stop_broker(f);
    remove_state(f);
    start_broker(f, 2);
    put(f, 0, issue_of(f, handoff, 0, 1));
    put(f, 0, world_referral(f->codes[0], handoff, REFERRAL_WITHDRAWN_BY_PERSON, "referral", 2));
    assert_true(next_of(&inbox, handoff, WAIT_MS, &heard));
    assert_int_equal(heard.referral.status, REFERRAL_WITHDRAWN_BY_PERSON);
    stop_broker(f);
    kafka_consumer_close(inbox.consumer);
}

static void an_old_hand_over_is_overdue_at_once_and_only_once(void **state)
{
    struct fixture *f = *state;
    struct reading inbox = read_topic(f, TOPIC_INBOX, 1);
    int handoff = new_handoff(f);
    struct event heard;

    ensure_broker(f);
    put_old(f, 0, issue_of(f, handoff, 0, 1), 11 * WORLD_DAY);
    assert_true(next_of(&inbox, handoff, WAIT_MS, &heard));
    assert_int_equal(heard.type, EVENT_REFERRAL);
    assert_true(next_of(&inbox, handoff, WAIT_MS, &heard));
    assert_int_equal(heard.type, EVENT_NOTICE);
    assert_int_equal(expect(f, TOPIC_INBOX, 0, handoff).notice.kind, NOTICE_OVERDUE);
    stop_broker(f);
    remove_state(f);
    start_broker(f, 1);
    put(f, 0, world_referral(f->codes[0], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    assert_true(next_of(&inbox, handoff, WAIT_MS, &heard));
    assert_int_equal(heard.type, EVENT_REFERRAL);
    kafka_consumer_close(inbox.consumer);
}

/* ---- What it says of itself -------------------------------------------------------------------
 */

static int32_t get(struct fixture *f, const char *path, struct bytes *ret_body)
{
    const struct http_client_options options = {.user_agent = "test"};
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&options);
    char url[64];
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = 5000};
    struct http_response response;
    bool maybe;

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", broker_port(f->broker), path);
    assert_int_equal(http_client_call(client, &request, &f->arena, &response, &maybe, NULL),
                     OUTCOME_OK);
    *ret_body = response.body;
    return response.status;
}

/* The sum of all lines of a family with that sender. */
static long long sum_of(struct fixture *f, const char *family, const char *op)
{
    struct bytes body;
    char start[128];
    long long sum = 0;
    char *text;

    assert_int_equal(get(f, "/metrics", &body), 200);
    text = arena_text(&f->arena, body);
    (void)snprintf(start, sizeof(start), "%s{op=\"%s\"", family, op);
    for (char *line = strstr(text, start); line; line = strstr(line + 1, start)) {
        sum += strtoll(strchr(line, ' '), NULL, 10);
    }
    return sum;
}

static void what_it_counts_adds_up_and_it_says_when_it_is_ready(void **state)
{
    struct fixture *f = *state;
    int handoff = new_handoff(f);
    struct bytes body;

    stop_broker(f);
    start_broker(f, 1);
    put(f, 0, issue_of(f, handoff, 0, 1));
    put(f, 0, issue_of(f, handoff, 0, 1));
    put(f, 0, issue_of(f, new_handoff(f), 0, 2));
    expect(f, TOPIC_INBOX, 0, f->next_handoff);
    put(f, 0, world_referral(f->codes[0], handoff, REFERRAL_CANCEL_REQUESTED, "referral", 2));
    put(f, 1, world_referral(f->codes[1], handoff, REFERRAL_CANCELLED, "dossier", 2));
    expect(f, TOPIC_INBOX, 0, handoff);
    for (int64_t end_ms = now_ms() + 5000;
         sum_of(f, "relais_broker_events_total", f->codes[0]) < 4 && now_ms() < end_ms;) {
    }
    assert_int_equal(sum_of(f, "relais_broker_events_total", f->codes[0]), 4);
    assert_int_equal(sum_of(f, "relais_broker_outcomes_total", f->codes[0]), 4);
    assert_int_equal(get(f, "/readyz", &body), 200);
    assert_int_equal(get(f, "/healthz", &body), 200);
    assert_int_equal(get(f, "/nothing", &body), 404);
}

/* ---- Killed
 * ---------------------------------------------------------------------------------------- */

static pid_t spawn_broker(const struct fixture *f, const char *instance, const char *folder)
{
    const char *binary = getenv("RELAIS_BINARY");
    pid_t pid;

    if (!binary) {
        fail_msg("RELAIS_BINARY is not set: run by ctest");
    }
    pid = fork();
    if (pid == 0) {
        (void)execl(binary, binary, "broker", "--brokers", f->kafka.brokers, "--instance", instance,
                    "--state", folder, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static void end_broker(pid_t pid, int signal_number, int wanted)
{
    int status = 0;

    assert_int_equal(kill(pid, signal_number), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (wanted >= 0) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), wanted);
    }
}

static void killed_at_any_moment_nothing_is_lost_or_doubled(void **state)
{
    struct fixture *f = *state;
    struct reading inbox = read_topic(f, TOPIC_INBOX, 1);
    int first = f->next_handoff + 1;
    uint8_t *seen = xcalloc(KILL_EVENTS, 1);
    struct event heard;
    pid_t pid;
    int count = 0;

    stop_broker(f);
    pid = spawn_broker(f, "test", f->state);
    for (int i = 0; i < KILL_EVENTS; i++) {
        put(f, 0, issue_of(f, new_handoff(f), 0, 1));
        if (i % 130 == 90) {
            end_broker(pid, SIGKILL, -1);
            pid = spawn_broker(f, "test", f->state);
        }
        if (i % 7 == 0) { /* an outbox may hold it twice */
            put(f, 0, issue_of(f, f->next_handoff, 0, 1));
        }
    }
    while (count < KILL_EVENTS && next_of(&inbox, 0, WAIT_MS, &heard)) {
        for (int i = 0; i < KILL_EVENTS; i++) {
            if (uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + i))) {
                assert_int_equal(seen[i]++, 0);
                count++;
            }
        }
    }
    assert_int_equal(count, KILL_EVENTS);
    assert_false(next_of(&inbox, 0, 1000, &heard));
    end_broker(pid, SIGTERM, 0);
    kafka_consumer_close(inbox.consumer);
    free(seen);
}

static void other_folder(const struct fixture *f, char folder[80])
{
    (void)snprintf(folder, 80, "%s-other", f->state);
}

static void remove_other(const struct fixture *f)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s-other", f->state);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

/* Tasks move to a second instance and back while hand-overs pass. */
static void a_second_instance_takes_its_share_and_gives_it_back(void **state)
{
    struct fixture *f = *state;
    struct reading inbox = read_topic(f, TOPIC_INBOX, 1);
    int first = f->next_handoff + 1;
    char folder[80];
    struct event heard;
    pid_t pid;
    int counts[150] = {0};
    int count = 0;

    ensure_broker(f);
    other_folder(f, folder);
    pid = spawn_broker(f, "other", folder);
    for (int i = 0; i < 150; i++) {
        put(f, 0, issue_of(f, new_handoff(f), 0, 1));
        if (i % 50 == 40) { /* lets the group settle around it */
            while (count < i - 10 && next_of(&inbox, 0, WAIT_MS, &heard)) {
                for (int j = 0; j < 150; j++) {
                    bool it = uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + j));

                    count += it;
                    counts[j] += it;
                }
            }
        }
        if (i == 100) {
            end_broker(pid, SIGTERM, 0);
        }
    }
    while (count < 150 && next_of(&inbox, 0, WAIT_MS, &heard)) {
        for (int j = 0; j < 150; j++) {
            bool it = uuid_equal(heard.envelope.handoff_id, world_id("handoff", first + j));

            count += it;
            counts[j] += it;
        }
    }
    assert_false(next_of(&inbox, 0, 1000, &heard));
    for (int j = 0; j < 150; j++) {
        assert_int_equal(counts[j], 1);
    }
    kafka_consumer_close(inbox.consumer);
    remove_other(f);
}

static void a_twin_is_noticed_and_one_of_the_two_ends(void **state)
{
    struct fixture *f = *state;
    struct error why = {0};
    char folder[80];
    int64_t end_ms = now_ms() + WAIT_MS;
    pid_t pid;

    ensure_broker(f);
    other_folder(f, folder);
    pid = spawn_broker(f, "test", folder);
    while (!broker_failed(f->broker, &why) && now_ms() < end_ms) {
        struct bytes body;

        (void)get(f, "/healthz", &body);
    }
    assert_non_null(strstr(why.text, "--instance"));
    end_broker(pid, SIGTERM, 0);
    stop_broker(f);
    remove_other(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hand_over_sent_twice_arrives_once_and_its_answer_comes_back),
        cmocka_unit_test(a_refusal_stands_in_the_dead_letters_and_in_the_inbox),
        cmocka_unit_test(bytes_that_are_no_event_do_not_stop_the_partition),
        cmocka_unit_test(a_redirect_reaches_the_new_receiver_and_the_first_issuer),
        cmocka_unit_test(what_was_known_is_known_after_the_state_folder_is_lost),
        cmocka_unit_test(an_old_hand_over_is_overdue_at_once_and_only_once),
        cmocka_unit_test(what_it_counts_adds_up_and_it_says_when_it_is_ready),
        cmocka_unit_test(a_second_instance_takes_its_share_and_gives_it_back),
        cmocka_unit_test(a_twin_is_noticed_and_one_of_the_two_ends),
        cmocka_unit_test(killed_at_any_moment_nothing_is_lost_or_doubled),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
