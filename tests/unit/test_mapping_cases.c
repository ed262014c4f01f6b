/* SPDX-License-Identifier: Apache-2.0
 *
 * What the mapping language must be able to say, case by case: tests/unit/mapping_cases/NN-name.
 * Each folder holds
 *     connector.yaml, record*.json → expected.txt    what `relais map --explain` shows
 *                     record*.xml
 *     wrong*.yaml                  → wrong.txt       what `relais check` says to a mistake in it
 * `test_mapping_cases --write` writes both texts anew: read the difference.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/samples.h"
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define FOLDER "tests/unit/mapping_cases"
#define CASES 28 /* 26 numbered ones, what it never does, how it feels */

static bool writes;

/* ---- Folders -------------------------------------------------------------------------- */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool starts_and_ends(const char *name, const char *start, const char *end)
{
    size_t len = strlen(name);

    return strncmp(name, start, strlen(start)) == 0 && len >= strlen(end) &&
           strcmp(name + len - strlen(end), end) == 0;
}

/* Calls for each file of a case, in the order of their names. */
static void each_file(const char *folder, const char *start, const char *end, struct buffer *out,
                      void (*visit)(const char *folder, const char *name, struct buffer *out))
{
    struct dirent **names;
    int count = scandir(folder, &names, is_shown, alphasort);

    for (int i = 0; i < count; i++) {
        if (starts_and_ends(names[i]->d_name, start, end))
            visit(folder, names[i]->d_name, out);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

/* ---- One case ------------------------------------------------------------------------- */

static struct mapping *compile(const char *path, struct arena *arena,
                               struct diagnostics *diagnostics)
{
    struct mapping *mapping = NULL;
    struct yaml_node *root;

    if (yaml_read_file(path, arena, diagnostics, &root, NULL) == OUTCOME_OK)
        (void)!mapping_new(root, diagnostics, &mapping, NULL);
    return mapping;
}

static void explain(const char *folder, const char *name, struct buffer *out)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(mapping_freep) struct mapping *mapping = NULL;
    CLEANUP(buffer_deinit) struct buffer body = {0};
    struct mapping_input input = {.file = name};

    arena_init(&arena);
    mapping = compile(arena_printf(&arena, "%s/connector.yaml", folder), &arena, diagnostics);
    buffer_printf(out, "%s\n", name);
    if (!mapping) {
        diagnostics_write(diagnostics, out);
        return;
    }
    assert_int_equal(
        file_read(arena_printf(&arena, "%s/%s", folder, name), 1 << 20, FILE_ANY, &body, NULL),
        OUTCOME_OK);
    input.body = buffer_view(&body);
    assert_int_equal(mapping_explain(mapping, &input, true, NULL, out, NULL), OUTCOME_OK);
}

/* A file of elements, as the connector's source reads it. */
static void explain_elements(const char *folder, const char *name, struct buffer *out)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(mapping_freep) struct mapping *mapping = NULL;
    struct samples samples = {.sources = true, .diagnostics = diagnostics};
    struct yaml_node *root = NULL;
    const char *path = arena_printf(&arena, "%s/connector.yaml", folder);

    assert_int_equal(yaml_read_file(path, &arena, diagnostics, &root, NULL), OUTCOME_OK);
    buffer_printf(out, "%s\n", name);
    samples.root = root;
    if (mapping_new(root, diagnostics, &mapping, NULL) == OUTCOME_OK) {
        samples.mapping = mapping;
        (void)!samples_try(&samples, arena_printf(&arena, "%s/%s", folder, name), out);
    }
    diagnostics_write(diagnostics, out);
}

static void mistakes(const char *folder, const char *name, struct buffer *out)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(mapping_freep) struct mapping *mapping = NULL;

    arena_init(&arena);
    mapping = compile(arena_printf(&arena, "%s/%s", folder, name), &arena, diagnostics);
    if (mapping)
        buffer_append_text(out, "(no mistake)\n");
    diagnostics_write(diagnostics, out);
}

static void compare(const char *path, struct buffer *now)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};

    if (writes) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        (void)fwrite(now->data, 1, now->len, file);
        assert_int_equal(fclose(file), 0);
        return;
    }
    if (file_read(path, 1 << 20, FILE_ANY, &expected, NULL) != OUTCOME_OK)
        fail_msg("%s is missing: write it with --write, and read it", path);
    if (strcmp(buffer_text(&expected), buffer_text(now)) != 0)
        print_message("%s\n", path);
    assert_string_equal(buffer_text(now), buffer_text(&expected));
}

/* The folder's name stands at the head of each place: off with it. */
static void without_folder(const char *folder, struct buffer *text)
{
    CLEANUP(buffer_deinit) struct buffer kept = {0};
    size_t len = strlen(folder);
    const char *at = buffer_text(text);
    const char *found = strstr(at, folder);

    for (; found; found = strstr(at, folder)) {
        buffer_append(&kept, at, (size_t)(found - at));
        at = found + len + 1;
    }
    buffer_append_text(&kept, at);
    buffer_clear(text);
    buffer_append_bytes(text, buffer_view(&kept));
}

static void run_case(const char *folder)
{
    CLEANUP(buffer_deinit) struct buffer explained = {0};
    CLEANUP(buffer_deinit) struct buffer wrong = {0};
    CLEANUP(arena_deinit) struct arena arena = {0};

    arena_init(&arena);
    each_file(folder, "record", ".json", &explained, explain);
    each_file(folder, "record", ".xml", &explained, explain_elements);
    each_file(folder, "wrong", ".yaml", &wrong, mistakes);
    without_folder(folder, &explained);
    without_folder(folder, &wrong);
    assert_true(explained.len + wrong.len > 0);
    if (explained.len > 0)
        compare(arena_printf(&arena, "%s/expected.txt", folder), &explained);
    if (wrong.len > 0)
        compare(arena_printf(&arena, "%s/wrong.txt", folder), &wrong);
}

/* ---- All of them ---------------------------------------------------------------------- */

static void count_case(const char *folder, const char *name, struct buffer *out)
{
    (void)folder;
    buffer_printf(out, " %.3s", name);
}

static void every_case_can_be_said(void **state)
{
    struct dirent **names;
    int count = scandir(FOLDER, &names, is_shown, alphasort);
    CLEANUP(arena_deinit) struct arena arena = {0};

    (void)state;
    arena_init(&arena);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        run_case(arena_printf(&arena, "%s/%s", FOLDER, names[i]->d_name));
        free(names[i]);
    }
    free(names);
}

static void no_case_is_without_its_test(void **state)
{
    CLEANUP(buffer_deinit) struct buffer numbers = {0};

    (void)state;
    each_file(FOLDER, "", "", &numbers, count_case);
    for (int number = 1; number <= CASES; number++) {
        char word[16];

        (void)snprintf(word, sizeof(word), " %02d-", number);
        if (!strstr(buffer_text(&numbers), word))
            fail_msg("case %d has no folder in " FOLDER, number);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_can_be_said),
        cmocka_unit_test(no_case_is_without_its_test),
    };

    writes = argc > 1 && strcmp(argv[1], "--write") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
