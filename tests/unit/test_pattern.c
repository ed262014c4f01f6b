/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/pattern.h"

#include "tests/support/test.h"

static const struct {
    const char *pattern;
    const char *text;
    const char *picked; /* NULL: does not fit */
} rows[] = {
    {"export-{#+}.csv", "export-20260302.csv", "20260302"},
    {"export-{#+}.csv", "export-.csv", NULL},
    {"export-{#+}.csv", "export-2.csv.old", NULL},
    {"*n° {#+-#+} *", "Dossier n° 2026-0417 (CEP)", "2026-0417"},
    {"{*}@*", "a@b@c", "a"},   /* the leftmost place */
    {"*{##}", "a1b23", "23"},  /* the last row is tied to the end */
    {"*{#+}", "a1b23", "23"},  /* from its first place that reaches the end */
    {"{?}*", "été", "é"},      /* a character, not a byte */
    {"*{?}", "été", "é"},      /* nor half of one */
    {"a\\*{*}", "a*b", "b"},   /* the sign itself */
    {"a\\*{*}", "abb", NULL},  /* and no other */
    {"abc", "abc", "abc"},     /* without braces, all of it */
    {"{}*", "abc", ""},        /* nothing is a text, too */
    {"*", "", ""},             /* as is no text at all */
    {"#", "", NULL},           /* where one sign is wanted */
    {"*a*b*", "xxbxxa", NULL}, /* in this order */
    {"*ab*ab{*}", "abab", ""}, /* one part never serves twice */
    {"*ab*ab{*}", "ab", NULL},
};

static void a_text_fits_its_pattern_or_gives_nothing(void **state)
{
    CLEANUP(arena_deinit) struct arena arena = {0};

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong;
        struct bytes picked = BYTES_NONE;
        const struct pattern *pattern = pattern_new(bytes_of_text(rows[i].pattern), &arena, &wrong);

        assert_non_null(pattern);
        if (pattern_match(pattern, bytes_of_text(rows[i].text), &picked) != !!rows[i].picked ||
            (rows[i].picked && !bytes_equal_text(picked, rows[i].picked)))
            fail_msg("%s on \"%s\"", rows[i].pattern, rows[i].text);
    }
}

/* A pattern that a backtracking matcher would try in 2^40 ways. */
static void no_text_takes_more_than_its_length_times_the_pattern(void **state)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *wrong;
    const struct pattern *pattern;
    struct bytes picked;
    uint8_t text[4096];

    (void)state;
    arena_init(&arena);
    pattern = pattern_new(
        BYTES_LITERAL("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"),
        &arena, &wrong);
    memset(text, 'a', sizeof(text));
    assert_non_null(pattern);
    assert_false(pattern_match(pattern, bytes_of(text, sizeof(text)), &picked));
}

static void what_is_no_pattern_is_said(void **state)
{
    static const char *const wrongs[][2] = {{"{a", "un { sans son }"},
                                            {"a}", "un } sans son { devant"},
                                            {"}a{", "un } sans son { devant"},
                                            {"{a}{b}", "plus d'un { }"},
                                            {"", "entre 1 et 127 signes"}};
    CLEANUP(arena_deinit) struct arena arena = {0};

    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        const char *wrong;

        assert_null(pattern_new(bytes_of_text(wrongs[i][0]), &arena, &wrong));
        assert_string_equal(wrong, wrongs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_fits_its_pattern_or_gives_nothing),
        cmocka_unit_test(no_text_takes_more_than_its_length_times_the_pattern),
        cmocka_unit_test(what_is_no_pattern_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
