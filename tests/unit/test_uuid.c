/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/crypto.h"
#include "base/uuid.h"

static void a_uuid_is_written_as_36_lower_case_characters(void **state)
{
    struct uuid id = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76,
                       0x54, 0x32, 0x10}};
    struct uuid read;
    char text[UUID_TEXT_SIZE];

    (void)state;
    assert_string_equal(uuid_format(id, text), "01234567-89ab-cdef-fedc-ba9876543210");
    assert_true(uuid_parse(BYTES_LITERAL("01234567-89AB-CDEF-fedc-BA9876543210"), &read));
    assert_true(uuid_equal(id, read));
}

static void parse_takes_exactly_the_one_form(void **state)
{
    static const char *const bad[] = {
        "",
        "01234567-89ab-cdef-fedc-ba987654321",
        "01234567-89ab-cdef-fedc-ba98765432100",
        "01234567089ab-cdef-fedc-ba9876543210",
        "0123456789abcdeffedcba9876543210",
        "{1234567-89ab-cdef-fedc-ba987654321}",
        "0123456g-89ab-cdef-fedc-ba9876543210",
        "01234567-89ab-cdef-fedcb-a9876543210",
    };
    struct uuid id = UUID_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(uuid_parse(bytes_of_text(bad[i]), &id));
    assert_false(uuid_parse(BYTES_NONE, &id));
    assert_true(uuid_is_none(id));
}

/* RFC 9562, section 5.8: version 8 (1000) and variant (10), all else as it came. */
static void version_8_and_the_variant_are_set_over_the_digest(void **state)
{
    const uint8_t digest[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const uint8_t zero[16] = {0};
    char text[UUID_TEXT_SIZE];

    (void)state;
    assert_string_equal(uuid_format(uuid_v8(digest), text), "ffffffff-ffff-8fff-bfff-ffffffffffff");
    assert_string_equal(uuid_format(uuid_v8(zero), text), "00000000-0000-8000-8000-000000000000");
}

static void random_uuids_are_version_4_and_differ(void **state)
{
    struct uuid a = uuid_random();
    struct uuid b = uuid_random();

    (void)state;
    assert_int_equal(a.octets[6] >> 4, 4);
    assert_int_equal(a.octets[8] >> 6, 2);
    assert_false(uuid_equal(a, b));
    assert_true((uuid_compare(a, b) < 0) == (uuid_compare(b, a) > 0));
    assert_false(uuid_is_none(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uuid_is_written_as_36_lower_case_characters),
        cmocka_unit_test(parse_takes_exactly_the_one_form),
        cmocka_unit_test(version_8_and_the_variant_are_set_over_the_digest),
        cmocka_unit_test(random_uuids_are_version_4_and_differ),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
