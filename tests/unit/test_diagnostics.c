/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/diagnostics.h"

static const char text[] = "fields:\n"
                           "    status: $.status | code(rdv_statu)\n"
                           "\t\xC3\xA9t\xC3\xA9: x\r\n";

static void every_mistake_is_written_in_the_files_order_with_carets(void **state)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct buffer out = {0};

    (void)state;
    diagnostics_add_source(diagnostics, "c.yaml", bytes_of_text(text));
    diagnostics_add(diagnostics, (struct place){"c.yaml", 3, 5, 9}, NULL, "no %s", "value");
    diagnostics_add(diagnostics, (struct place){"c.yaml", 2, 29, 9},
                    "l'un de rdv_status, modality; did you mean rdv_status?",
                    "table de codes inconnue « rdv_statu »");
    diagnostics_add(diagnostics, (struct place){0}, NULL, "cannot read d.yaml");
    assert_int_equal(diagnostics_count(diagnostics), 3);
    diagnostics_write(diagnostics, &out);
    assert_string_equal(buffer_text(&out),
                        "cannot read d.yaml\n"
                        "c.yaml:2:29: table de codes inconnue « rdv_statu »\n"
                        "   2 |     status: $.status | code(rdv_statu)\n"
                        "     |                             ^^^^^^^^^\n"
                        "attendu : l'un de rdv_status, modality; did you mean rdv_status?\n"
                        "c.yaml:3:5: no value\n"
                        "   3 | \t\xC3\xA9t\xC3\xA9: x\n"
                        "     | \t   ^^^\n");
    buffer_deinit(&out);
}

/* It stands among the mistakes, in their order. */
static void an_advice_is_written_and_is_no_mistake(void **state)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct buffer out = {0};

    (void)state;
    diagnostics_add_source(diagnostics, "c.yaml", bytes_of_text(text));
    diagnostics_advise(diagnostics, (struct place){"c.yaml", 2, 5, 6}, "another", "an odd %s",
                       "name");
    assert_int_equal(diagnostics_count(diagnostics), 0);
    assert_int_equal(diagnostics_advice_count(diagnostics), 1);
    diagnostics_first(diagnostics, &out);
    assert_int_equal(out.len, 0);
    diagnostics_add(diagnostics, (struct place){"c.yaml", 3, 1, 1}, NULL, "late");
    assert_int_equal(diagnostics_count(diagnostics), 1);
    diagnostics_first(diagnostics, &out);
    assert_string_equal(buffer_text(&out), "c.yaml:3:1: late");
    buffer_clear(&out);
    diagnostics_write(diagnostics, &out);
    assert_string_equal(buffer_text(&out), "c.yaml:2:5: avis : an odd name\n"
                                           "   2 |     status: $.status | code(rdv_statu)\n"
                                           "     |     ^^^^^^\n"
                                           "attendu : another\n"
                                           "c.yaml:3:1: late\n"
                                           "   3 | \t\xC3\xA9t\xC3\xA9: x\n"
                                           "     | ^\n");
    buffer_deinit(&out);
}

static void the_first_is_one_line(void **state)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct buffer out = {0};

    (void)state;
    diagnostics_first(diagnostics, &out);
    assert_int_equal(out.len, 0);
    diagnostics_add(diagnostics, (struct place){"c.yaml", 9, 1, 1}, NULL, "late");
    diagnostics_add(diagnostics, (struct place){"c.yaml", 2, 3, 1}, "a text", "a list");
    diagnostics_first(diagnostics, &out);
    assert_string_equal(buffer_text(&out), "c.yaml:2:3: a list ; attendu : a text");
    buffer_deinit(&out);
}

static void a_place_outside_its_file_is_no_crash(void **state)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct buffer out = {0};

    (void)state;
    diagnostics_add_source(diagnostics, "c.yaml", BYTES_LITERAL("a"));
    diagnostics_add_source(diagnostics, "empty.yaml", BYTES_LITERAL(""));
    diagnostics_add(diagnostics, (struct place){"c.yaml", 70, 900, 3}, NULL, "far");
    diagnostics_add(diagnostics, (struct place){"c.yaml", 1, 0, 0}, NULL, "near");
    diagnostics_add(diagnostics, (struct place){"empty.yaml", 1, 1, 1}, NULL, "empty");
    diagnostics_write(diagnostics, &out);
    assert_non_null(strstr(buffer_text(&out), "c.yaml:1:0: near\n"
                                              "   1 | a\n"
                                              "     | ^\n"));
    buffer_deinit(&out);
}

static void a_long_line_is_quoted_around_the_mistake(void **state)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct buffer line = {0};
    struct buffer out = {0};
    const char *carets;

    (void)state;
    for (int i = 0; i < 1000; i++)
        buffer_append_byte(&line, i == 499 ? 'X' : '.');
    diagnostics_add_source(diagnostics, "long", buffer_view(&line));
    diagnostics_add(diagnostics, (struct place){"long", 1, 500, 1}, NULL, "here");
    diagnostics_write(diagnostics, &out);
    carets = strrchr(buffer_text(&out), '\n') - 1;
    assert_int_equal(*carets, '^');
    /* The mark stands under the X: both lines begin with seven characters of margin. */
    assert_int_equal(strchr(buffer_text(&out), 'X') - strstr(buffer_text(&out), "   1 |"),
                     carets - strstr(buffer_text(&out), "     |"));
    assert_true(out.len < 320);
    buffer_deinit(&line);
    buffer_deinit(&out);
}

static void nearest_forgives_a_third_of_the_letters(void **state)
{
    static const char *const names[] = {"rdv_status", "modality", "url", "to", NULL};

    (void)state;
    assert_string_equal(diagnostics_nearest(BYTES_LITERAL("rdv_statu"), names), "rdv_status");
    assert_string_equal(diagnostics_nearest(BYTES_LITERAL("modaltiy"), names), "modality");
    assert_string_equal(diagnostics_nearest(BYTES_LITERAL("URL"), names), "url");
    assert_string_equal(diagnostics_nearest(BYTES_LITERAL("uri"), names), "url");
    assert_null(diagnostics_nearest(BYTES_LITERAL("zz"), names));
    assert_null(diagnostics_nearest(BYTES_LITERAL("channel"), names));
    assert_null(diagnostics_nearest(BYTES_LITERAL(""), names));
    assert_null(diagnostics_nearest(BYTES_NONE, names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_written_in_the_files_order_with_carets),
        cmocka_unit_test(an_advice_is_written_and_is_no_mistake),
        cmocka_unit_test(the_first_is_one_line),
        cmocka_unit_test(a_place_outside_its_file_is_no_crash),
        cmocka_unit_test(a_long_line_is_quoted_around_the_mistake),
        cmocka_unit_test(nearest_forgives_a_third_of_the_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
