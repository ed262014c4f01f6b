/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

static void wrap_puts_context_before_the_cause(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(error_set(&err, OUTCOME_RETRY, "connect: %s", "refused"), OUTCOME_RETRY);
    assert_int_equal(error_wrap(&err, "registry"), OUTCOME_RETRY);
    assert_string_equal(err.text, "registry: connect: refused");
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    struct error err = {0};
    char text[700];

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    text[698] = '\0';
    assert_int_equal(error_set(&err, OUTCOME_REJECT, "%s", text), OUTCOME_REJECT);
    assert_true(bytes_is_utf8(bytes_of_text(err.text)));
    assert_string_equal(err.text + strlen(err.text) - 3, "...");
}

static void a_missing_error_is_no_crash(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, OUTCOME_REJECT, "dropped"), OUTCOME_REJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrap_puts_context_before_the_cause),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(a_missing_error_is_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
