/* SPDX-License-Identifier: Apache-2.0
 *
 * The mistakes that a beginner makes, each in a folder of tests/unit/mistakes:
 *     connector.yaml [, sample.json] → expected.txt    what `relais check` says, or, when it has
 *                                                      nothing to say, `relais map` of the sample
 * `test_mistakes --write` writes the texts anew, and the chapter of docs/mapping.md that tells
 * them: read the difference.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/samples.h"
#include "connectors/configuration.h"
#include "connectors/mapping/advice.h"
#include "tests/support/test.h"

#define FOLDER "tests/unit/mistakes"
#define PAGE "docs/mapping.md"
#define BEGIN "<!-- Erreurs : test_mistakes --write -->\n"
#define END "<!-- Fin des erreurs -->\n"

static bool writes;

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool exists(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file)
        (void)fclose(file);
    return file != NULL;
}

/* ---- What is said ----------------------------------------------------------------------- */

static void map_sample(const struct configuration *configuration, const char *folder,
                       struct diagnostics *diagnostics, struct buffer *out)
{
    CLEANUP(coverage_freep) struct coverage *coverage = coverage_new(configuration->mapping);
    CLEANUP(buffer_deinit) struct buffer shown = {0};
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct yaml_node *root = NULL;
    struct samples samples = {configuration->mapping, NULL, false, coverage, diagnostics, NULL};
    char path[512];

    arena_init(&arena);
    (void)snprintf(path, sizeof(path), "%s/connector.yaml", folder);
    assert_int_equal(yaml_read_file(path, &arena, diagnostics, &root, NULL), OUTCOME_OK);
    samples.root = root;
    (void)snprintf(path, sizeof(path), "%s/sample.json", folder);
    if (!exists(path))
        (void)snprintf(path, sizeof(path), "%s/sample.csv", folder);
    if (!exists(path))
        (void)snprintf(path, sizeof(path), "%s/sample.xml", folder);
    if (exists(path) && samples_try(&samples, path, &shown) == OUTCOME_OK) {
        coverage_find_misspelt(coverage, diagnostics);
        advice_give(coverage, diagnostics);
    }
    diagnostics_write(diagnostics, out);
    buffer_append_bytes(out, buffer_view(&shown));
}

/* Places without the folder's name. */
static void append_without(const char *folder, const char *text, struct buffer *out)
{
    size_t len = strlen(folder);

    for (const char *found = strstr(text, folder); found; found = strstr(text, folder)) {
        buffer_append(out, text, (size_t)(found - text));
        text = found + len + 1;
    }
    buffer_append_text(out, text);
}

static void tell(const char *folder, struct buffer *out)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(configuration_freep) struct configuration *configuration = NULL;
    CLEANUP(buffer_deinit) struct buffer said = {0};
    char path[512];
    struct error err;

    (void)snprintf(path, sizeof(path), "%s/connector.yaml", folder);
    if (configuration_read(path, NULL, true, diagnostics, &configuration, &err) == OUTCOME_OK)
        map_sample(configuration, folder, diagnostics, &said);
    else
        diagnostics_write(diagnostics, &said);
    append_without(folder, buffer_text(&said), out);
}

/* ---- Cases ------------------------------------------------------------------------------ */

static void write_text(const char *path, struct bytes text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static void run_case(const char *name)
{
    CLEANUP(buffer_deinit) struct buffer said = {0};
    CLEANUP(buffer_deinit) struct buffer expected = {0};
    char folder[256];
    char path[512];

    (void)snprintf(folder, sizeof(folder), "%s/%s", FOLDER, name);
    (void)snprintf(path, sizeof(path), "%s/expected.txt", folder);
    tell(folder, &said);
    if (writes) {
        write_text(path, buffer_view(&said));
        return;
    }
    if (file_read(path, 1 << 20, FILE_ANY, &expected, NULL) != OUTCOME_OK)
        fail_msg("%s is missing: write it with --write, and read it", path);
    if (strcmp(buffer_text(&expected), buffer_text(&said)) != 0)
        print_message("%s\n", path);
    assert_string_equal(buffer_text(&said), buffer_text(&expected));
}

static void each_case(void (*visit)(const char *name, void *context), void *context)
{
    struct dirent **names;
    int count = scandir(FOLDER, &names, is_shown, alphasort);

    assert_true(count > 20);
    for (int i = 0; i < count; i++) {
        visit(names[i]->d_name, context);
        free(names[i]);
    }
    free(names);
}

static void visit_case(const char *name, void *context)
{
    (void)context;
    run_case(name);
}

static void each_mistake_gets_the_sentence_that_ends_it(void **state)
{
    (void)state;
    each_case(visit_case, NULL);
}

/* A place with its line and carets, what is wrong, and what would be right. */
static void visit_form(const char *name, void *context)
{
    CLEANUP(buffer_deinit) struct buffer said = {0};
    char folder[256];

    (void)context;
    (void)snprintf(folder, sizeof(folder), "%s/%s", FOLDER, name);
    tell(folder, &said);
    if (strstr(name, "sans-faute") || strstr(name, "dossier") || strstr(name, "champ-inconnu"))
        return;
    if (!strstr(buffer_text(&said), ".yaml:") && !strstr(buffer_text(&said), ".json:") &&
        !strstr(buffer_text(&said), ".xml:"))
        fail_msg("%s: no place in\n%s", name, buffer_text(&said));
    if (!strstr(buffer_text(&said), "^\n") || !strstr(buffer_text(&said), "attendu : "))
        fail_msg("%s: no caret, or nothing expected, in\n%s", name, buffer_text(&said));
}

static void each_mistake_is_shown_where_it_stands_with_what_was_expected(void **state)
{
    (void)state;
    each_case(visit_form, NULL);
}

/* ---- The chapter of docs/mapping.md ------------------------------------------------------- */

/* One line of text as a table's cell, where a bar must be escaped. */
static void append_cell(const char *text, struct buffer *out)
{
    for (; *text != '\0' && *text != '\n'; text++) {
        if (*text == '|')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, (uint8_t)*text);
    }
}

/* What is wrong and what is expected, of the first mistake; what is said once is not said again. */
static void visit_chapter(const char *name, void *context)
{
    CLEANUP(buffer_deinit) struct buffer said = {0};
    CLEANUP(buffer_deinit) struct buffer row = {0};
    struct buffer *page = context;
    char folder[256];
    const char *what;
    const char *expected;

    (void)snprintf(folder, sizeof(folder), "%s/%s", FOLDER, name);
    tell(folder, &said);
    what = strstr(buffer_text(&said), ": ");
    expected = strstr(buffer_text(&said), "\nattendu : ");
    if (strncmp(buffer_text(&said), "  ", 2) == 0 || !what || !expected || what > expected)
        return;
    buffer_append_text(&row, "| ");
    append_cell(what + 2, &row);
    buffer_append_text(&row, " | ");
    append_cell(expected + strlen("\nattendu : "), &row);
    buffer_append_text(&row, " |\n");
    if (!strstr(buffer_text(page), buffer_text(&row)))
        buffer_append_bytes(page, buffer_view(&row));
}

static void read_page(struct buffer *page, size_t *ret_begin, size_t *ret_end)
{
    const char *begin;
    const char *end;

    assert_int_equal(file_read(PAGE, 1 << 20, FILE_ANY, page, NULL), OUTCOME_OK);
    begin = strstr(buffer_text(page), BEGIN);
    end = strstr(buffer_text(page), END);
    assert_true(begin && end && begin < end);
    *ret_begin = (size_t)(begin - buffer_text(page)) + strlen(BEGIN);
    *ret_end = (size_t)(end - buffer_text(page));
}

static void the_chapter_of_the_guide_says_the_same(void **state)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};
    CLEANUP(buffer_deinit) struct buffer now = {0};
    CLEANUP(buffer_deinit) struct buffer chapter = {0};
    size_t begin;
    size_t end;

    (void)state;
    read_page(&page, &begin, &end);
    buffer_append_text(&chapter, "\n| Ce que dit `relais` | Ce qui est attendu |\n|---|---|\n");
    each_case(visit_chapter, &chapter);
    buffer_append_text(&chapter, "\n");
    if (writes) {
        buffer_append(&now, page.data, begin);
        buffer_append_bytes(&now, buffer_view(&chapter));
        buffer_append(&now, page.data + end, page.len - end);
        write_text(PAGE, buffer_view(&now));
        return;
    }
    buffer_append(&now, page.data + begin, end - begin);
    assert_string_equal(buffer_text(&now), buffer_text(&chapter));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_gets_the_sentence_that_ends_it),
        cmocka_unit_test(each_mistake_is_shown_where_it_stands_with_what_was_expected),
        cmocka_unit_test(the_chapter_of_the_guide_says_the_same),
    };

    writes = argc > 1 && strcmp(argv[1], "--write") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
