/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/test.h"

#include "base/kafka_producer.h"
#include "tests/support/kafka.h"

void commands_make_topics(const char *const *operators, size_t operator_count)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct topics_settings settings = {.partitions = 3, .replication = 1, .min_insync = 1};
    size_t count = 0;
    const struct topic_spec *plan =
        topics_plan(&settings, operators, operator_count, &arena, &count);
    struct error err;

    if (kafka_admin_open(&config, &admin, &err) || kafka_topics_apply(admin, plan, count, &err))
        fail_msg("%s", err.text);
}

void commands_send(const char *topic, struct uuid key, struct bytes value)
{
    struct kafka_config config = test_kafka();
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    enum outcome result = OUTCOME_RETRY;
    struct kafka_record record = {.topic = topic, .partition = 0, .value = value};
    char text[UUID_TEXT_SIZE];
    struct error err;

    record.key = bytes_of_text(uuid_format(key, text));
    if (kafka_producer_open(&config, &producer, &err) ||
        kafka_producer_send(producer, &record, 1, 20000, &result, &err))
        fail_msg("%s", err.text);
}

void commands_say(const struct wire *wire, enum topic topic, const char *operator_code,
                  const struct event *event)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char name[TOPIC_NAME_SIZE];

    wire_encode_event(wire, event, &value);
    commands_send(topics_name(topic, operator_code, name), event->envelope.thread_id,
                  buffer_view(&value));
}

enum cli_exit commands_run(const char *const *words, size_t count, struct buffer *out)
{
    char path[] = "build/command-XXXXXX";
    int file = mkstemp(path);
    int saved = dup(STDOUT_FILENO);
    enum cli_exit code;
    char piece[4096];
    ssize_t len;

    assert_true(file >= 0 && saved >= 0);
    fflush(stdout);
    assert_true(dup2(file, STDOUT_FILENO) >= 0);
    code = cli_main((char *const *)(uintptr_t)words, count);
    fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    close(saved);
    buffer_clear(out);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    while ((len = read(file, piece, sizeof(piece))) > 0)
        buffer_append(out, piece, (size_t)len);
    close(file);
    unlink(path);
    return code;
}
