/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sample_quote.h"

#include "tests/support/test.h"

static void assert_quoted(const char *json, const char *expected)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    sample_quote_write(bytes_of_text(json), &out);
    assert_string_equal(buffer_text(&out), expected);
}

static void what_an_event_says_is_shown_and_who_it_is_about_is_not(void **state)
{
    (void)state;
    assert_quoted("{\"deliver\": {\"status\": \"ISUED\", \"level\": 3},\n"
                  " \"contact\" : {\"birth_name\": \"Exemple\", \"nom\": \"X\"},\n"
                  " \"links\": {\"own\": 12}}",
                  "{\"deliver\": {\"status\": \"ISUED\", \"level\": 3},\n"
                  " \"contact\" : {\"birth_name\": \"*******\", \"nom\": \"*\"},\n"
                  " \"links\": {\"own\": **}}");
}

static void of_an_answer_the_status_is_shown(void **state)
{
    (void)state;
    assert_quoted("{\"answers\": {\"creer\": {\"status\": 2010, \"body\": {\"status\": \"x\", "
                  "\"l\": [1, \"a\", true, null, -1.5e3]}}}}",
                  "{\"answers\": {\"creer\": {\"status\": 2010, \"body\": {\"status\": \"*\", "
                  "\"l\": [*, \"*\", true, null, ******]}}}}");
}

static void a_record_of_theirs_may_hold_anything(void **state)
{
    (void)state;
    assert_quoted("{\"recieve\": {\"deliver\": \"Exemple\", \"status\": 1}}",
                  "{\"recieve\": {\"deliver\": \"*******\", \"status\": *}}");
    assert_quoted("[\"deliver\", {\"a\": \"b\"}]", "[\"*******\", {\"a\": \"*\"}]");
    assert_quoted("\"Exemple\"", "\"*******\"");
    assert_quoted("", "");
}

/* So that a caret stands where it stood. */
static void columns_stay_what_they_are(void **state)
{
    (void)state;
    assert_quoted("{\"é\": \"Zoé \\\" \\u00e9 😀\", \"b\": 1}",
                  "{\"é\": \"***************\", \"b\": *}");
}

static void a_social_security_number_is_shown_nowhere(void **state)
{
    (void)state;
    assert_quoted("{\"deliver\": {\"motive_source_code\": \"2 03 07 57 463 012 41\"}}",
                  "{\"deliver\": {\"motive_source_code\": \"*********************\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_event_says_is_shown_and_who_it_is_about_is_not),
        cmocka_unit_test(of_an_answer_the_status_is_shown),
        cmocka_unit_test(a_record_of_theirs_may_hold_anything),
        cmocka_unit_test(columns_stay_what_they_are),
        cmocka_unit_test(a_social_security_number_is_shown_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
