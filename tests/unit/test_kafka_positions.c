/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>

#include "base/kafka_positions.h"

static void each_partition_is_found_in_any_order_and_no_other(void **state)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    int last = 0;

    (void)state;
    assert_null(kafka_positions_find(list, "t0", 0, &last));
    for (int i = 0; i < 60; i++) {
        int mixed = i * 37 % 60;
        char topic[16];

        (void)snprintf(topic, sizeof(topic), "t%d", mixed / 6);
        rd_kafka_topic_partition_list_add(list, topic, mixed % 6)->offset = mixed;
    }
    kafka_positions_sort(list);
    for (int i = 0; i < 120; i++) {
        int wanted = i * 7 % 60;
        const rd_kafka_topic_partition_t *found;
        char topic[16];

        (void)snprintf(topic, sizeof(topic), "t%d", wanted / 6);
        found = kafka_positions_find(list, topic, wanted % 6, &last);
        assert_non_null(found);
        assert_true(found->offset == wanted);
        assert_ptr_equal(kafka_positions_find(list, topic, wanted % 6, &last), found);
        assert_null(kafka_positions_find(list, topic, 6, &last));
    }
    assert_null(kafka_positions_find(list, "t", 0, &last));
    assert_null(kafka_positions_find(list, "t90", 0, &last));
    rd_kafka_topic_partition_list_destroy(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_partition_is_found_in_any_order_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
