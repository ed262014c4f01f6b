/* SPDX-License-Identifier: Apache-2.0
 *
 * librdkafka's own consume-and-produce, with nothing in between: what the broker's exactly-once
 * stage is measured against. It reads the same outboxes and writes, for each record, what the
 * stage writes, one record as large as a row and one like the record itself with its headers, in
 * transactions of 2,000 records (the broker ends its own there, or sooner), with the broker's own
 * client settings. No decoding, no rules, no store; and one producer, which waits for each commit
 * (the broker's two take turns).
 *
 *     bench_bare_loop BROKERS COUNT PARTITIONS ROW_BYTES GROUP OUTBOX...
 *
 * Reads COUNT records from where GROUP committed last; time and processor time are those from the
 * first tenth to the end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/bytes.h"
#include "base/kafka_config.h"
#include "base/kafka_topics.h"

#define BATCH_RECORDS 2000 /* as broker/worker.c */
#define CALL_MS 30000

struct bare {
    rd_kafka_t *consumer, *producer;
    int partitions;
    uint8_t row[4096];
    size_t row_size;
    rd_kafka_topic_partition_list_t *inputs; /* next offsets */
    int64_t count, done;
    double wall, cpu; /* at the first tenth */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_bare_loop: %s\n", what);
    exit(1);
}

static void must(rd_kafka_error_t *error)
{
    if (error)
        fail(rd_kafka_error_string(error));
}

static double wall_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* There to exist: without it every commit waits in slices of 10 ms. */
static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    (void)opaque;
    if (message->err)
        fail(rd_kafka_err2str(message->err));
}

/* ---- Set-up --------------------------------------------------------------------------- */

static void make_topics(const struct kafka_config *config, int partitions)
{
    const struct topic_setting settings[] = {{"message.timestamp.type", "LogAppendTime"}};
    const struct topic_spec specs[] = {{"bare.rows", partitions, 1, settings, 1},
                                       {"bare.inbox", 1, 1, settings, 1}};
    struct kafka_admin *admin = NULL;
    struct error err = {0};

    if (kafka_admin_open(config, &admin, &err) != OUTCOME_OK ||
        kafka_topics_apply(admin, specs, 2, &err) != OUTCOME_OK)
        fail(err.text);
    kafka_admin_close(admin);
}

static rd_kafka_t *make_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char why[256];
    rd_kafka_t *client;

    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    client = rd_kafka_new(type, conf, why, sizeof(why));
    if (!client)
        fail(why);
    return client;
}

static void open_clients(struct bare *b, const struct kafka_config *config, const char *group)
{
    rd_kafka_conf_t *conf = NULL;
    struct error err = {0};

    if (kafka_config_consumer(config, group, NULL, false, &conf, &err) != OUTCOME_OK)
        fail(err.text);
    b->consumer = make_client(RD_KAFKA_CONSUMER, conf);
    (void)rd_kafka_poll_set_consumer(b->consumer);
    if (kafka_config_producer(config, group, &conf, &err) != OUTCOME_OK)
        fail(err.text);
    b->producer = make_client(RD_KAFKA_PRODUCER, conf);
    must(rd_kafka_init_transactions(b->producer, CALL_MS));
}

static void assign(struct bare *b, char **topics, int count)
{
    b->inputs = rd_kafka_topic_partition_list_new(count * b->partitions);
    for (int t = 0; t < count; t++)
        for (int p = 0; p < b->partitions; p++)
            (void)rd_kafka_topic_partition_list_add(b->inputs, topics[t], p);
    if (rd_kafka_committed(b->consumer, b->inputs, CALL_MS))
        fail("no committed offsets");
    for (int i = 0; i < b->inputs->cnt; i++)
        if (b->inputs->elems[i].offset < 0)
            b->inputs->elems[i].offset = 0;
    if (rd_kafka_assign(b->consumer, b->inputs))
        fail("assign");
}

/* ---- The loop ------------------------------------------------------------------------- */

static void produce(struct bare *b, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers = NULL, *copy = NULL;
    rd_kafka_resp_err_t code;

    code = rd_kafka_producev(
        b->producer, RD_KAFKA_V_TOPIC("bare.rows"), RD_KAFKA_V_PARTITION(message->partition),
        RD_KAFKA_V_KEY(message->key, message->key_len), RD_KAFKA_V_VALUE(b->row, b->row_size),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);
    if (!rd_kafka_message_headers(message, &headers))
        copy = rd_kafka_headers_copy(headers);
    if (!code)
        code = rd_kafka_producev(
            b->producer, RD_KAFKA_V_TOPIC("bare.inbox"), RD_KAFKA_V_PARTITION(0),
            RD_KAFKA_V_KEY(message->key, message->key_len),
            RD_KAFKA_V_VALUE(message->payload, message->len), RD_KAFKA_V_HEADERS(copy),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);
    if (code)
        fail(rd_kafka_err2str(code));
    (void)rd_kafka_poll(b->producer, 0);
}

static void note_position(struct bare *b, const rd_kafka_message_t *message)
{
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_find(
        b->inputs, rd_kafka_topic_name(message->rkt), message->partition);

    if (place)
        place->offset = message->offset + 1;
}

static void commit(struct bare *b)
{
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(b->consumer);

    must(rd_kafka_send_offsets_to_transaction(b->producer, b->inputs, group, CALL_MS));
    must(rd_kafka_commit_transaction(b->producer, CALL_MS));
    rd_kafka_consumer_group_metadata_destroy(group);
    if (b->wall == 0 && b->done >= b->count / 10) {
        b->wall = wall_s();
        b->cpu = cpu_s();
        b->count -= b->done;
        b->done = 0;
    }
}

static void run(struct bare *b)
{
    int64_t open = 0;

    while (b->done < b->count) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(b->consumer, CALL_MS);

        if (!message)
            fail("nothing to read");
        if (!message->err) {
            if (open++ == 0)
                must(rd_kafka_begin_transaction(b->producer));
            produce(b, message);
            note_position(b, message);
            b->done++;
        }
        rd_kafka_message_destroy(message);
        if (open >= BATCH_RECORDS || (open > 0 && b->done == b->count)) {
            commit(b);
            open = 0;
        }
    }
}

int main(int argc, char **argv)
{
    static struct bare b;
    struct kafka_config config = {.brokers = argc > 1 ? argv[1] : ""};
    double wall, cpu;

    if (argc < 7)
        fail("usage: bench_bare_loop BROKERS COUNT PARTITIONS ROW_BYTES GROUP OUTBOX...");
    b.count = strtoll(argv[2], NULL, 10);
    b.partitions = (int)strtol(argv[3], NULL, 10);
    b.row_size = (size_t)strtol(argv[4], NULL, 10);
    if (b.count < 100 || b.partitions < 1 || b.row_size > sizeof(b.row))
        fail("COUNT, PARTITIONS or ROW_BYTES");
    make_topics(&config, b.partitions);
    open_clients(&b, &config, argv[5]);
    assign(&b, argv + 6, argc - 6);
    run(&b);
    wall = wall_s() - b.wall;
    cpu = cpu_s() - b.cpu;
    (void)printf("records\t%" PRId64 "\nrecords_s\t%.0f\ncpu_s_per_million\t%.3f\n", b.done,
                 (double)b.done / wall, cpu * 1e6 / (double)b.done);
    rd_kafka_destroy(b.producer);
    rd_kafka_topic_partition_list_destroy(b.inputs);
    (void)rd_kafka_consumer_close(b.consumer);
    rd_kafka_destroy(b.consumer);
    return 0;
}
