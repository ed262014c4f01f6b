/* SPDX-License-Identifier: Apache-2.0
 *
 * "Doubt → throw the producer away." No librdkafka implements the second transaction protocol
 * (KIP-890), so a late request of one transaction could reach the next one of the same
 * producer epoch. After a time-out, a second try, a lost coordinator or a fence the producer is
 * destroyed; initialising the same transactional.id again raises the epoch and ends whatever
 * was open. Errors are looked at in the order that librdkafka asks for: fatal, then abortable,
 * then retriable; anything else is treated as fatal for the producer.
 */
#include "base/kafka_transactor.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"

#define CALL_MS 15000     /* one step of a transaction, tries included                     */
#define ABORT_MS 3000     /* a courtesy to readers: initialising again ends it as well     */
#define HURRY_MS 1000     /* one step once the process is to stop                           */
#define QUEUE_FULL_MS 100 /* one wait for room                                             */
#define TRY_AGAIN_MS 20   /* as retry.backoff.ms                                           */
#define SERVE_EVERY 64    /* records: reports are looked at; the commit serves the rest    */

DEFINE_CLEANUP(rd_kafka_error_t, rd_kafka_error_destroy)

struct kafka_transactor {
    struct kafka_config *config;
    char *id;
    rd_kafka_t *client;           /* NULL: doubt, or not made yet                              */
    struct kafka_handles handles; /* of the client */
    bool initialised;
    bool open;     /* between begin and commit or abort                         */
    bool doubtful; /* a call was tried again: not used after this transaction   */
    bool fenced;
    atomic_bool hurry;
    int unserved;                /* records written since reports were looked at                 */
    rd_kafka_resp_err_t refused; /* why Kafka did not take a record; or no error                 */
    bool for_good;               /* it would refuse it again                                     */
    char *refused_topic;
};

/* The first refusal is kept; one for good replaces one that may pass. */
static void note_refusal(struct kafka_transactor *transactor, rd_kafka_resp_err_t code,
                         const char *topic)
{
    bool for_good = kafka_outcome(code, "produce", NULL) != OUTCOME_RETRY;

    /* Of an abort, not of Kafka. */
    if (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
        (transactor->refused && (transactor->for_good || !for_good)))
        return;
    free(transactor->refused_topic);
    transactor->refused_topic = xstrdup(topic);
    transactor->refused = code;
    transactor->for_good = for_good;
}

static void forget_refusal(struct kafka_transactor *transactor)
{
    free(transactor->refused_topic);
    transactor->refused_topic = NULL;
    transactor->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    transactor->for_good = false;
}

const char *kafka_transactor_refused(const struct kafka_transactor *transactor)
{
    return transactor->for_good ? transactor->refused_topic : NULL;
}

/* Also there to exist: without a report callback librdkafka's flush, which every commit runs,
 * sleeps in slices of 10 ms with nothing to wake it. */
static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_transactor *transactor = opaque;

    (void)client;
    if (message->err)
        note_refusal(transactor, message->err, rd_kafka_topic_name(message->rkt));
}

/* Transport troubles are librdkafka's to mend and log; fatal ones come back from the calls. */
static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    (void)code;
    (void)reason;
    (void)opaque;
}

struct kafka_transactor *kafka_transactor_new(const struct kafka_config *config,
                                              const char *transactional_id)
{
    struct kafka_transactor *transactor = xcalloc(1, sizeof(*transactor));

    transactor->config = kafka_config_copy(config);
    transactor->id = xstrdup(transactional_id);
    return transactor;
}

static void discard(struct kafka_transactor *transactor)
{
    if (transactor->client) {
        (void)rd_kafka_purge(transactor->client,
                             RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        kafka_handles_clear(&transactor->handles);
        rd_kafka_destroy(transactor->client);
    }
    transactor->client = NULL;
    transactor->initialised = false;
    transactor->open = false;
    transactor->doubtful = false;
}

static int32_t bounded(const struct kafka_transactor *transactor, int32_t timeout_ms)
{
    return atomic_load(&transactor->hurry) && timeout_ms > HURRY_MS ? HURRY_MS : timeout_ms;
}

void kafka_transactor_hurry(struct kafka_transactor *transactor)
{
    atomic_store(&transactor->hurry, true);
}

/* An abort whose failure changes nothing: the next initialisation aborts too. */
static void abort_quietly(struct kafka_transactor *transactor)
{
    rd_kafka_error_t *error;

    if (!transactor->client || !transactor->open)
        return;
    error = rd_kafka_abort_transaction(transactor->client, bounded(transactor, ABORT_MS));
    if (error)
        rd_kafka_error_destroy(error);
}

void kafka_transactor_free(struct kafka_transactor *transactor)
{
    if (!transactor)
        return;
    abort_quietly(transactor);
    discard(transactor);
    forget_refusal(transactor);
    kafka_config_free(transactor->config);
    free(transactor->id);
    free(transactor);
}

bool kafka_transactor_was_fenced(struct kafka_transactor *transactor)
{
    bool fenced = transactor->fenced;

    transactor->fenced = false;
    return fenced;
}

/* ---- Errors ------------------------------------------------------------------------ */

static bool is_fence(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

/* The outcome of a code once the producer is gone: only what a new producer of the same
 * identity cannot mend is FATAL. */
static enum outcome outcome_of(rd_kafka_resp_err_t code)
{
    static const rd_kafka_resp_err_t hopeless[] = {
        RD_KAFKA_RESP_ERR__AUTHENTICATION,
        RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT,
        RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RD_KAFKA_RESP_ERR_INVALID_RECORD,
    };

    for (size_t i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]); i++)
        if (hopeless[i] == code)
            return OUTCOME_FATAL;
    return OUTCOME_RETRY;
}

/* Ends the producer after `error` of the call `what`. */
static enum outcome give_up(struct kafka_transactor *transactor, const rd_kafka_error_t *error,
                            const char *what, struct error *err)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    enum outcome outcome;
    char text[256];

    if (code == RD_KAFKA_RESP_ERR__FATAL)
        code = rd_kafka_fatal_error(transactor->client, text, sizeof(text));
    if (is_fence(code))
        transactor->fenced = true;
    outcome = outcome_of(code);
    /* A record that Kafka refused for good would be refused again after every new start. */
    if (outcome == OUTCOME_RETRY && transactor->for_good)
        outcome = outcome_of(transactor->refused);
    if (transactor->refused)
        outcome = error_set(err, outcome, "%s: %s (%s: %s)", what, rd_kafka_error_string(error),
                            transactor->refused_topic, rd_kafka_err2str(transactor->refused));
    else
        outcome = error_set(err, outcome, "%s: %s", what, rd_kafka_error_string(error));
    if (!rd_kafka_error_is_fatal(error) && rd_kafka_error_txn_requires_abort(error))
        abort_quietly(transactor);
    discard(transactor);
    return outcome;
}

struct call {
    const char *what;
    rd_kafka_error_t *(*run)(struct kafka_transactor *transactor, const struct call *call,
                             int timeout_ms);
    const rd_kafka_topic_partition_list_t *offsets;
    const rd_kafka_consumer_group_metadata_t *group;
};

/* Runs a call until it is done or in doubt, at most `timeout_ms` in all. */
static enum outcome run(struct kafka_transactor *transactor, const struct call *call,
                        int32_t timeout_ms, struct error *err)
{
    int64_t deadline_ms = clock_mono_ms(clock_system()) + bounded(transactor, timeout_ms);

    for (;;) {
        int64_t left = deadline_ms - clock_mono_ms(clock_system());
        CLEANUP(rd_kafka_error_destroyp)
        rd_kafka_error_t *error = call->run(transactor, call, left > 1 ? (int)left : 1);

        if (!error)
            return OUTCOME_OK;
        if (rd_kafka_error_is_fatal(error) || rd_kafka_error_txn_requires_abort(error) ||
            !rd_kafka_error_is_retriable(error) || left <= TRY_AGAIN_MS)
            return give_up(transactor, error, call->what, err);
        transactor->doubtful = true;
        (void)rd_kafka_poll(transactor->client, TRY_AGAIN_MS);
    }
}

static rd_kafka_error_t *run_init(struct kafka_transactor *transactor, const struct call *call,
                                  int timeout_ms)
{
    (void)call;
    return rd_kafka_init_transactions(transactor->client, timeout_ms);
}

static rd_kafka_error_t *run_offsets(struct kafka_transactor *transactor, const struct call *call,
                                     int timeout_ms)
{
    return rd_kafka_send_offsets_to_transaction(transactor->client, call->offsets, call->group,
                                                timeout_ms);
}

static rd_kafka_error_t *run_commit(struct kafka_transactor *transactor, const struct call *call,
                                    int timeout_ms)
{
    (void)call;
    return rd_kafka_commit_transaction(transactor->client, timeout_ms);
}

static rd_kafka_error_t *run_abort(struct kafka_transactor *transactor, const struct call *call,
                                   int timeout_ms)
{
    (void)call;
    return rd_kafka_abort_transaction(transactor->client, timeout_ms);
}

/* ---- The transaction --------------------------------------------------------------- */

static enum outcome make_client(struct kafka_transactor *transactor, struct error *err)
{
    rd_kafka_conf_t *conf = NULL;
    enum outcome outcome = kafka_config_producer(transactor->config, transactor->id, &conf, err);

    if (outcome)
        return outcome;
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, transactor);
    return kafka_config_client(RD_KAFKA_PRODUCER, conf, "transactions", &transactor->client, err);
}

enum outcome kafka_transactor_init(struct kafka_transactor *transactor, int32_t timeout_ms,
                                   struct error *err)
{
    static const struct call call = {.what = "initialise transactions", .run = run_init};
    enum outcome outcome;

    if (transactor->initialised)
        return OUTCOME_OK;
    discard(transactor);
    forget_refusal(transactor);
    outcome = make_client(transactor, err);
    if (!outcome)
        outcome = run(transactor, &call, timeout_ms, err);
    if (outcome)
        return outcome;
    transactor->initialised = true;
    /* A second try of this call is no doubt: nothing was begun yet. */
    transactor->doubtful = false;
    return OUTCOME_OK;
}

static enum outcome not_initialised(struct error *err)
{
    return error_set(err, OUTCOME_RETRY, "transaction: the producer was thrown away");
}

enum outcome kafka_transactor_begin(struct kafka_transactor *transactor, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    rd_kafka_error_t *error;

    /* The last transaction ended well, but only at a second try: a new epoch for the next. */
    if (transactor->initialised && transactor->doubtful) {
        discard(transactor);
        outcome = kafka_transactor_init(transactor, CALL_MS, err);
    }
    if (outcome)
        return outcome;
    if (!transactor->initialised)
        return not_initialised(err);
    error = rd_kafka_begin_transaction(transactor->client);
    if (error) {
        outcome = give_up(transactor, error, "begin transaction", err);
        rd_kafka_error_destroy(error);
        return outcome;
    }
    transactor->open = true;
    return OUTCOME_OK;
}

enum outcome kafka_transactor_produce(struct kafka_transactor *transactor,
                                      const struct kafka_record *record, struct error *err)
{
    int64_t deadline_ms = 0;
    rd_kafka_resp_err_t code;
    enum outcome outcome;

    if (!transactor->open)
        return not_initialised(err);
    for (;;) {
        code = kafka_record_produce(transactor->client, &transactor->handles, record, NULL);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            break;
        if (!deadline_ms)
            deadline_ms = clock_mono_ms(clock_system()) + bounded(transactor, CALL_MS);
        if (clock_mono_ms(clock_system()) > deadline_ms)
            break;
        (void)rd_kafka_poll(transactor->client, QUEUE_FULL_MS);
    }
    if (++transactor->unserved >= SERVE_EVERY) {
        (void)rd_kafka_poll(transactor->client, 0);
        transactor->unserved = 0;
    }
    if (!code)
        return OUTCOME_OK;
    outcome = kafka_outcome(code, "produce", err);
    if (outcome == OUTCOME_REJECT)
        return outcome;
    if (is_fence(code))
        transactor->fenced = true;
    note_refusal(transactor, code, record->topic);
    abort_quietly(transactor);
    discard(transactor);
    return error_set(err, outcome_of(code), "produce: %s: %s", record->topic,
                     rd_kafka_err2str(code));
}

enum outcome kafka_transactor_send_offsets(struct kafka_transactor *transactor,
                                           const rd_kafka_topic_partition_list_t *offsets,
                                           const rd_kafka_consumer_group_metadata_t *group,
                                           struct error *err)
{
    const struct call call = {
        .what = "send offsets", .run = run_offsets, .offsets = offsets, .group = group};
    bool any = false;

    if (!transactor->open)
        return not_initialised(err);
    /* librdkafka says OK to a list without offsets and sends nothing: then nothing fences. */
    for (int i = 0; i < offsets->cnt; i++)
        any = any || offsets->elems[i].offset >= 0;
    if (!any)
        return error_set(err, OUTCOME_FATAL, "send offsets: there is none");
    return run(transactor, &call, CALL_MS, err);
}

enum outcome kafka_transactor_commit(struct kafka_transactor *transactor, struct error *err)
{
    static const struct call call = {.what = "commit transaction", .run = run_commit};
    enum outcome outcome;

    if (!transactor->open)
        return not_initialised(err);
    outcome = run(transactor, &call, CALL_MS, err);
    transactor->open = false;
    return outcome;
}

enum outcome kafka_transactor_abort(struct kafka_transactor *transactor, struct error *err)
{
    static const struct call call = {.what = "abort transaction", .run = run_abort};
    enum outcome outcome;

    if (!transactor->open)
        return OUTCOME_OK;
    outcome = run(transactor, &call, ABORT_MS, err);
    transactor->open = false;
    return outcome;
}
