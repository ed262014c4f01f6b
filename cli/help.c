/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/commands.h"
#include "cli/common.h"

static const char introduction[] =
    "relais : passage de relais entre opérateurs du conseil en évolution professionnelle\n";
static const char exits[] =
    "Codes de sortie : 0 réussite, 1 échec (ou réponse « non »), 2 ligne de commande fautive.\n";

/* Blanks up to `column`, counting characters, not bytes. */
static void pad(struct buffer *out, size_t line_start, size_t column)
{
    size_t width = 0;

    for (size_t i = line_start; i < out->len; i++)
        width += (out->data[i] & 0xC0) != 0x80;
    do
        buffer_append_byte(out, ' ');
    while (++width < column);
}

static void append_summary(struct buffer *out, const struct command *command)
{
    size_t start = out->len;

    buffer_printf(out, "  %s", command->name);
    pad(out, start, 23);
    buffer_printf(out, "%s\n", command->summary);
}

void help_overview(struct buffer *out)
{
    buffer_append_text(out, introduction);
    buffer_append_text(out, "\nUsage : relais COMMANDE [OPTIONS]\n\nCommandes\n");
    for (size_t i = 0; commands[i]; i++)
        append_summary(out, commands[i]);
    buffer_append_text(out, "\n`relais help COMMANDE` (ou `relais COMMANDE --help`) dit tout "
                            "d'une commande, `relais --version` la version.\n");
    buffer_append_text(out, exits);
}

bool help_group(const char *word, struct buffer *out)
{
    size_t len = strlen(word);
    bool found = false;

    for (size_t i = 0; commands[i]; i++) {
        if (strncmp(commands[i]->name, word, len) != 0 || commands[i]->name[len] != ' ')
            continue;
        append_summary(out, commands[i]);
        found = true;
    }
    return found;
}

static void append_usage(struct buffer *out, const struct command *command)
{
    const struct option *row;

    buffer_printf(out, "relais %s", command->name);
    for (row = command->options; row && row->name; row++)
        if (row->flags & OPTION_ARGUMENT)
            buffer_printf(out, row->flags & OPTION_REQUIRED ? " %s%s" : " [%s%s]", row->name,
                          row->type == OPTION_LIST ? "…" : "");
    for (row = command->options; row && row->name; row++)
        if (!(row->flags & OPTION_ARGUMENT) && row->flags & OPTION_REQUIRED)
            buffer_printf(out, " --%s %s", row->name, row->value);
    buffer_append_text(out, " [OPTIONS]\n");
}

/* Default, environment, choices and range, in brackets behind the sentence. */
static void append_facts(struct buffer *out, const struct option *row)
{
    const char *separator = " (";

    if (row->flags & OPTION_REQUIRED && !(row->flags & OPTION_ARGUMENT)) {
        buffer_printf(out, "%sobligatoire", separator);
        separator = " ; ";
    }
    if (row->fallback) {
        buffer_printf(out, "%spar défaut %s", separator, row->fallback);
        separator = " ; ";
    }
    if (row->env) {
        buffer_printf(out, "%svariable %s", separator, row->env);
        separator = " ; ";
    }
    if (row->choices) {
        buffer_printf(out, "%sun de", separator);
        for (const char *at = row->choices; *at != '\0';) {
            size_t len = strcspn(at, "|");

            buffer_printf(out, " %.*s", (int)len, at);
            at += len + (at[len] == '|');
        }
        separator = " ; ";
    }
    if (row->max != 0 && row->max != INT64_MAX) {
        buffer_printf(out, "%sde %lld à %lld", separator, (long long)row->min, (long long)row->max);
        separator = " ; ";
    }
    if (separator[1] != '(')
        buffer_append_byte(out, ')');
}

static void append_name(struct buffer *out, const struct option *row)
{
    if (row->flags & OPTION_ARGUMENT)
        buffer_append_text(out, row->name);
    else if (row->type == OPTION_FLAG)
        buffer_printf(out, "--%s", row->name);
    else
        buffer_printf(out, "--%s %s", row->name, row->value ? row->value : "VALEUR");
}

static void append_options(struct buffer *out, const struct option *options)
{
    for (const struct option *row = options; row && row->name; row++) {
        size_t start = out->len;

        buffer_append_text(out, "  ");
        append_name(out, row);
        pad(out, start, 29);
        buffer_append_text(out, row->help);
        append_facts(out, row);
        buffer_append_byte(out, '\n');
    }
}

void help_command(const struct command *command, struct buffer *out)
{
    struct option_set sets[COMMON_MOST];
    size_t count = common_sets(command->uses, NULL, sets);

    buffer_printf(out, "relais %s : %s\n\nUsage : ", command->name, command->summary);
    append_usage(out, command);
    if (command->description)
        buffer_printf(out, "\n%s\n", command->description);
    buffer_append_text(out, "\nOptions\n");
    append_options(out, command->options);
    for (size_t i = 0; i < count; i++)
        append_options(out, sets[i].options);
    if (command->examples)
        buffer_printf(out, "\nExemples\n%s\n", command->examples);
    buffer_printf(out, "\n%s", exits);
}

static void append_markdown_options(struct buffer *out, const struct option *options)
{
    for (const struct option *row = options; row && row->name; row++) {
        buffer_append_text(out, "| `");
        append_name(out, row);
        buffer_printf(out, "` | %s", row->help);
        append_facts(out, row);
        buffer_append_text(out, " |\n");
    }
}

void help_markdown(struct buffer *out)
{
    struct option_set sets[COMMON_MOST];
    size_t count = common_sets(CLI_KAFKA | CLI_CLOCK | CLI_JSON | CLI_REGISTRY, NULL, sets);

    buffer_append_text(out, "# Les commandes de `relais`\n\n"
                            "Cette page est écrite par `relais help --markdown` : ne pas la "
                            "modifier à la main.\n\n");
    buffer_printf(out, "%s\n", exits);
    for (size_t i = 0; commands[i]; i++) {
        const struct command *command = commands[i];

        buffer_printf(out, "## relais %s\n\n%s.\n\n```\n", command->name, command->summary);
        append_usage(out, command);
        buffer_append_text(out, "```\n\n");
        if (command->description)
            buffer_printf(out, "%s\n\n", command->description);
        if (command->options && command->options[0].name) {
            buffer_append_text(out, "| Option | Sens |\n|---|---|\n");
            append_markdown_options(out, command->options);
            buffer_append_byte(out, '\n');
        }
        if (command->examples)
            buffer_printf(out, "```\n%s\n```\n\n", command->examples);
    }
    buffer_append_text(out, "## Options communes\n\nChaque commande prend celles qui ont un sens "
                            "pour elle.\n\n| Option | Sens |\n|---|---|\n");
    for (size_t i = 0; i < count; i++)
        append_markdown_options(out, sets[i].options);
}
