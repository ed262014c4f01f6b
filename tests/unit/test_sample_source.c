/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sample_source.h"

#include "base/arena.h"
#include "tests/support/test.h"

struct finding {
    struct arena arena;
    struct diagnostics *diagnostics;
    enum outcome outcome;
    struct sample_source source;
    struct error err;
};

static void find(struct finding *f, const char *yaml, const char *path, const char *wanted)
{
    struct yaml_node *root = NULL;

    *f = (struct finding){.diagnostics = diagnostics_new()};
    arena_init(&f->arena);
    assert_int_equal(
        yaml_read("c.yaml", bytes_of_text(yaml), &f->arena, f->diagnostics, &root, NULL),
        OUTCOME_OK);
    f->outcome = sample_source_find(root, path, wanted, &f->source, &f->err);
}

static void end(struct finding *f)
{
    diagnostics_free(f->diagnostics);
    arena_deinit(&f->arena);
}

/* `pattern`: of the source that reads it; NULL: none does, and the error has `file`. */
static void assert_found(const char *yaml, const char *path, const char *wanted,
                         const char *pattern, const char *file)
{
    struct finding f;
    const struct yaml_node *said;

    find(&f, yaml, path, wanted);
    if (!pattern) {
        assert_int_equal(f.outcome, OUTCOME_REJECT);
        if (!strstr(f.err.text, file))
            fail_msg("%s: %s", path, f.err.text);
        end(&f);
        return;
    }
    if (f.outcome != OUTCOME_OK)
        fail_msg("%s: %s", path, f.err.text);
    said = yaml_get(f.source.node, "pattern");
    assert_non_null(said);
    assert_bytes_text(said->text, pattern);
    assert_string_equal(f.source.file, file);
    end(&f);
}

static const char several[] = "source:\n"
                              "  - { type: webhook, path: /rdv }\n"
                              "  - { type: folder, pattern: 'rdv*.csv' }\n"
                              "  - { type: folder, pattern: '*.csv', format: csv }\n"
                              "  - { type: folder, pattern: '*.xml', format: xml }\n";

static void the_pattern_that_takes_the_name_reads_the_sample(void **state)
{
    (void)state;
    assert_found("source: { type: folder, pattern: 'x*.csv' }\n", "d/rdv.csv", NULL, "x*.csv",
                 "rdv.csv"); /* the only one reads it, whatever its pattern */
    assert_found(several, "samples/export.csv", NULL, "*.csv", "export.csv");
    assert_found(several, "samples/export.xml", NULL, "*.xml", "export.xml");
    assert_found(several, "rdv.csv", NULL, NULL, "plusieurs sources prennent ce nom");
}

static void a_source_is_asked_for_by_name_or_number(void **state)
{
    (void)state;
    assert_found(several, "rdv.csv", "folder-2", "rdv*.csv", "rdv.csv");
    assert_found(several, "rdv.csv", "3", "*.csv", "rdv.csv");
    assert_found(several, "rdv.csv", "webhook-1", NULL, "« webhook-1 » ne lit de fichiers");
    assert_found(several, "rdv.csv", "folder-9", NULL, "folder-2 (csv, pattern rdv*.csv)");
    assert_found(several, "rdv.csv", "0", NULL, "« 0 »");
}

static void the_name_in_front_of_a_sample_is_not_its_own(void **state)
{
    (void)state;
    assert_found(several, "d/folder-2.rdv.csv", NULL, "rdv*.csv", "rdv.csv");
    assert_found(several, "d/folder-3.rdv.csv", NULL, "*.csv", "rdv.csv");
    assert_found(several, "folder-2.csv", NULL, "*.csv", "folder-2.csv"); /* its own */
    assert_found(several, "folder-9.rdv.csv", NULL, "*.csv", "folder-9.rdv.csv");
}

/* Seen: what stood behind it was taken for the sample's name, and another pattern for its own. */
static void a_name_in_front_of_a_source_that_reads_no_files_stays(void **state)
{
    (void)state;
    assert_found(several, "d/webhook-1.rdv.csv", NULL, "*.csv", "webhook-1.rdv.csv");
}

static void a_document_is_that_of_a_webhook_of_xml(void **state)
{
    struct finding f;

    (void)state;
    find(&f, "source: { type: webhook, format: xml }\n", "rdv.xml", NULL);
    assert_int_equal(f.outcome, OUTCOME_OK);
    assert_true(f.source.is_document);
    end(&f);
    find(&f, "source: { type: folder, format: xml }\n", "rdv.xml", NULL);
    assert_int_equal(f.outcome, OUTCOME_OK);
    assert_false(f.source.is_document);
    end(&f);
}

static void what_no_source_reads_is_said(void **state)
{
    (void)state;
    assert_found("source: { type: webhook, path: /x }\n", "rdv.csv", NULL, NULL,
                 "aucune source de type folder");
    assert_found("source: { type: folder, format: xml }\n", "rdv.csv", NULL, NULL,
                 "toutes lisent du XML");
    assert_found("source: { type: folder }\n", "rdv.xml", NULL, NULL, "ne lit de XML");
    assert_found("operator: o21\n", "rdv.csv", NULL, NULL, "aucune source de type folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pattern_that_takes_the_name_reads_the_sample),
        cmocka_unit_test(a_source_is_asked_for_by_name_or_number),
        cmocka_unit_test(the_name_in_front_of_a_sample_is_not_its_own),
        cmocka_unit_test(a_name_in_front_of_a_source_that_reads_no_files_stays),
        cmocka_unit_test(a_document_is_that_of_a_webhook_of_xml),
        cmocka_unit_test(what_no_source_reads_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
