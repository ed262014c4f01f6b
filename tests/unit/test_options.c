/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tests/support/test.h"

#include "cli/options.h"

struct settings {
    const char *topic;
    const char *color;
    const char *brokers;
    int64_t count;
    bool json;
    bool help;
    struct option_list kafka;
};

static const struct option options[] = {
    OPTION(struct settings, topic, .name = "SUJET", .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Sujet."),
    OPTION(struct settings, color, .name = "color", .choices = "red|green", .fallback = "green",
           .help = "Couleur."),
    OPTION(struct settings, count, .name = "count", .fallback = "5", .min = 1, .max = 100,
           .help = "Nombre."),
    OPTION(struct settings, json, .name = "json", .help = "JSON."),
    OPTION_END,
};
static const struct option more[] = {
    OPTION(struct settings, brokers, .name = "brokers", .flags = OPTION_REQUIRED,
           .env = "RELAIS_TEST_BROKERS", .help = "Serveurs."),
    OPTION(struct settings, kafka, .name = "kafka", .value = "NOM=VALEUR", .flags = OPTION_PAIR,
           .help = "Réglages."),
    OPTION(struct settings, help, .name = "help", .help = "Aide."),
    OPTION_END,
};

#define MOST_WORDS 80
/* Parses a line cut at blanks; the mistake is empty when there was none. */
static void parse(const char *line, struct settings *settings, char mistake[200])
{
    static char copy[1000];
    struct option_set sets[] = {{options, settings}, {more, settings}};
    struct buffer out = {0};
    char *words[MOST_WORDS];
    size_t count = 0;
    char *rest = copy;
    bool good;

    assert_true(strlen(line) < sizeof(copy));
    memcpy(copy, line, strlen(line) + 1);
    while (*rest != '\0' && count < MOST_WORDS) {
        words[count++] = rest;
        rest += strcspn(rest, " ");
        if (*rest == ' ')
            *rest++ = '\0';
    }
    memset(settings, 0, sizeof(*settings));
    good = options_parse(sets, 2, words, count, &out);
    assert_true(out.len < 200);
    memcpy(mistake, buffer_text(&out), out.len + 1);
    assert_int_equal(good, out.len == 0);
    buffer_deinit(&out);
}

static void values_stand_behind_a_blank_or_an_equals_sign(void **state)
{
    struct settings settings;
    char mistake[200];

    (void)state;
    parse("o21.inbox --brokers=a:1 --count 7 --json --kafka x=1 --kafka=y=2", &settings, mistake);
    assert_string_equal(mistake, "");
    assert_string_equal(settings.topic, "o21.inbox");
    assert_string_equal(settings.brokers, "a:1");
    assert_string_equal(settings.color, "green");
    assert_int_equal(settings.count, 7);
    assert_true(settings.json);
    assert_int_equal(settings.kafka.count, 2);
    assert_string_equal(settings.kafka.items[1], "y=2");
    assert_null(settings.kafka.items[2]);
}

static void a_short_h_asks_for_help(void **state)
{
    struct settings settings;
    char mistake[200];

    (void)state;
    parse("t --brokers a -h", &settings, mistake);
    assert_string_equal(mistake, "");
    assert_true(settings.help);
}

static void words_behind_two_dashes_are_arguments(void **state)
{
    struct settings settings;
    char mistake[200];

    (void)state;
    parse("--brokers a:1 -- --topic", &settings, mistake);
    assert_string_equal(mistake, "");
    assert_string_equal(settings.topic, "--topic");
    assert_int_equal(settings.count, 5);
}

static void a_mistake_is_one_sentence_that_names_the_option(void **state)
{
    static const struct {
        const char *line;
        const char *mistake;
    } cases[] = {
        {"t --brokers a --cuont 3", "option --cuont inconnue ; peut-être --count ?"},
        {"t --brokers a --zzz", "option --zzz inconnue"},
        {"t --brokers a -j", "option -j inconnue"},
        {"t --brokers a --kafka word", "option --kafka : il faut NOM=VALEUR"},
        {"t --brokers=", "option --brokers : ne peut pas être vide"},
        {"t --brokers a --kafka =word", "option --kafka : il faut NOM=VALEUR"},
        {"t --brokers a --count", "option --count : il manque sa valeur"},
        {"t --brokers a --kafka", "option --kafka : il manque NOM=VALEUR"},
        {"t --brokers a --count x",
         "option --count : « x » n'est pas un nombre entier entre 1 et 100"},
        {"t --brokers a --count 101",
         "option --count : « 101 » n'est pas un nombre entier entre 1 et 100"},
        {"t --brokers a --color blue", "option --color : « blue » n'est pas parmi red|green"},
        {"t --brokers a --color gre", "option --color : « gre » n'est pas parmi red|green"},
        {"t --brokers a --json=1", "option --json : ne prend pas de valeur"},
        {"t u --brokers a", "« u » est de trop"},
        {"--brokers a", "il manque l'argument SUJET"},
        {"t", "il manque l'option --brokers (ou la variable RELAIS_TEST_BROKERS)"},
    };
    struct settings settings;
    char mistake[200];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        parse(cases[i].line, &settings, mistake);
        assert_string_equal(mistake, cases[i].mistake);
    }
}

static void a_variable_stands_in_for_an_option_that_is_not_there(void **state)
{
    struct settings settings;
    char mistake[200];

    (void)state;
    assert_int_equal(setenv("RELAIS_TEST_BROKERS", "env:1", 1), 0);
    parse("t", &settings, mistake);
    assert_string_equal(settings.brokers, "env:1");
    parse("t --brokers word:1", &settings, mistake);
    assert_string_equal(settings.brokers, "word:1");
    assert_int_equal(unsetenv("RELAIS_TEST_BROKERS"), 0);
}

static void a_list_has_an_end(void **state)
{
    struct settings settings;
    char mistake[200];
    char line[500] = "t --brokers a";

    (void)state;
    for (size_t i = 0; i <= OPTION_LIST_MOST; i++)
        memcpy(line + strlen(line), " --kafka=a=1", 13);
    parse(line, &settings, mistake);
    assert_string_equal(mistake, "option --kafka : plus de 31 fois");
}

struct folders {
    const char *first;
    struct option_list others;
};

static void a_list_as_an_argument_takes_all_words_that_are_left(void **state)
{
    static const struct option rows[] = {
        OPTION(struct folders, first, .name = "PREMIER", .flags = OPTION_ARGUMENT, .help = "Un."),
        OPTION(struct folders, others, .name = "AUTRES", .flags = OPTION_ARGUMENT, .help = "Des."),
        OPTION_END,
    };
    CLEANUP(buffer_deinit) struct buffer mistake = {0};
    struct folders settings = {0};
    struct option_set set = {rows, &settings};
    char a[] = "a";
    char b[] = "b";
    char c[] = "c";
    char *words[] = {a, b, c};

    (void)state;
    assert_true(options_parse(&set, 1, words, 3, &mistake));
    assert_string_equal(settings.first, "a");
    assert_int_equal(settings.others.count, 2);
    assert_string_equal(settings.others.items[1], "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_behind_a_blank_or_an_equals_sign),
        cmocka_unit_test(a_short_h_asks_for_help),
        cmocka_unit_test(words_behind_two_dashes_are_arguments),
        cmocka_unit_test(a_mistake_is_one_sentence_that_names_the_option),
        cmocka_unit_test(a_variable_stands_in_for_an_option_that_is_not_there),
        cmocka_unit_test(a_list_has_an_end),
        cmocka_unit_test(a_list_as_an_argument_takes_all_words_that_are_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
