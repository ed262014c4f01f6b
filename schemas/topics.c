/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/topics.h"

#include <stdio.h>

#define DAY_MS "86400000"

/* Of every topic. */
static const struct topic_setting common[] = {
    /* When an event happened is a field of it; the log tells when it arrived. */
    {"message.timestamp.type", "LogAppendTime"},
    /* Above what our producers send (message.max.bytes, 1,000,000), framing included. */
    {"max.message.bytes", "1048588"},
    /* Acknowledged records are never traded for availability. */
    {"unclean.leader.election.enable", "false"},
    /* A segment that is still written to is neither deleted nor compacted. */
    {"segment.ms", DAY_MS},
};

/* One day less than the promise: a segment may be a day old when its last record is written. */
static const struct topic_setting delete_30_days[] = {
    {"cleanup.policy", "delete"},
    {"retention.ms", "2505600000"},
};
static const struct topic_setting delete_90_days[] = {
    {"cleanup.policy", "delete"},
    {"retention.ms", "7689600000"},
};
static const struct topic_setting compact[] = {
    {"cleanup.policy", "compact"},
    /* A replaced value is gone after a week at the latest. */
    {"max.compaction.lag.ms", "604800000"},
    /* How long a deletion can be seen by who reads on from an old offset: the broker's stores, of
     * whose rows none is deleted yet (DESIGN.md "Data"). */
    {"delete.retention.ms", "2592000000"},
    /* Earlier than the default of a half: restoring reads the whole topic. */
    {"min.cleanable.dirty.ratio", "0.2"},
};

struct kind {
    const char *word; /* the last of the name, before the version */
    bool partitioned; /* P partitions, else one                                    */
    const struct topic_setting *settings;
    size_t count;
};
#define WITH(settings) settings, sizeof(settings) / sizeof((settings)[0])

static const struct kind kinds[TOPIC_COUNT] = {
    [TOPIC_OUTBOX] = {"outbox", true, WITH(delete_30_days)},
    [TOPIC_INBOX] = {"inbox", false, WITH(delete_30_days)},
    [TOPIC_REJECTED] = {"rejected", false, WITH(delete_90_days)},
    [TOPIC_QUARANTINE] = {"quarantine", false, WITH(delete_30_days)},
    [TOPIC_STATE] = {"state", false, WITH(compact)},
    [TOPIC_DIRECTORY] = {"directory", false, WITH(compact)},
    [TOPIC_HANDOFF] = {"handoff", true, WITH(compact)},
};

static char *append(char *at, const char *end, const char *text)
{
    while (*text && at < end)
        *at++ = *text++;
    return at;
}

/* Longer than any code: what comes behind it is never cut. */
#define CODE_MOST 60

/* Not by printf: twice for every record of the broker. */
const char *topics_name(enum topic topic, const char *operator_code, char name[TOPIC_NAME_SIZE])
{
    char *end = name + TOPIC_NAME_SIZE - 1;
    char *at = append(name, end, "relais.");

    if (topic < TOPIC_OPERATOR_COUNT) {
        at = append(at, at + CODE_MOST, operator_code);
        at = append(at, end, ".");
    }
    at = append(at, end, kinds[topic].word);
    *append(at, end, ".v1") = '\0';
    return name;
}

static struct topic_spec spec_of(enum topic topic, const char *operator_code,
                                 const struct topics_settings *wanted, struct arena *arena)
{
    const struct kind *kind = &kinds[topic];
    size_t common_count = sizeof(common) / sizeof(common[0]);
    size_t count = common_count + kind->count + 1;
    struct topic_setting *settings = arena_array(arena, count, sizeof(*settings));
    char name[TOPIC_NAME_SIZE];

    memcpy(settings, common, sizeof(common));
    memcpy(settings + common_count, kind->settings, kind->count * sizeof(*settings));
    settings[count - 1] = (struct topic_setting){
        .name = "min.insync.replicas", .value = arena_printf(arena, "%d", (int)wanted->min_insync)};
    return (struct topic_spec){
        .name = arena_printf(arena, "%s", topics_name(topic, operator_code, name)),
        .partitions = kind->partitioned ? wanted->partitions : 1,
        .replication = wanted->replication,
        .settings = settings,
        .setting_count = count,
    };
}

const struct topic_spec *topics_plan(const struct topics_settings *settings,
                                     const char *const *operator_codes, size_t operator_count,
                                     struct arena *arena, size_t *ret_count)
{
    size_t most = TOPIC_COUNT - TOPIC_OPERATOR_COUNT + operator_count * TOPIC_OPERATOR_COUNT;
    struct topic_spec *plan = arena_array(arena, most, sizeof(*plan));
    size_t count = 0;

    for (int topic = TOPIC_OPERATOR_COUNT; topic < TOPIC_COUNT; topic++)
        plan[count++] = spec_of((enum topic)topic, NULL, settings, arena);
    for (size_t i = 0; i < operator_count; i++)
        for (int topic = 0; topic < TOPIC_OPERATOR_COUNT; topic++)
            plan[count++] = spec_of((enum topic)topic, operator_codes[i], settings, arena);
    *ret_count = count;
    return plan;
}
