/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration files, and a configuration table over what was read. Every mistake has a
 * place in the file, and all of them can be shown.
 */
#include "base/config.h"
#include "tests/fuzz/fuzz.h"

struct settings {
    bool on;
    int64_t number;
    const char *text;
    const char *choice;
    const char *secret_file;
    struct yaml_node *node;
};

static const struct config_field fields[] = {
    CONFIG_FIELD(struct settings, on, .key = "on", .fallback = "false", .help = "A switch."),
    CONFIG_FIELD(struct settings, number, .key = "number", .fallback = "7", .min = 1, .max = 100,
                 .help = "A number."),
    CONFIG_FIELD(struct settings, text, .key = "text", .flags = CONFIG_REQUIRED, .help = "A text."),
    CONFIG_FIELD(struct settings, choice, .key = "choice", .choices = "one|other",
                 .help = "A choice."),
    CONFIG_FIELD(struct settings, secret_file, .key = "secret_file", .flags = CONFIG_SECRET,
                 .help = "A secret's file."),
    CONFIG_FIELD(struct settings, node, .key = "node", .help = "Anything."),
    CONFIG_END,
};

static void check_tree(const struct yaml_node *node, int depth)
{
    FUZZ_CHECK(depth <= 64);
    FUZZ_CHECK(node->place.line >= 1 && node->place.column >= 1 && node->place.width >= 1);
    if (node->kind == YAML_SCALAR) {
        FUZZ_CHECK(node->text.data && node->text.data[node->text.len] == '\0');
        FUZZ_CHECK(bytes_is_utf8(node->text));
        FUZZ_CHECK(strlen((const char *)node->text.data) == node->text.len);
    }
    for (size_t i = 0; i < node->count; i++) {
        check_tree(node->items[i], depth + 1);
        if (node->kind == YAML_MAPPING) {
            FUZZ_CHECK(node->keys[i]->kind == YAML_SCALAR);
            check_tree(node->keys[i], depth + 1);
        }
    }
}

static void show(const struct diagnostics *diagnostics)
{
    struct buffer text = {0};

    diagnostics_write(diagnostics, &text);
    FUZZ_CHECK((text.len > 0) == (diagnostics_count(diagnostics) > 0));
    buffer_clear(&text);
    diagnostics_first(diagnostics, &text);
    buffer_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct settings settings = {0};
    struct yaml_node *root = NULL;
    struct arena arena = {0};
    struct error err;

    if (yaml_read("f.yaml", bytes_of(data, size), &arena, diagnostics, &root, &err) == OUTCOME_OK) {
        check_tree(root, 1);
        (void)yaml_get(root, "text");
        if (config_read(fields, root, &settings, diagnostics, &err) != OUTCOME_OK)
            FUZZ_CHECK(diagnostics_count(diagnostics) > 0);
    } else {
        FUZZ_CHECK(diagnostics_count(diagnostics) > 0);
    }
    show(diagnostics);
    arena_deinit(&arena);
    return 0;
}
