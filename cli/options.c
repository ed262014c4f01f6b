/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <stdlib.h>

#include "base/diagnostics.h"

struct parsing {
    const struct option_set *sets;
    size_t set_count;
    struct buffer *mistake;
};

/* Rows of all sets, one after the other; NULL behind the last. */
static const struct option *row_at(const struct parsing *parsing, size_t index, void **ret_settings)
{
    for (size_t set = 0; set < parsing->set_count; set++) {
        const struct option *options = parsing->sets[set].options;

        for (size_t i = 0; options[i].name; i++) {
            if (index-- > 0)
                continue;
            *ret_settings = parsing->sets[set].settings;
            return &options[i];
        }
    }
    return NULL;
}

static const struct option *find_named(const struct parsing *parsing, struct bytes name,
                                       void **ret_settings)
{
    const struct option *row;

    for (size_t i = 0; (row = row_at(parsing, i, ret_settings)); i++)
        if (!(row->flags & OPTION_ARGUMENT) && bytes_equal_text(name, row->name))
            return row;
    return NULL;
}

static const struct option *find_argument(const struct parsing *parsing, size_t index,
                                          void **ret_settings)
{
    const struct option *row;

    for (size_t i = 0; (row = row_at(parsing, i, ret_settings)); i++)
        if (row->flags & OPTION_ARGUMENT && (row->type == OPTION_LIST || index-- == 0))
            return row;
    return NULL;
}

/* "option --count" or "argument TOPIC": how a sentence names a row. */
static void append_row(struct buffer *out, const struct option *row)
{
    buffer_printf(out, row->flags & OPTION_ARGUMENT ? "argument %s" : "option --%s", row->name);
}

static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);

    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool set_number(const struct parsing *parsing, const struct option *row, const char *text,
                       int64_t *ret_number)
{
    bool bounded = row->min != 0 || row->max != 0;

    if (bytes_to_int64(bytes_of_text(text), ret_number) &&
        (!bounded || (*ret_number >= row->min && *ret_number <= row->max)))
        return true;
    append_row(parsing->mistake, row);
    buffer_printf(parsing->mistake, " : « %s » n'est pas un nombre entier", text);
    if (bounded && row->max != INT64_MAX)
        buffer_printf(parsing->mistake, " entre %lld et %lld", (long long)row->min,
                      (long long)row->max);
    else if (bounded)
        buffer_printf(parsing->mistake, " d'au moins %lld", (long long)row->min);
    return false;
}

static bool set_value(const struct parsing *parsing, const struct option *row, void *settings,
                      const char *text)
{
    void *member = (uint8_t *)settings + row->offset;
    struct option_list *list = member;

    /* The text is not shown: a setting of librdkafka may be a password. */
    if (row->flags & OPTION_PAIR && text && (text[0] == '=' || !strchr(text, '='))) {
        append_row(parsing->mistake, row);
        buffer_append_text(parsing->mistake, " : il faut NOM=VALEUR");
        return false;
    }
    if (row->choices && text && !is_choice(row->choices, text)) {
        append_row(parsing->mistake, row);
        buffer_printf(parsing->mistake, " : « %s » n'est pas parmi %s", text, row->choices);
        return false;
    }
    if (row->type == OPTION_INT64)
        return set_number(parsing, row, text, member);
    if (row->type == OPTION_FLAG) {
        *(bool *)member = true;
        return true;
    }
    if (row->flags & OPTION_REQUIRED && text && text[0] == '\0') {
        append_row(parsing->mistake, row);
        buffer_append_text(parsing->mistake, " : ne peut pas être vide");
        return false;
    }
    if (row->type == OPTION_TEXT) {
        *(const char **)member = text;
        return true;
    }
    if (list->count == OPTION_LIST_MOST) {
        append_row(parsing->mistake, row);
        buffer_printf(parsing->mistake, " : plus de %d fois", OPTION_LIST_MOST);
        return false;
    }
    list->items[list->count++] = text;
    return true;
}

static bool refuse_unknown(const struct parsing *parsing, const char *dashes, struct bytes name)
{
    const char *names[128] = {NULL};
    const struct option *row;
    const char *nearest;
    void *settings;
    size_t count = 0;

    for (size_t i = 0; (row = row_at(parsing, i, &settings)) && count < 127; i++)
        if (!(row->flags & OPTION_ARGUMENT))
            names[count++] = row->name;
    nearest = diagnostics_nearest(name, names);
    buffer_printf(parsing->mistake, "option %s%.*s inconnue", dashes, BYTES_ARG(name));
    if (nearest)
        buffer_printf(parsing->mistake, " ; peut-être --%s ?", nearest);
    return false;
}

/* Takes one "--name", "--name=value" or "--name value"; returns the number of words, 0 for
 * a mistake. */
static size_t take_named(const struct parsing *parsing, char *const *words, size_t word_count)
{
    const char *word = words[0] + 2;
    const char *equals = strchr(word, '=');
    struct bytes name = bytes_of(word, equals ? (size_t)(equals - word) : strlen(word));
    void *settings = NULL;
    const struct option *row = find_named(parsing, name, &settings);

    if (!row)
        return refuse_unknown(parsing, "--", name);
    if (row->type == OPTION_FLAG && equals) {
        buffer_printf(parsing->mistake, "option --%s : ne prend pas de valeur", row->name);
        return 0;
    }
    if (row->type == OPTION_FLAG || equals)
        return set_value(parsing, row, settings, equals ? equals + 1 : NULL) ? 1 : 0;
    if (word_count < 2) {
        buffer_printf(parsing->mistake, "option --%s : il manque %s", row->name,
                      row->value ? row->value : "sa valeur");
        return 0;
    }
    return set_value(parsing, row, settings, words[1]) ? 2 : 0;
}

/* "-h" is all there is of one dash. */
static size_t take_short(const struct parsing *parsing, const char *word)
{
    void *settings = NULL;
    const struct option *row =
        strcmp(word, "-h") == 0 ? find_named(parsing, BYTES_LITERAL("help"), &settings) : NULL;

    return row ? set_value(parsing, row, settings, NULL)
               : refuse_unknown(parsing, "-", bytes_of_text(word + 1));
}

static size_t take_argument(const struct parsing *parsing, const char *word, size_t index)
{
    void *settings = NULL;
    const struct option *row = find_argument(parsing, index, &settings);

    if (row)
        return set_value(parsing, row, settings, word) ? 1 : 0;
    buffer_printf(parsing->mistake, "« %s » est de trop", word);
    return 0;
}

static bool take_words(const struct parsing *parsing, char *const *words, size_t word_count)
{
    size_t arguments = 0;
    bool only_arguments = false;
    size_t taken;

    for (size_t i = 0; i < word_count; i += taken) {
        const char *word = words[i];

        taken = 1;
        if (only_arguments || word[0] != '-' || word[1] == '\0')
            taken = take_argument(parsing, word, arguments++);
        else if (word[1] != '-')
            taken = take_short(parsing, word);
        else if (word[2] != '\0')
            taken = take_named(parsing, words + i, word_count - i);
        else
            only_arguments = true;
        if (taken == 0)
            return false;
    }
    return true;
}

static bool is_set(const struct option *row, const void *settings)
{
    const void *member = (const uint8_t *)settings + row->offset;

    if (row->type == OPTION_TEXT)
        return *(const char *const *)member != NULL;
    if (row->type == OPTION_LIST)
        return ((const struct option_list *)member)->count > 0;
    return row->type == OPTION_FLAG && *(const bool *)member;
}

/* Environment, then default, for what the words did not say. Numbers have no "not said" in
 * their member: they take theirs before the words are read. */
static bool take_defaults(const struct parsing *parsing, bool numbers)
{
    const struct option *row;
    void *settings;

    for (size_t i = 0; (row = row_at(parsing, i, &settings)); i++) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread; nobody calls setenv() */
        const char *text = row->env ? getenv(row->env) : NULL;

        if ((row->type == OPTION_INT64) != numbers || is_set(row, settings))
            continue;
        if (!text || text[0] == '\0')
            text = row->fallback;
        if (!text || set_value(parsing, row, settings, text))
            continue;
        if (text != row->fallback)
            buffer_printf(parsing->mistake, " (variable %s)", row->env);
        return false;
    }
    return true;
}

static bool check_required(const struct parsing *parsing)
{
    const struct option *row;
    void *settings;

    for (size_t i = 0; (row = row_at(parsing, i, &settings)); i++) {
        if (!(row->flags & OPTION_REQUIRED) || is_set(row, settings))
            continue;
        buffer_append_text(parsing->mistake, "il manque l'");
        append_row(parsing->mistake, row);
        if (row->env)
            buffer_printf(parsing->mistake, " (ou la variable %s)", row->env);
        return false;
    }
    return true;
}

bool options_parse(const struct option_set *sets, size_t set_count, char *const *words,
                   size_t word_count, struct buffer *mistake)
{
    const struct parsing parsing = {sets, set_count, mistake};

    return take_defaults(&parsing, true) && take_words(&parsing, words, word_count) &&
           take_defaults(&parsing, false) && check_required(&parsing);
}
