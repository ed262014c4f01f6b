/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include "base/diagnostics.h"

const struct command *const commands[] = {
    /* prepare */
    &cmd_keys_create,
    &cmd_keys_person,
    &cmd_keys_show,
    &cmd_directory_check,
    &cmd_directory_diff,
    &cmd_directory_publish,
    &cmd_topics_plan,
    &cmd_topics_apply,
    &cmd_topics_check,
    &cmd_map,
    &cmd_test,
    &cmd_check,
    /* run */
    &cmd_broker,
    &cmd_connector,
    /* look */
    &cmd_status,
    &cmd_tail,
    &cmd_trace,
    &cmd_dlq_list,
    &cmd_dlq_show,
    &cmd_schemas,
    &cmd_schemas_check,
    &cmd_schemas_register,
    &cmd_codes,
    &cmd_rules,
    &cmd_help,
    NULL,
};

/* How many of the first words make up `name`; 0 when they do not. */
static size_t words_of(const char *name, char *const *words, size_t word_count)
{
    size_t taken = 0;

    while (taken < word_count) {
        size_t len = strlen(words[taken]);

        if (strncmp(name, words[taken], len) != 0 || len == 0)
            return 0;
        taken++;
        if (name[len] == '\0')
            return taken;
        if (name[len] != ' ')
            return 0;
        name += len + 1;
    }
    return 0;
}

const struct command *commands_find(char *const *words, size_t word_count, size_t *ret_words)
{
    const struct command *found = NULL;

    *ret_words = 0;
    for (size_t i = 0; commands[i]; i++) {
        size_t taken = words_of(commands[i]->name, words, word_count);

        if (taken <= *ret_words)
            continue;
        *ret_words = taken;
        found = commands[i];
    }
    return found;
}

const struct command *commands_named(const char *first, const char *second)
{
    size_t len = first ? strlen(first) : 0;

    for (size_t i = 0; first && commands[i]; i++) {
        const char *name = commands[i]->name;

        if (strncmp(name, first, len) != 0)
            continue;
        if (!second && name[len] == '\0')
            return commands[i];
        if (second && name[len] == ' ' && strcmp(name + len + 1, second) == 0)
            return commands[i];
    }
    return NULL;
}

const char *commands_nearest(const char *word)
{
    const char *names[128] = {NULL};

    for (size_t i = 0; commands[i] && i < 127; i++)
        names[i] = commands[i]->name;
    return diagnostics_nearest(bytes_of_text(word), names);
}
