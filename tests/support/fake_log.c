/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "tests/support/fake_log.h"

static bool should_fail(struct fake_log *log, const struct durable_record *records, size_t count)
{
    bool concerns = log->fail_topic < 0;

    for (size_t i = 0; i < count; i++)
        concerns = concerns || (int)records[i].topic == log->fail_topic;
    if (!concerns || log->fail_next == 0)
        return false;
    log->fail_next--;
    return true;
}

static void take(struct fake_log *log, const struct durable_record *record)
{
    struct fake_entry *entry;

    assert_true(log->count < sizeof(log->entries) / sizeof(log->entries[0]));
    entry = &log->entries[log->count++];
    entry->topic = record->topic;
    entry->key = record->key.data ? arena_copy(&log->arena, record->key) : BYTES_NONE;
    entry->value = record->value.data ? arena_copy(&log->arena, record->value) : BYTES_NONE;
}

static enum outcome append(struct durable *durable, const struct durable_record *records,
                           size_t count, enum outcome *results, struct error *err)
{
    struct fake_log *log = (struct fake_log *)durable;
    bool crashed = log->fail_after >= 0 && log->appends >= log->fail_after;
    bool fails = crashed || should_fail(log, records, count);
    enum outcome failure = crashed ? OUTCOME_RETRY : log->fails_as;
    enum outcome worst = OUTCOME_OK;

    log->appends++;
    for (size_t i = 0; i < count; i++) {
        results[i] = fails ? failure : OUTCOME_OK;
        if (!fails && log->most_bytes > 0 && records[i].value.len > log->most_bytes) {
            results[i] = worst = OUTCOME_REJECT;
            continue;
        }
        if (!fails || (log->fail_after_writing && !crashed))
            take(log, &records[i]);
    }
    if (worst == OUTCOME_REJECT)
        return error_set(err, OUTCOME_REJECT, "too large (scripted)");
    return fails ? error_set(err, failure, "Kafka is away (scripted)") : OUTCOME_OK;
}

static void stay_open(struct durable *durable)
{
    (void)durable;
}

static const struct durable_ops fake_log_ops = {.append = append, .close = stay_open};

void fake_log_init(struct fake_log *log)
{
    memset(log, 0, sizeof(*log));
    log->durable.ops = &fake_log_ops;
    log->fails_as = OUTCOME_RETRY;
    log->fail_topic = -1;
    log->fail_after = -1;
}

void fake_log_deinit(struct fake_log *log)
{
    arena_deinit(&log->arena);
}

size_t fake_log_count(const struct fake_log *log, enum topic topic)
{
    size_t count = 0;

    for (size_t i = 0; i < log->count; i++)
        count += log->entries[i].topic == topic;
    return count;
}

const struct fake_entry *fake_log_at(const struct fake_log *log, enum topic topic, size_t index)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->entries[i].topic == topic && index-- == 0)
            return &log->entries[i];
    }
    fail_msg("the topic has fewer records");
    return NULL;
}

bool fake_log_contains(const struct fake_log *log, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < log->count; i++) {
        struct bytes value = log->entries[i].value;

        for (size_t at = 0; value.data && at + len <= value.len; at++) {
            if (memcmp(value.data + at, text, len) == 0)
                return true;
        }
    }
    return false;
}
