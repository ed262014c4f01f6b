/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "connectors/memory/pack.h"
#include "connectors/record.h"

static struct record sample(void)
{
    static const struct http_header headers[] = {{"Content-Type", "application/json"},
                                                 {"X-Id", ""}};

    return (struct record){.body = BYTES_LITERAL("{\"id\":1}"),
                           .headers = headers,
                           .header_count = 2,
                           .file = "rdv.csv",
                           .line = 17,
                           .absent = true,
                           .defect = "line 17: broken",
                           .observed_at = INT64_C(1772442000000000)};
}

static void what_was_packed_is_unpacked(void **state)
{
    struct record record = sample();
    struct record back = {0};
    struct buffer packed = {0};
    struct arena arena = {0};
    struct error err = {0};

    (void)state;
    record_pack(&record, &packed);
    assert_int_equal(record_unpack(buffer_view(&packed), &arena, &back, &err), OUTCOME_OK);
    assert_bytes_text(back.body, "{\"id\":1}");
    assert_string_equal(back.file, "rdv.csv");
    assert_int_equal(back.line, 17);
    assert_true(back.absent);
    assert_string_equal(back.defect, "line 17: broken");
    assert_true(back.observed_at == record.observed_at);
    assert_int_equal(back.header_count, 2);
    assert_string_equal(back.headers[0].name, record.headers[0].name);
    assert_string_equal(back.headers[0].value, "application/json");
    assert_string_equal(back.headers[1].value, "");
    buffer_deinit(&packed);
    arena_deinit(&arena);
}

/* Every cut and every changed byte is refused or read, and never read past the end. */
static void damaged_bytes_are_refused_and_never_overread(void **state)
{
    struct record record = sample();
    struct record back;
    struct buffer packed = {0};
    struct arena arena = {0};

    (void)state;
    record_pack(&record, &packed);
    for (size_t len = 0; len < packed.len; len++) {
        uint8_t *cut = xcalloc(1, len + 1);

        memcpy(cut, packed.data, len);
        (void)!record_unpack(bytes_of(cut, len), &arena, &back, NULL);
        free(cut);
    }
    for (size_t at = 0; at < packed.len; at++) {
        packed.data[at] ^= 0xFF;
        (void)!record_unpack(buffer_view(&packed), &arena, &back, NULL);
        packed.data[at] ^= 0xFF;
        arena_reset(&arena);
    }
    buffer_deinit(&packed);
    arena_deinit(&arena);
}

static void a_missing_field_at_the_end_is_no_value(void **state)
{
    struct buffer packed = {0};
    struct cursor in;
    struct bytes value;
    int64_t number = 7;

    (void)state;
    pack_bytes(&packed, BYTES_NONE);
    pack_bytes(&packed, BYTES_LITERAL(""));
    in = cursor_over(buffer_view(&packed));
    assert_true(pack_read_bytes(&in, &value));
    assert_null(value.data);
    assert_true(pack_read_bytes(&in, &value));
    assert_non_null(value.data);
    assert_true(pack_read_int(&in, &number));
    assert_int_equal(number, 0);
    buffer_deinit(&packed);
}

static void a_batch_takes_no_more_than_it_holds(void **state)
{
    CLEANUP(batch_freep) struct batch *batch = batch_new(2);

    (void)state;
    assert_non_null(batch_add(batch));
    assert_non_null(batch_add(batch));
    assert_null(batch_add(batch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_is_unpacked),
        cmocka_unit_test(damaged_bytes_are_refused_and_never_overread),
        cmocka_unit_test(a_missing_field_at_the_end_is_no_value),
        cmocka_unit_test(a_batch_takes_no_more_than_it_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
