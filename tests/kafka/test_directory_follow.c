/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory over a real Kafka: published, followed, published again. The topic's name
 * is fixed, so each test begins with a publication of its own.
 */
#include "tests/support/test.h"

#include "base/clock.h"
#include "directory/dates.h"
#include "directory/diff.h"
#include "directory/follow.h"
#include "schemas/events.h"
#include "schemas/topics.h"
#include "tests/support/kafka.h"

#define PATIENCE_MS 20000

static int make_topic(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct topics_settings settings = {.partitions = 3, .replication = 1, .min_insync = 1};
    size_t count = 0;
    const struct topic_spec *plan = topics_plan(&settings, NULL, 0, &arena, &count);
    struct error err;

    (void)state;
    if (kafka_admin_open(&config, &admin, &err) != OUTCOME_OK)
        return -1;
    /* The first of the plan is the directory; the others are not this test's. */
    return kafka_topics_apply(admin, plan, 1, &err) == OUTCOME_OK ? 0 : -1;
}

static struct directory_entry operator_of(const char *code, const char *name)
{
    struct directory_entry entry;

    record_init(&directory_table, &entry);
    entry.kind = DIRECTORY_OPERATOR;
    entry.code = bytes_of_text(code);
    entry.name = bytes_of_text(name);
    entry.network = BYTES_LITERAL("partner");
    assert_true(dates_parse(BYTES_LITERAL("2024-01-02"), &entry.valid_from));
    return entry;
}

/* A directory of `count` operators; the first one's name is `name`. */
static struct directory *sample(size_t count, const char *name)
{
    static const char *const codes[] = {"o71", "o72", "o73"};
    struct directory_entry entries[3];

    for (size_t i = 0; i < count; i++)
        entries[i] = operator_of(codes[i], i == 0 ? name : "Opérateur inventé");
    return directory_new(entries, count);
}

static size_t publish(const struct wire *wire, struct directory *directory)
{
    struct kafka_config config = test_kafka();
    size_t changes = 99;
    struct error err;

    if (directory_publish(&config, wire, directory, &changes, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    return changes;
}

/* The follower's snapshot once it has a later version; fails when none comes. */
static struct directory *next_snapshot(struct directory_follower *follower, uint64_t after)
{
    CLEANUP(waiter_freep) struct waiter *waiter = waiter_new();
    int64_t until = clock_mono_ms(clock_system()) + PATIENCE_MS;

    while (directory_follower_version(follower) <= after) {
        assert_true(clock_mono_ms(clock_system()) < until);
        waiter_wait_ms(waiter, 20);
    }
    return directory_follower_get(follower);
}

static void what_is_published_is_what_is_read(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(directory_unrefp) struct directory *files = sample(3, "Premier");
    CLEANUP(directory_unrefp) struct directory *published = NULL;
    CLEANUP(buffer_deinit) struct buffer difference = {0};
    struct error err;

    (void)state;
    publish(wire, files);
    assert_int_equal(directory_read_published(&config, wire, &published, &err), OUTCOME_OK);
    diff_write(published, files, &difference);
    assert_string_equal(buffer_text(&difference), "");
    /* Again: nothing to write. */
    assert_int_equal(publish(wire, files), 0);
}

static void a_follower_sees_each_publication_whole(void **state)
{
    struct kafka_config config = test_kafka();
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(directory_unrefp) struct directory *three = sample(3, "Premier");
    CLEANUP(directory_unrefp) struct directory *two = sample(2, "Autre nom");
    CLEANUP(directory_follower_stopp) struct directory_follower *follower = NULL;
    CLEANUP(directory_unrefp) struct directory *before = NULL;
    CLEANUP(directory_unrefp) struct directory *after = NULL;
    struct error err;
    uint64_t version;

    (void)state;
    publish(wire, three);
    if (directory_follow(&config, wire, PATIENCE_MS, &follower, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    version = directory_follower_version(follower);
    before = directory_follower_get(follower);
    assert_int_equal(directory_operator_count(before), 3);
    assert_int_equal(publish(wire, two), 2); /* a name, and a tombstone */
    after = next_snapshot(follower, version);
    assert_int_equal(directory_follower_version(follower), version + 1);
    assert_int_equal(directory_operator_count(after), 2);
    assert_string_equal(directory_operator_at(after, 0)->name, "Autre nom");
    /* What somebody still holds has not changed under him. */
    assert_int_equal(directory_operator_count(before), 3);
    assert_string_equal(directory_operator_at(before, 0)->name, "Premier");
}

static void without_kafka_a_follower_says_retry_in_time(void **state)
{
    const struct kafka_config config = {.brokers = "127.0.0.1:1", .client_id = "test"};
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    struct directory_follower *follower = NULL;
    struct error err;

    (void)state;
    assert_int_equal(directory_follow(&config, wire, 1000, &follower, &err), OUTCOME_RETRY);
    assert_null(follower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_published_is_what_is_read),
        cmocka_unit_test(a_follower_sees_each_publication_whole),
        cmocka_unit_test(without_kafka_a_follower_says_retry_in_time),
    };

    return cmocka_run_group_tests(tests, make_topic, NULL);
}
