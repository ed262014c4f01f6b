/* SPDX-License-Identifier: Apache-2.0
 *
 * What an outbox may hold that no connector of ours writes: it never stops the broker, and what
 * is not read of it is said.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "tests/support/deployment.h"
#include "tests/support/world.h"

/* Beyond our own message.max.bytes, below the topics' max.message.bytes. */
static const char *const large_records[] = {"message.max.bytes=1048000", NULL};
#define LARGE_HEADER 1000000

/* As a foreign writer could: with one header. */
static void put_with_header(struct deployment *d, int sender, const struct event *event,
                            struct kafka_header header)
{
    struct kafka_config config = d->kafka;
    CLEANUP(kafka_producer_closep) struct kafka_producer *producer = NULL;
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char topic[TOPIC_NAME_SIZE];
    char key[UUID_TEXT_SIZE];
    struct kafka_record record = {.topic = topics_name(TOPIC_OUTBOX, d->codes[sender], topic),
                                  .partition = -1,
                                  .headers = &header,
                                  .header_count = 1};
    enum outcome result;

    wire_encode_event(d->wire, event, &value);
    record.key = bytes_of(uuid_format(event->envelope.thread_id, key), UUID_TEXT_LEN);
    record.value = buffer_view(&value);
    config.extra = large_records;
    assert_int_equal(kafka_producer_open(&config, &producer, NULL), OUTCOME_OK);
    assert_int_equal(kafka_producer_send(producer, &record, 1, DEPLOYMENT_WAIT_MS, &result, NULL),
                     OUTCOME_OK);
}

static void a_header_of_a_million_bytes_stops_nobody(void **state)
{
    struct deployment *d = *state;
    char *text = xcalloc(1, LARGE_HEADER);
    const struct kafka_header header = {"traceparent", bytes_of(text, LARGE_HEADER)};
    int accepted = deployment_new_handoff(d);
    int refused = deployment_new_handoff(d);
    int next = deployment_new_handoff(d);
    struct event event = deployment_issue(d, accepted, 0, 1);

    memset(text, '0', LARGE_HEADER);
    deployment_ensure(d);
    put_with_header(d, 0, &event, header);
    assert_int_equal(deployment_expect(d, TOPIC_INBOX, 1, accepted).referral.status,
                     REFERRAL_ISSUED);
    event = deployment_issue(d, refused, 0, 2);
    put_with_header(d, 0, &event, header);
    assert_bytes_text(deployment_expect(d, TOPIC_REJECTED, 0, refused).rejection.code,
                      "convention_missing");
    deployment_put(d, 0, deployment_issue(d, next, 0, 1));
    deployment_expect(d, TOPIC_INBOX, 1, next);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_of_a_million_bytes_stops_nobody),
    };

    return cmocka_run_group_tests(tests, deployment_setup, deployment_teardown);
}
