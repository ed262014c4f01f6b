/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"

struct settings {
    bool strict;
    int64_t timeout_ms;
    const char *url;
    const char *format;
    const char *secret_file;
    struct yaml_node *verify;
};

static const struct config_field fields[] = {
    CONFIG_FIELD(struct settings, strict, .key = "strict", .fallback = "true",
                 .help = "Refuse what is unknown."),
    CONFIG_FIELD(struct settings, timeout_ms, .key = "timeout_ms", .fallback = "10000", .min = 100,
                 .max = 120000, .help = "Whole request, in milliseconds."),
    CONFIG_FIELD(struct settings, url, .key = "url", .flags = CONFIG_REQUIRED,
                 .help = "Where batches are posted."),
    CONFIG_FIELD(struct settings, format, .key = "format", .choices = "json|csv|xml",
                 .fallback = "json", .help = "How a record is written: json | csv | xml."),
    CONFIG_FIELD(struct settings, secret_file, .key = "secret_file", .flags = CONFIG_SECRET,
                 .help = "The key of the signature."),
    CONFIG_FIELD(struct settings, verify, .key = "verify", .help = "How a caller is known."),
    CONFIG_END,
};

struct reading {
    struct arena arena;
    struct diagnostics *diagnostics;
    struct settings settings;
    struct error err;
    enum outcome outcome;
};

static void read_text(struct reading *reading, const char *text)
{
    struct yaml_node *root = NULL;

    *reading = (struct reading){.diagnostics = diagnostics_new()};
    assert_int_equal(yaml_read("c.yaml", bytes_of_text(text), &reading->arena, reading->diagnostics,
                               &root, &reading->err),
                     OUTCOME_OK);
    reading->outcome =
        config_read(fields, root, &reading->settings, reading->diagnostics, &reading->err);
}

static void reading_end(struct reading *reading)
{
    diagnostics_free(reading->diagnostics);
    arena_deinit(&reading->arena);
}

static void what_is_not_said_takes_its_default(void **state)
{
    struct reading reading;

    (void)state;
    read_text(&reading, "url: https://example.test/rdv\n");
    assert_int_equal(reading.outcome, OUTCOME_OK);
    assert_true(reading.settings.strict);
    assert_true(reading.settings.timeout_ms == 10000);
    assert_string_equal(reading.settings.format, "json");
    assert_null(reading.settings.secret_file);
    assert_null(reading.settings.verify);
    reading_end(&reading);
}

static void what_is_said_is_taken(void **state)
{
    struct reading reading;

    (void)state;
    read_text(&reading, "strict: false\ntimeout_ms: 250\nurl: x\nformat: csv\n"
                        "secret_file: run/key\nverify: {header: X-Sign}\n");
    assert_int_equal(reading.outcome, OUTCOME_OK);
    assert_false(reading.settings.strict);
    assert_true(reading.settings.timeout_ms == 250);
    assert_string_equal(reading.settings.url, "x");
    assert_string_equal(reading.settings.format, "csv");
    assert_bytes_text(yaml_get(reading.settings.verify, "header")->text, "X-Sign");
    reading_end(&reading);
}

static void every_mistake_is_told_at_once(void **state)
{
    struct reading reading;
    struct buffer out = {0};

    (void)state;
    read_text(&reading, "strict: yes\ntimeout_ms: 99\nformat: yaml\nurll: x\nsecret_file: [a]\n");
    assert_int_equal(reading.outcome, OUTCOME_REJECT);
    assert_int_equal(diagnostics_count(reading.diagnostics), 6);
    diagnostics_write(reading.diagnostics, &out);
    assert_string_equal(
        buffer_text(&out),
        "c.yaml:1:1: il manque la clé « url » : Where batches are posted.\n"
        "   1 | strict: yes\n"
        "     | ^\n"
        "c.yaml:1:9: valeur impossible pour « strict »\n"
        "   1 | strict: yes\n"
        "     |         ^^^\n"
        "attendu : true ou false\n"
        "c.yaml:2:13: valeur impossible pour « timeout_ms »\n"
        "   2 | timeout_ms: 99\n"
        "     |             ^^\n"
        "attendu : un nombre entier de 100 à 120000\n"
        "c.yaml:3:9: valeur impossible pour « format »\n"
        "   3 | format: yaml\n"
        "     |         ^^^^\n"
        "attendu : json, csv ou xml\n"
        "c.yaml:4:1: clé inconnue « urll »\n"
        "   4 | urll: x\n"
        "     | ^^^^\n"
        "attendu : url, ou l'une de strict, timeout_ms, url, format, secret_file, verify\n"
        "c.yaml:5:14: une liste pour « secret_file »\n"
        "   5 | secret_file: [a]\n"
        "     |              ^\n"
        "attendu : le chemin d'un fichier\n");
    assert_string_equal(reading.err.text,
                        "c.yaml:1:1: il manque la clé « url » : Where batches are posted.");
    buffer_deinit(&out);
    reading_end(&reading);
}

static void a_missing_part_is_read_as_an_empty_one(void **state)
{
    struct reading reading;

    (void)state;
    read_text(&reading, "");
    assert_string_equal(reading.err.text,
                        "c.yaml:1:1: il manque la clé « url » : Where batches are posted.");
    assert_int_equal(config_read(fields, NULL, &reading.settings, reading.diagnostics, NULL),
                     OUTCOME_REJECT);
    reading_end(&reading);
    read_text(&reading, "- a\n");
    assert_string_equal(
        reading.err.text,
        "c.yaml:1:1: une liste au lieu de clés ; attendu : des lignes « clé: valeur »");
    reading_end(&reading);
}

static void the_reference_has_a_row_a_key(void **state)
{
    struct buffer out = {0};

    (void)state;
    config_document(fields, &out);
    assert_string_equal(
        buffer_text(&out),
        "| Clé | Type | D'office | Valeurs | Sens |\n"
        "|---|---|---|---|---|\n"
        "| `strict` | vrai ou faux | `true` | true ou false | Refuse what is unknown. |\n"
        "| `timeout_ms` | nombre | `10000` | un nombre entier de 100 à 120000 | Whole request, in "
        "milliseconds. |\n"
        "| `url` | texte | obligatoire |  | Where batches are posted. |\n"
        "| `format` | texte | `json` | json, csv ou xml | How a record is written: json \\| csv "
        "\\| xml. |\n"
        "| `secret_file` | fichier d'un secret |  |  | The key of the signature. |\n"
        "| `verify` | partie |  |  | How a caller is known. |\n");
    buffer_deinit(&out);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void a_secret_comes_only_from_a_private_file(void **state)
{
    char path[] = "build/secret-XXXXXX";
    struct buffer out = {0};
    struct error err = {0};
    int file = mkstemp(path);

    (void)state;
    assert_true(file >= 0);
    (void)close(file);
    write_file(path, "s3cret\n", 0600);
    assert_int_equal(config_read_secret(path, &out, &err), OUTCOME_OK);
    assert_bytes_text(buffer_view(&out), "s3cret");
    buffer_clear(&out);
    write_file(path, "s3cret\n", 0640);
    assert_int_equal(config_read_secret(path, &out, &err), OUTCOME_FATAL);
    assert_int_equal(err.outcome, OUTCOME_FATAL);
    assert_non_null(strstr(err.text, "peut être lu par d'autres"));
    write_file(path, "\n", 0600);
    assert_int_equal(config_read_secret(path, &out, &err), OUTCOME_FATAL);
    assert_int_equal(remove(path), 0);
    assert_int_equal(config_read_secret(path, &out, &err), OUTCOME_FATAL);
    assert_int_equal(out.len, 0);
    buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_takes_its_default),
        cmocka_unit_test(what_is_said_is_taken),
        cmocka_unit_test(every_mistake_is_told_at_once),
        cmocka_unit_test(a_missing_part_is_read_as_an_empty_one),
        cmocka_unit_test(the_reference_has_a_row_a_key),
        cmocka_unit_test(a_secret_comes_only_from_a_private_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
