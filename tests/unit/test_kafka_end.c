/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/kafka_end.h"

#define LONG_MS 20000
#define SHORT_MS 200

struct brake {
    struct waiter *waiter;
    atomic_bool on;
};

/* Every step of a client's end is said: so it ends when this lets it. */
static void log_line(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    struct brake *brake = rd_kafka_opaque(client);

    (void)level;
    (void)facility;
    (void)text;
    if (brake && atomic_load(&brake->on)) {
        (void)waiter_wait_ms(brake->waiter, LONG_MS);
    }
}

static rd_kafka_t *client_of_nobody(struct brake *brake)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *client;

    rd_kafka_conf_set_log_cb(conf, log_line);
    rd_kafka_conf_set_opaque(conf, brake);
    assert_int_equal(rd_kafka_conf_set(conf, "debug", "all", why, sizeof(why)), RD_KAFKA_CONF_OK);
    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:9", why, sizeof(why)),
                     RD_KAFKA_CONF_OK);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    assert_non_null(client);
    return client;
}

static void a_client_that_ends_is_waited_for_no_longer_than_that(void **state)
{
    int64_t began_ms = clock_mono_ms(clock_system());

    (void)state;
    kafka_end_client(client_of_nobody(NULL), 0, LONG_MS);
    assert_true(clock_mono_ms(clock_system()) - began_ms < LONG_MS / 2);
}

static void a_client_that_does_not_end_is_left_behind(void **state)
{
    struct brake brake = {.waiter = waiter_new()};
    rd_kafka_t *client = client_of_nobody(&brake);
    int64_t began_ms = clock_mono_ms(clock_system());
    int64_t took_ms;

    (void)state;
    atomic_store(&brake.on, true);
    kafka_end_client(client, 0, SHORT_MS);
    took_ms = clock_mono_ms(clock_system()) - began_ms;
    assert_true(took_ms >= SHORT_MS && took_ms < LONG_MS / 2);
    waiter_interrupt(brake.waiter);
    assert_int_equal(rd_kafka_wait_destroyed(LONG_MS), 0); /* it ends by itself, and frees all */
    waiter_free(brake.waiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_ends_is_waited_for_no_longer_than_that),
        cmocka_unit_test(a_client_that_does_not_end_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
