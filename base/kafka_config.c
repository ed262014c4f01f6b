/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kafka_config.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"

/* librdkafka's destructor does not take NULL. */
static void conf_free(rd_kafka_conf_t *conf)
{
    if (conf)
        rd_kafka_conf_destroy(conf);
}
DEFINE_CLEANUP(rd_kafka_conf_t, conf_free)

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

struct setting {
    const char *name;
    const char *value;
};

/* Of every client. Signals: librdkafka blocks them all in its threads, SIGPIPE included. */
static const struct setting common[] = {
    /* A small request waits for no other: Nagle's algorithm costs up to 40 ms a round trip. */
    {"socket.nagle.disable", "true"},
    /* Firewalls forget idle connections without a word. */
    {"socket.keepalive.enable", "true"},
    /* A broker that does not answer within this is a broker that is away (default: a minute).
     * Stays below transaction.timeout.ms, as librdkafka asks. */
    {"socket.timeout.ms", "10000"},
    {"socket.connection.setup.timeout.ms", "5000"},
    /* A restarted broker is found again within a second (default: up to ten). */
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "1000"},
    /* A new topic or a new leader is looked for often while one is missing. */
    {"topic.metadata.refresh.fast.interval.ms", "50"},
    /* A record is small; what is larger than this is refused here, before it is sent, so that
     * a topic (max.message.bytes, 1 MiB unless set) never refuses it inside a transaction. */
    {"message.max.bytes", "1000000"},
};

static const struct setting producer[] = {
    /* Java's partitioner: keys meet in the same partition whoever wrote them. */
    {"partitioner", "murmur2_random"},
    /* Acknowledged means: on every in-sync replica. */
    {"acks", "all"},
    /* No double and no change of order by librdkafka's own second tries. */
    {"enable.idempotence", "true"},
    /* The pause after CONCURRENT_TRANSACTIONS: the default of 100 ms is a transaction's whole
     * budget of time. */
    {"retry.backoff.ms", "20"},
    /* Records wait this long for company: batches at load, no delay that anyone sees. */
    {"linger.ms", "1"},
    /* Bounds of what waits in memory: 50,000 records are as fast as a million. */
    {"queue.buffering.max.messages", "50000"},
    {"queue.buffering.max.kbytes", "65536"},
    /* A record is given up after this; its sender decides what then. Below
     * transaction.timeout.ms, so that a transaction never outlives its records. */
    {"message.timeout.ms", "15000"},
    /* A topic that is not there is an error after this, not after half a minute. */
    {"topic.metadata.propagation.max.ms", "5000"},
};

static const struct setting transactional[] = {
    /* A dead process's open transaction holds back every read_committed reader this long,
     * unless the same id is initialised again. */
    {"transaction.timeout.ms", "20000"},
    /* A commit flushes, and a flush does not wait for company: so a small transaction is as fast
     * as without, and a large one makes fewer and larger batches. */
    {"linger.ms", "20"},
};

static const struct setting consumer[] = {
    /* Offsets are committed when the work is done, never by a timer. */
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    /* Out of range is read on from what is there first, never from the end. What retention deleted
     * before it was read is gone: who reads by offsets says so (holdings.c). */
    {"auto.offset.reset", "earliest"},
    /* The event "read to the end": what "caught up" is decided by. */
    {"enable.partition.eof", "true"},
    /* A reader makes no topic. */
    {"allow.auto.create.topics", "false"},
    /* The eager protocol, which the anchor needs; cooperative-sticky loops before 2.6.1. */
    {"partition.assignment.strategy", "range"},
    /* Data wake a fetch at once whatever this says. Assign, metadata and end-of-partition wait
     * for it; below 50 an idle broker with many partitions burns processor time. */
    {"fetch.wait.max.ms", "50"},
    {"fetch.error.backoff.ms", "100"},
    /* Bounds memory. At a quarter of it librdkafka 2.0.2 is five times slower: its fetcher
     * pauses a second when the queue is full. */
    {"queued.max.messages.kbytes", "65536"},
    /* A disk's or a network's mistake is an error, not a record. */
    {"check.crcs", "true"},
    /* A dead worker's tasks move after this. */
    {"session.timeout.ms", "6000"},
    {"heartbeat.interval.ms", "1500"},
    /* A worker that is stuck this long loses its tasks; /healthz says so then. Its longest turns
     * (a commit, the offsets of all outboxes) stay far below, and a restore polls in between. */
    {"max.poll.interval.ms", TEXT_OF(KAFKA_MAX_POLL_MS)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Copies ---------------------------------------------------------------------- */

struct kafka_config *kafka_config_copy(const struct kafka_config *config)
{
    struct kafka_config *copy = xcalloc(1, sizeof(*copy));
    size_t count = 0;
    char **extra;

    copy->brokers = xstrdup(config->brokers);
    copy->client_id = config->client_id ? xstrdup(config->client_id) : NULL;
    while (config->extra && config->extra[count])
        count++;
    extra = xcalloc(count + 1, sizeof(*extra));
    for (size_t i = 0; i < count; i++)
        extra[i] = xstrdup(config->extra[i]);
    copy->extra = (const char *const *)extra;
    return copy;
}

/* Frees what kafka_config_copy() allocated; the struct shows it as const to readers. */
static void free_owned(const void *memory)
{
    void *owned;

    memcpy(&owned, &memory, sizeof(owned));
    free(owned);
}

void kafka_config_free(struct kafka_config *config)
{
    if (!config)
        return;
    free_owned(config->brokers);
    free_owned(config->client_id);
    for (size_t i = 0; config->extra[i]; i++)
        free_owned(config->extra[i]);
    free_owned(config->extra);
    free(config);
}

/* ---- Errors ---------------------------------------------------------------------- */

/* What is in neither list may pass: transport, elections, coordinators, time-outs. */
static const rd_kafka_resp_err_t never[] = {
    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
    RD_KAFKA_RESP_ERR_INVALID_MSG,        RD_KAFKA_RESP_ERR_INVALID_RECORD,
    RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,  RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
};

static const rd_kafka_resp_err_t stop[] = {
    /* Who we are, what we may. */
    RD_KAFKA_RESP_ERR__AUTHENTICATION,
    RD_KAFKA_RESP_ERR__SSL,
    RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
    RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
    RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
    RD_KAFKA_RESP_ERR_SECURITY_DISABLED,
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    /* Somebody else is what we were. */
    RD_KAFKA_RESP_ERR__FENCED,
    RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
    RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
    /* Topics that are not there, settings that cannot be. */
    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
    RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
    RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
    RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
    RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
    RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT,
    RD_KAFKA_RESP_ERR_INVALID_CONFIG,
    RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
    RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
    RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT,
    RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT,
    RD_KAFKA_RESP_ERR_INVALID_GROUP_ID,
    RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL,
    RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED,
    RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
    RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
    RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
    RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
    RD_KAFKA_RESP_ERR__INVALID_ARG,
    RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE,
    RD_KAFKA_RESP_ERR__FATAL,
};

static bool listed(const rd_kafka_resp_err_t *list, size_t count, rd_kafka_resp_err_t error)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == error)
            return true;
    return false;
}

enum outcome kafka_outcome(rd_kafka_resp_err_t error, const char *what, struct error *err)
{
    enum outcome outcome = OUTCOME_RETRY;

    if (listed(never, COUNT(never), error))
        outcome = OUTCOME_REJECT;
    else if (listed(stop, COUNT(stop), error))
        outcome = OUTCOME_FATAL;
    return error_set(err, outcome, "%s: %s", what, rd_kafka_err2str(error));
}

bool kafka_is_absence(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

bool kafka_is_unreadable(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR__BAD_MSG || error == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
           error == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED || error == RD_KAFKA_RESP_ERR_INVALID_MSG ||
           error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
           error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
}

/* ---- Configurations --------------------------------------------------------------- */

/* librdkafka's log lines name brokers, topics and states, never a record's content. Its
 * levels are syslog's: 4 is a warning, 7 is debug. */
static void log_line(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    if (level <= 4)
        log_warn("kafka", "librdkafka warns", LOG_TEXT("facility", facility),
                 LOG_TEXT("text", text));
    else
        log_debug("kafka", "librdkafka says", LOG_TEXT("facility", facility),
                  LOG_TEXT("text", text));
}

/* librdkafka's own text is not shown: it repeats the value, which may be a password. */
static enum outcome set(rd_kafka_conf_t *conf, const char *name, const char *value,
                        struct error *err)
{
    char why[8];

    switch (rd_kafka_conf_set(conf, name, value, why, sizeof(why))) {
    case RD_KAFKA_CONF_OK:
        return OUTCOME_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        return error_set(err, OUTCOME_FATAL, "réglage %s : librdkafka ne le connaît pas", name);
    case RD_KAFKA_CONF_INVALID:
    default:
        return error_set(err, OUTCOME_FATAL, "réglage %s : librdkafka n'en admet pas cette valeur",
                         name);
    }
}

static enum outcome set_all(rd_kafka_conf_t *conf, const struct setting *settings, size_t count,
                            struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        enum outcome outcome = set(conf, settings[i].name, settings[i].value, err);

        if (outcome)
            return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome set_extra(rd_kafka_conf_t *conf, const char *const *extra, struct error *err)
{
    for (; extra && *extra; extra++) {
        const char *equals = strchr(*extra, '=');
        char name[128];
        size_t len = equals ? (size_t)(equals - *extra) : 0;
        enum outcome outcome;

        if (len == 0 || len >= sizeof(name))
            return error_set(err, OUTCOME_FATAL, "réglage de librdkafka : il faut NOM=VALEUR");
        memcpy(name, *extra, len);
        name[len] = '\0';
        outcome = set(conf, name, equals + 1, err);
        if (outcome)
            return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome set_common(rd_kafka_conf_t *conf, const struct kafka_config *config,
                               struct error *err)
{
    enum outcome outcome = set_all(conf, common, COUNT(common), err);

    rd_kafka_conf_set_log_cb(conf, log_line);
    if (!outcome)
        outcome = set(conf, "bootstrap.servers", config->brokers, err);
    if (!outcome && config->client_id)
        outcome = set(conf, "client.id", config->client_id, err);
    return outcome;
}

enum outcome kafka_config_producer(const struct kafka_config *config, const char *transactional_id,
                                   rd_kafka_conf_t **ret_conf, struct error *err)
{
    CLEANUP(conf_freep) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum outcome outcome = set_common(conf, config, err);

    if (!outcome)
        outcome = set_all(conf, producer, COUNT(producer), err);
    if (!outcome && transactional_id)
        outcome = set_all(conf, transactional, COUNT(transactional), err);
    if (!outcome && transactional_id)
        outcome = set(conf, "transactional.id", transactional_id, err);
    if (!outcome)
        outcome = set_extra(conf, config->extra, err);
    if (outcome)
        return outcome;
    *ret_conf = TAKE(conf);
    return OUTCOME_OK;
}

enum outcome kafka_config_consumer(const struct kafka_config *config, const char *group,
                                   const char *instance, bool uncommitted,
                                   rd_kafka_conf_t **ret_conf, struct error *err)
{
    CLEANUP(conf_freep) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum outcome outcome = set_common(conf, config, err);

    if (!outcome)
        outcome = set_all(conf, consumer, COUNT(consumer), err);
    /* Committed unless the caller measures where the log really ends. */
    if (!outcome)
        outcome =
            set(conf, "isolation.level", uncommitted ? "read_uncommitted" : "read_committed", err);
    /* librdkafka gives no consumer queue without a group; nothing is committed under this. */
    if (!outcome)
        outcome = set(conf, "group.id", group ? group : "relais-without-group", err);
    if (!outcome && instance)
        outcome = set(conf, "group.instance.id", instance, err);
    if (!outcome)
        outcome = set_extra(conf, config->extra, err);
    if (outcome)
        return outcome;
    *ret_conf = TAKE(conf);
    return OUTCOME_OK;
}

enum outcome kafka_config_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *what,
                                 rd_kafka_t **ret_client, struct error *err)
{
    char why[256];
    rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof(why));

    if (!client) {
        rd_kafka_conf_destroy(conf); /* else it is the client's */
        return error_set(err, OUTCOME_FATAL, "kafka %s: %s", what, why);
    }
    *ret_client = client;
    return OUTCOME_OK;
}

int32_t kafka_partition_of(const void *key, size_t key_len, int32_t count)
{
    return rd_kafka_msg_partitioner_murmur2(NULL, key, key_len, count, NULL, NULL);
}
