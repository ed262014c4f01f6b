/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka's admin protocol as librdkafka 2.0.2 speaks it. IncrementalAlterConfigs is newer, and
 * AlterConfigs replaces a topic's whole set: so a topic that differs gets its own settings
 * (kept, also those of others) with ours on top, and one that does not differ is not touched.
 */
#include "base/kafka_topics.h"

#include <stdlib.h>

#include "base/clock.h"

#define METADATA_MS 5000
#define ASK_MS 10000     /* one request */
#define CREATE_MOST 2000 /* partitions and settings of one request: Kafka refuses 10,000 */
#define SETTLE_MS 60000  /* until every partition of a new topic has a leader */
#define SETTLE_SLICE_MS 50

struct kafka_admin {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
};

DEFINE_CLEANUP(rd_kafka_event_t, rd_kafka_event_destroy)
DEFINE_CLEANUP(rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy)

/* ---- Connection -------------------------------------------------------------------- */

enum outcome kafka_admin_open(const struct kafka_config *config, struct kafka_admin **ret_admin,
                              struct error *err)
{
    struct kafka_admin *admin;
    rd_kafka_conf_t *conf = NULL;
    rd_kafka_t *client = NULL;
    enum outcome outcome = kafka_config_producer(config, NULL, &conf, err);

    if (!outcome)
        outcome = kafka_config_client(RD_KAFKA_PRODUCER, conf, "admin", &client, err);
    if (outcome)
        return outcome;
    admin = xcalloc(1, sizeof(*admin));
    admin->client = client;
    admin->queue = rd_kafka_queue_new(client);
    *ret_admin = admin;
    return OUTCOME_OK;
}

void kafka_admin_close(struct kafka_admin *admin)
{
    if (!admin)
        return;
    rd_kafka_queue_destroy(admin->queue);
    rd_kafka_destroy(admin->client);
    free(admin);
}

static rd_kafka_AdminOptions_t *options_new(struct kafka_admin *admin,
                                            rd_kafka_admin_op_t operation)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, operation);
    char why[64];

    (void)rd_kafka_AdminOptions_set_request_timeout(options, ASK_MS, why, sizeof(why));
    return options;
}

/* The answer of a request that was just sent; NULL with the error set. */
static enum outcome wait_answer(struct kafka_admin *admin, const char *what,
                                rd_kafka_event_t **ret_event, struct error *err)
{
    /* librdkafka ends each request at ASK_MS itself; the second half is a safeguard. */
    CLEANUP(rd_kafka_event_destroyp)
    rd_kafka_event_t *event = rd_kafka_queue_poll(admin->queue, 2 * ASK_MS);

    if (!event)
        return error_set(err, OUTCOME_RETRY, "%s : pas de réponse", what);
    if (rd_kafka_event_error(event))
        return error_set(err, kafka_outcome(rd_kafka_event_error(event), what, NULL), "%s: %s",
                         what, rd_kafka_event_error_string(event));
    *ret_event = TAKE(event);
    return OUTCOME_OK;
}

static enum outcome ask_metadata(struct kafka_admin *admin,
                                 const struct rd_kafka_metadata **ret_metadata, struct error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_metadata(admin->client, 1, NULL, ret_metadata, METADATA_MS);

    return code ? kafka_outcome(code, "topics", err) : OUTCOME_OK;
}

static const struct rd_kafka_metadata_topic *find_topic(const struct rd_kafka_metadata *metadata,
                                                        const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, name) == 0)
            return &metadata->topics[i];
    return NULL;
}

/* ---- Check ------------------------------------------------------------------------- */

struct check {
    struct kafka_admin *admin;
    const struct topic_spec *specs;
    size_t count;
    const struct rd_kafka_metadata *metadata;
    struct arena *arena;
    struct topic_difference *differences;
    size_t difference_count;
};

static void differs(struct check *check, enum topic_difference_kind kind, const char *topic,
                    const char *name, const char *wanted, const char *found)
{
    check->differences[check->difference_count++] =
        (struct topic_difference){kind, topic, name, wanted, found};
}

static const char *number(const struct check *check, int32_t value)
{
    return arena_printf(check->arena, "%d", (int)value);
}

static void check_existence(struct check *check)
{
    for (size_t i = 0; i < check->count; i++) {
        const struct topic_spec *spec = &check->specs[i];
        const struct rd_kafka_metadata_topic *topic = find_topic(check->metadata, spec->name);
        int32_t replicas = spec->replication;

        if (!topic) {
            differs(check, TOPIC_MISSING, spec->name, NULL, NULL, NULL);
            continue;
        }
        for (int p = 0; p < topic->partition_cnt && replicas == spec->replication; p++)
            replicas = topic->partitions[p].replica_cnt;
        if (topic->partition_cnt != spec->partitions)
            differs(check, TOPIC_PARTITIONS, spec->name, "partitions",
                    number(check, spec->partitions), number(check, topic->partition_cnt));
        if (replicas != spec->replication)
            differs(check, TOPIC_SETTING, spec->name, "replication.factor",
                    number(check, spec->replication), number(check, replicas));
    }
}

static const char *find_value(const rd_kafka_ConfigEntry_t **entries, size_t count,
                              const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
            return rd_kafka_ConfigEntry_value(entries[i]);
    return NULL;
}

static const struct topic_spec *find_spec(const struct check *check, const char *name)
{
    for (size_t i = 0; i < check->count; i++)
        if (strcmp(check->specs[i].name, name) == 0)
            return &check->specs[i];
    return NULL;
}

static enum outcome check_settings_of(struct check *check,
                                      const rd_kafka_ConfigResource_t *resource, struct error *err)
{
    const struct topic_spec *spec = find_spec(check, rd_kafka_ConfigResource_name(resource));
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);

    if (rd_kafka_ConfigResource_error(resource))
        return kafka_outcome(rd_kafka_ConfigResource_error(resource), "réglages des sujets", err);
    for (size_t i = 0; spec && i < spec->setting_count; i++) {
        const char *found = find_value(entries, count, spec->settings[i].name);

        if (found && strcmp(found, spec->settings[i].value) == 0)
            continue;
        differs(check, TOPIC_SETTING, spec->name, spec->settings[i].name, spec->settings[i].value,
                arena_text(check->arena, bytes_of_text(found ? found : "(none)")));
    }
    return OUTCOME_OK;
}

/* Settings of all specified topics that exist, one request; they live in *ret_event. */
static enum outcome describe(const struct check *check, rd_kafka_event_t **ret_event,
                             const rd_kafka_ConfigResource_t ***ret_found, size_t *ret_count,
                             struct error *err)
{
    CLEANUP(rd_kafka_AdminOptions_destroyp)
    rd_kafka_AdminOptions_t *options = options_new(check->admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t **resources = xcalloc(check->count + 1, sizeof(*resources));
    rd_kafka_queue_t *queue = check->admin->queue;
    size_t known = 0;
    enum outcome outcome = OUTCOME_OK;

    for (size_t i = 0; i < check->count; i++)
        if (find_topic(check->metadata, check->specs[i].name))
            resources[known++] =
                rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, check->specs[i].name);
    if (known > 0) {
        rd_kafka_DescribeConfigs(check->admin->client, resources, known, options, queue);
        outcome = wait_answer(check->admin, "réglages des sujets", ret_event, err);
    }
    if (*ret_event)
        *ret_found = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(*ret_event), ret_count);
    rd_kafka_ConfigResource_destroy_array(resources, known);
    free(resources);
    return outcome;
}

static enum outcome check_settings(struct check *check, struct error *err)
{
    CLEANUP(rd_kafka_event_destroyp) rd_kafka_event_t *event = NULL;
    const rd_kafka_ConfigResource_t **found = NULL;
    size_t count = 0;
    enum outcome outcome = describe(check, &event, &found, &count, err);

    for (size_t i = 0; i < count && !outcome; i++)
        outcome = check_settings_of(check, found[i], err);
    return outcome;
}

enum outcome kafka_topics_check(struct kafka_admin *admin, const struct topic_spec *specs,
                                size_t count, struct arena *arena,
                                struct topic_difference **ret_differences, size_t *ret_count,
                                struct error *err)
{
    struct check check = {.admin = admin, .specs = specs, .count = count, .arena = arena};
    size_t most = 0;
    enum outcome outcome = ask_metadata(admin, &check.metadata, err);

    if (outcome)
        return outcome;
    for (size_t i = 0; i < count; i++)
        most += 2 + specs[i].setting_count;
    check.differences = arena_array(arena, most, sizeof(*check.differences));
    check_existence(&check);
    outcome = check_settings(&check, err);
    rd_kafka_metadata_destroy(check.metadata);
    if (outcome)
        return outcome;
    *ret_differences = check.differences;
    *ret_count = check.difference_count;
    return OUTCOME_OK;
}

/* ---- Apply ------------------------------------------------------------------------- */

static enum outcome new_topic(const struct topic_spec *spec, rd_kafka_NewTopic_t **ret_topic,
                              struct error *err)
{
    char why[128];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(spec->name, spec->partitions, spec->replication, why, sizeof(why));

    if (!topic)
        return error_set(err, OUTCOME_FATAL, "sujet %s : %s", spec->name, why);
    for (size_t i = 0; i < spec->setting_count; i++)
        (void)rd_kafka_NewTopic_set_config(topic, spec->settings[i].name, spec->settings[i].value);
    *ret_topic = topic;
    return OUTCOME_OK;
}

static enum outcome read_created(rd_kafka_event_t *event, struct error *err)
{
    size_t count = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);

    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        const char *why = rd_kafka_topic_result_error_string(results[i]);

        /* Somebody else was faster: as good. */
        if (!code || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            continue;
        return error_set(err, kafka_outcome(code, "create", NULL), "créer le sujet %s : %s",
                         rd_kafka_topic_result_name(results[i]),
                         why ? why : rd_kafka_err2str(code));
    }
    return OUTCOME_OK;
}

/* As many of those that are missing as one request takes, from *next on. */
static enum outcome create_some(const struct check *check, size_t *next, struct error *err)
{
    CLEANUP(rd_kafka_AdminOptions_destroyp)
    rd_kafka_AdminOptions_t *options = options_new(check->admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    CLEANUP(rd_kafka_event_destroyp) rd_kafka_event_t *event = NULL;
    rd_kafka_NewTopic_t **topics = xcalloc(check->count + 1, sizeof(*topics));
    size_t missing = 0;
    enum outcome outcome = OUTCOME_OK;

    for (size_t size = 0; *next < check->count && size < CREATE_MOST && !outcome; (*next)++) {
        const struct topic_spec *spec = &check->specs[*next];

        if (find_topic(check->metadata, spec->name))
            continue;
        outcome = new_topic(spec, &topics[missing], err);
        missing += outcome == OUTCOME_OK;
        size += 1 + (size_t)spec->partitions + spec->setting_count;
    }
    if (!outcome && missing > 0) {
        rd_kafka_CreateTopics(check->admin->client, topics, missing, options, check->admin->queue);
        outcome = wait_answer(check->admin, "création des sujets", &event, err);
    }
    rd_kafka_NewTopic_destroy_array(topics, missing);
    free(topics);
    return outcome || !event ? outcome : read_created(event, err);
}

static bool spec_sets(const struct topic_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->setting_count; i++)
        if (strcmp(spec->settings[i].name, name) == 0)
            return true;
    return false;
}

/* The whole set that the topic should have, or NULL when it has it. */
static rd_kafka_ConfigResource_t *wanted_set(const struct topic_spec *spec,
                                             const rd_kafka_ConfigResource_t *found)
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(found, &count);
    rd_kafka_ConfigResource_t *wanted;
    bool same = true;

    for (size_t i = 0; i < spec->setting_count; i++) {
        const char *value = find_value(entries, count, spec->settings[i].name);

        same = same && value && strcmp(value, spec->settings[i].value) == 0;
    }
    if (same)
        return NULL;
    wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, spec->name);
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entries[i]);
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);

        if (value && !spec_sets(spec, name) &&
            rd_kafka_ConfigEntry_source(entries[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
            (void)rd_kafka_ConfigResource_set_config(wanted, name, value);
    }
    for (size_t i = 0; i < spec->setting_count; i++)
        (void)rd_kafka_ConfigResource_set_config(wanted, spec->settings[i].name,
                                                 spec->settings[i].value);
    return wanted;
}

static enum outcome read_altered(rd_kafka_event_t *event, struct error *err)
{
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);

    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
        const char *why = rd_kafka_ConfigResource_error_string(resources[i]);

        if (code)
            return error_set(err, kafka_outcome(code, "set", NULL), "réglages du sujet %s : %s",
                             rd_kafka_ConfigResource_name(resources[i]),
                             why ? why : rd_kafka_err2str(code));
    }
    return OUTCOME_OK;
}

static enum outcome alter(struct kafka_admin *admin, rd_kafka_ConfigResource_t **wanted,
                          size_t count, struct error *err)
{
    CLEANUP(rd_kafka_AdminOptions_destroyp)
    rd_kafka_AdminOptions_t *options = options_new(admin, RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
    CLEANUP(rd_kafka_event_destroyp) rd_kafka_event_t *event = NULL;
    enum outcome outcome;

    rd_kafka_AlterConfigs(admin->client, wanted, count, options, admin->queue);
    outcome = wait_answer(admin, "réglage des sujets", &event, err);
    return outcome ? outcome : read_altered(event, err);
}

static enum outcome alter_differing(const struct check *check, struct error *err)
{
    CLEANUP(rd_kafka_event_destroyp) rd_kafka_event_t *event = NULL;
    const rd_kafka_ConfigResource_t **found = NULL;
    rd_kafka_ConfigResource_t **wanted;
    size_t found_count = 0;
    size_t count = 0;
    enum outcome outcome = describe(check, &event, &found, &found_count, err);

    if (outcome)
        return outcome;
    wanted = xcalloc(found_count + 1, sizeof(*wanted));
    for (size_t i = 0; i < found_count; i++) {
        const struct topic_spec *spec = find_spec(check, rd_kafka_ConfigResource_name(found[i]));

        if (rd_kafka_ConfigResource_error(found[i]) && !outcome)
            outcome =
                kafka_outcome(rd_kafka_ConfigResource_error(found[i]), "réglages des sujets", err);
        else if (spec)
            wanted[count] = wanted_set(spec, found[i]);
        count += wanted[count] != NULL;
    }
    if (count > 0 && !outcome)
        outcome = alter(check->admin, wanted, count, err);
    rd_kafka_ConfigResource_destroy_array(wanted, count);
    free(wanted);
    return outcome;
}

static bool has_leaders(const struct rd_kafka_metadata_topic *topic)
{
    for (int i = 0; i < topic->partition_cnt; i++)
        if (topic->partitions[i].leader < 0)
            return false;
    return topic->err == RD_KAFKA_RESP_ERR_NO_ERROR && topic->partition_cnt > 0;
}

/* OK: all can be written. RETRY: not yet. REJECT: a topic has other partitions. */
static enum outcome check_ready(const struct check *check, struct error *err)
{
    for (size_t i = 0; i < check->count; i++) {
        const struct topic_spec *spec = &check->specs[i];
        const struct rd_kafka_metadata_topic *topic = find_topic(check->metadata, spec->name);

        if (!topic || !has_leaders(topic))
            return error_set(err, OUTCOME_RETRY, "le sujet %s n'a pas encore de chef", spec->name);
        if (topic->partition_cnt != spec->partitions)
            return error_set(err, OUTCOME_REJECT,
                             "%s a %d partitions au lieu de %d, et cela n'est jamais changé",
                             spec->name, topic->partition_cnt, (int)spec->partitions);
    }
    return OUTCOME_OK;
}

static enum outcome wait_until_ready(const struct check *check, struct error *err)
{
    int64_t deadline_ms = clock_mono_ms(clock_system()) + SETTLE_MS;

    for (;;) {
        struct check now = *check;
        enum outcome outcome = ask_metadata(check->admin, &now.metadata, err);

        if (outcome)
            return outcome;
        outcome = check_ready(&now, err);
        rd_kafka_metadata_destroy(now.metadata);
        if (outcome != OUTCOME_RETRY || clock_mono_ms(clock_system()) > deadline_ms)
            return outcome;
        /* Not a sleep: serves the client's own events meanwhile. */
        (void)rd_kafka_poll(check->admin->client, SETTLE_SLICE_MS);
    }
}

enum outcome kafka_topics_apply(struct kafka_admin *admin, const struct topic_spec *specs,
                                size_t count, struct error *err)
{
    struct check check = {.admin = admin, .specs = specs, .count = count};
    enum outcome outcome = ask_metadata(admin, &check.metadata, err);

    if (outcome)
        return outcome;
    for (size_t next = 0; next < count && !outcome;)
        outcome = create_some(&check, &next, err);
    if (!outcome)
        outcome = alter_differing(&check, err);
    rd_kafka_metadata_destroy(check.metadata);
    return outcome ? outcome : wait_until_ready(&check, err);
}

/* ---- List -------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum outcome kafka_topics_list(struct kafka_admin *admin, const char *prefix, struct arena *arena,
                               const char ***ret_names, size_t *ret_count, struct error *err)
{
    const struct rd_kafka_metadata *metadata = NULL;
    enum outcome outcome = ask_metadata(admin, &metadata, err);
    const char **names;
    size_t count = 0;

    if (outcome)
        return outcome;
    names = arena_array(arena, (size_t)metadata->topic_cnt + 1, sizeof(*names));
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strncmp(metadata->topics[i].topic, prefix, strlen(prefix)) == 0)
            names[count++] = arena_text(arena, bytes_of_text(metadata->topics[i].topic));
    rd_kafka_metadata_destroy(metadata);
    qsort(names, count, sizeof(*names), compare_names);
    *ret_names = names;
    *ret_count = count;
    return OUTCOME_OK;
}
