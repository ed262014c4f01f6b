/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_text.h"

#include "connectors/mapping/mapping.h"
#include "tests/support/test.h"

#define NIR "184127645108946"
#define HIDDEN "(un numéro de sécurité sociale)"

static void assert_value(const char *text, bool personal, const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    explain_text_value(bytes_of_text(text), personal, &out);
    assert_string_equal(buffer_text(&out), expected);
}

static void assert_id(const char *text, const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    explain_text_id(bytes_of_text(text), &out);
    assert_string_equal(buffer_text(&out), expected);
}

static void assert_whole(const char *text, const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    explain_text_whole(bytes_of_text(text), &out);
    assert_string_equal(buffer_text(&out), expected);
}

#define TEN "abcdefghij"
#define FIFTY TEN TEN TEN TEN TEN

static void a_long_value_is_cut_between_two_characters(void **state)
{
    (void)state;
    assert_value("", false, "");
    assert_value(FIFTY TEN, false, FIFTY TEN);
    assert_value(FIFTY TEN "k", false, FIFTY TEN "…");
    assert_value(FIFTY "abcdefghié", false, FIFTY "abcdefghi…");
    assert_id(FIFTY TEN "k", FIFTY TEN "…");
    assert_whole(FIFTY TEN "k", FIFTY TEN "k");
}

static void a_value_that_holds_a_nir_is_hidden_whole(void **state)
{
    (void)state;
    assert_value(NIR, false, HIDDEN);
    assert_value("Son numéro : 1 84 12 76 451 089.", false, HIDDEN);
    assert_value("1841276451089", false, "1841276451089"); /* rather an instant */
    assert_value("1841276451089", true, HIDDEN);
    assert_value(NIR "", true, HIDDEN);
}

static void an_identity_is_hidden_only_with_its_key(void **state)
{
    (void)state;
    assert_id("rdv-" NIR, HIDDEN);
    assert_id("rdv-1772123456789", "rdv-1772123456789");
}

static void of_a_whole_text_every_nir_is_hidden_and_nothing_else(void **state)
{
    (void)state;
    assert_whole("{\"a\":\"" NIR "\",\"b\":1772123456789,\"c\":\"1 84 12 76 451 089 46\"}",
                 "{\"a\":\"" HIDDEN "\",\"b\":1772123456789,\"c\":\"" HIDDEN "\"}");
    assert_whole(NIR, HIDDEN);
    assert_whole("", "");
}

static void an_echo_says_of_which_thing_it_is_and_hides_its_nirs(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const struct echo_note echo = {BYTES_LITERAL("rdv/12"), BYTES_LITERAL("né " NIR ", à 14:00")};
    const struct echo_note bare = {BYTES_LITERAL("rdv-" NIR), BYTES_LITERAL("1841276451089")};

    (void)state;
    explain_text_echo(&echo, &out);
    assert_string_equal(buffer_text(&out), "rdv/12 dit né " HIDDEN ", à 14:00");
    buffer_clear(&out);
    explain_text_echo(&bare, &out);
    assert_string_equal(buffer_text(&out), HIDDEN " dit 1841276451089");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_value_is_cut_between_two_characters),
        cmocka_unit_test(a_value_that_holds_a_nir_is_hidden_whole),
        cmocka_unit_test(an_identity_is_hidden_only_with_its_key),
        cmocka_unit_test(of_a_whole_text_every_nir_is_hidden_and_nothing_else),
        cmocka_unit_test(an_echo_says_of_which_thing_it_is_and_hides_its_nirs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
