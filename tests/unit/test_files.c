/* SPDX-License-Identifier: Apache-2.0
 *
 * Each test writes a folder of its own and reads it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "directory/dates.h"
#include "directory/files.h"

struct folder {
    char path[64];
    char files[8][128]; /* what was written, to be removed */
    size_t count;
};

static void put(struct folder *folder, const char *name, const char *text)
{
    char path[sizeof(folder->files[0])];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    memcpy(folder->files[folder->count++], path, sizeof(path));
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    static const char *const inside[] = {"operators", "keys"};
    struct folder *folder = xcalloc(1, sizeof(*folder));
    char path[100];

    snprintf(folder->path, sizeof(folder->path), "build/files-XXXXXX");
    if (!mkdtemp(folder->path))
        return -1;
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder->path, inside[i]);
        if (mkdir(path, 0700) != 0)
            return -1;
    }
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    char path[100];

    for (size_t i = 0; i < folder->count; i++)
        unlink(folder->files[i]);
    snprintf(path, sizeof(path), "%s/operators", folder->path);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/keys", folder->path);
    rmdir(path);
    rmdir(folder->path);
    free(folder);
    return 0;
}

#define O10 "operator: o10\nname: National\nnetwork: france_travail\nvalid_from: 2020-01-01\n"
#define O21                                                                                        \
    "operator: o21\nname: Groupement\nnetwork: regional\nregion: \"44\"\nvalid_from: 2024-01-02\n" \
    "members:\n  - code: meneur\n    name: Meneur\n    lead: true\n"                               \
    "sites:\n  - code: o21-metz\n    name: Metz\n    member: meneur\n    zone: Europe/Paris\n"
#define CONVENTIONS                                                                                \
    "conventions:\n  - from: o10\n    to: o21\n    both_ways: true\n    valid_from: 2024-01-02\n"
/* 32 bytes of 1 and of 2. */
#define KEY_1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define KEY_2 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="

static void put_good(struct folder *folder)
{
    put(folder, "operators/o10.yaml", O10);
    put(folder, "operators/o21.yaml", O21);
    put(folder, "conventions.yaml", CONVENTIONS);
}

/* Reads a folder that must be refused; the mistakes stand in `text`. */
static size_t read_bad(const struct folder *folder, struct buffer *text)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct directory *directory = NULL;
    struct error err;

    assert_int_equal(directory_read_files(folder->path, diagnostics, &directory, &err),
                     OUTCOME_REJECT);
    assert_null(directory);
    diagnostics_write(diagnostics, text);
    return diagnostics_count(diagnostics);
}

static void assert_says(struct buffer *text, const char *part)
{
    if (!strstr(buffer_text(text), part))
        fail_msg("\"%s\" is not in:\n%s", part, buffer_text(text));
}

static struct directory *read_good(const char *path)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct directory *directory = NULL;
    struct error err;

    if (directory_read_files(path, diagnostics, &directory, &err) != OUTCOME_OK) {
        diagnostics_write(diagnostics, &text);
        fail_msg("%s\n%s", err.text, buffer_text(&text));
    }
    return directory;
}

static int64_t day(const char *text)
{
    int64_t at = 0;

    assert_true(dates_parse(bytes_of_text(text), &at));
    return at;
}

static void a_good_folder_becomes_a_directory(void **state)
{
    struct folder *folder = *state;
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    const struct directory_operator *row;
    const struct directory_site *site;

    put_good(folder);
    put(folder, "keys/o21.yaml",
        "operator: o21\nkeys:\n  - seal_key: \"" KEY_1 "\"\n    signing_key: \"" KEY_2 "\"\n"
        "  - valid_from: 2025-01-01\n    seal_key: \"" KEY_2 "\"\n    signing_key: \"" KEY_1
        "\"\n");
    directory = read_good(folder->path);
    row = directory_operator(directory, BYTES_LITERAL("o21"), day("2024-06-01"));
    assert_true(row->has_keys);
    /* sha256 of 32 bytes of 1 begins so. */
    assert_string_equal(row->keys.seal_key_id, "72cd6e8422c407fb");
    row = directory_operator(directory, BYTES_LITERAL("o21"), day("2025-06-01"));
    assert_string_equal(row->keys.signing_key_id, "72cd6e8422c407fb");
    site = directory_site(directory, BYTES_LITERAL("o21-metz"), day("2024-06-01"));
    assert_string_equal(site->member, "meneur");
    assert_true(directory_may_refer(directory, BYTES_LITERAL("o21"), BYTES_LITERAL("o10"),
                                    day("2024-06-01")));
}

static void every_wrong_value_is_said_at_once_with_its_place(void **state)
{
    struct folder *folder = *state;
    CLEANUP(buffer_deinit) struct buffer text = {0};

    put(folder, "operators/o10.yaml", O10 "coulour: red\n");
    put(folder, "operators/o21.yaml",
        "operator: o21\nname: Groupement\nnetwork: regional\nregion: \"45\"\n"
        "valid_from: 2024-01-02\nvalid_to: 2024-01-02\nsites:\n"
        "  - code: o21-metz\n    name: Metz\n    siret: \"99900001100019\"\n"
        "    commune: \"5746\"\n    zone: Paris time\n    member: nobody\n    valid_from: soon\n");
    put(folder, "conventions.yaml",
        "conventions:\n  - from: o10\n    to: o22\n    valid_from: 2024-01-02\n"
        "  - from: o10\n    to: o10\n    valid_from: 2024-01-02\n");
    assert_int_equal(read_bad(folder, &text), 10);
    assert_says(&text, "/operators/o10.yaml:5:1: ");
    assert_says(&text, "/operators/o21.yaml:4:");
    assert_says(&text, "region « 45 » est impossible");
    assert_says(&text, "valid_to n'est pas après valid_from");
    assert_says(&text, "siret « 99900001100019 » est impossible");
    assert_says(&text, "commune « 5746 » est impossible");
    assert_says(&text, "zone « Paris time » est impossible");
    assert_says(&text, "membre inconnu « nobody »");
    assert_says(&text, "valid_from « soon » n'est pas une date");
    assert_says(&text,
                "/conventions.yaml:3:9: opérateur inconnu « o22 » ; vouliez-vous dire o21 ?");
    assert_says(&text, "une convention de o10 avec lui-même");
}

static void two_periods_of_one_thing_may_not_overlap(void **state)
{
    struct folder *folder = *state;
    CLEANUP(buffer_deinit) struct buffer text = {0};

    put(folder, "operators/o10.yaml",
        O10 "sites:\n  - code: o21-metz\n    name: Metz\n    zone: Europe/Paris\n");
    put(folder, "operators/o21.yaml", O21);
    put(folder, "conventions.yaml",
        CONVENTIONS "  - from: o21\n    to: o10\n    valid_from: 2026-01-01\n");
    assert_int_equal(read_bad(folder, &text), 2);
    assert_says(&text, "site o21-metz est déjà en vigueur ici");
    assert_says(&text, "convention o21>o10 est déjà en vigueur ici");
}

static void one_region_has_one_operator_unless_it_is_led(void **state)
{
    struct folder *folder = *state;
    CLEANUP(buffer_deinit) struct buffer text = {0};

    put_good(folder);
    put(folder, "operators/o22.yaml",
        "operator: o22\nname: Autre\nnetwork: regional\nregion: \"44\"\nvalid_from: 2025-01-01\n");
    assert_int_equal(read_bad(folder, &text), 1);
    assert_says(&text, "la région 44 est déjà à o21 alors");
    put(folder, "operators/o22.yaml",
        "operator: o22\nname: Autre\nnetwork: regional\nregion: \"44\"\nlead: o21\n"
        "valid_from: 2025-01-01\n");
    directory_unref(read_good(folder->path));
}

static void wrong_keys_are_refused(void **state)
{
    struct folder *folder = *state;
    CLEANUP(buffer_deinit) struct buffer text = {0};

    put_good(folder);
    put(folder, "keys/o10.yaml",
        "operator: o10\nkeys:\n  - seal_key: \"AQEB\"\n    signing_key: \"" KEY_1 "\"\n"
        "  - seal_key: \"" KEY_1 "\"\n    signing_key: \"" KEY_2 "\"\n");
    put(folder, "keys/o21.yaml",
        "operator: o21\nkeys:\n  - seal_key: \"" KEY_1 "\"\n    signing_key: \"" KEY_2 "\"\n");
    put(folder, "keys/o99.yaml", "operator: o99\nkeys: []\n");
    read_bad(folder, &text);
    assert_says(&text, "/keys/o10.yaml:3:");
    assert_says(&text, "seal_key ne tient pas 32 octets");
    assert_says(&text, "les clés ne sont pas dans l'ordre de leurs dates");
    assert_says(&text, "est déjà en vigueur ici"); /* one signing key of two operators */
}

static void a_file_that_is_no_yaml_is_said_with_the_rest(void **state)
{
    struct folder *folder = *state;
    CLEANUP(buffer_deinit) struct buffer text = {0};

    put(folder, "operators/o10.yaml", "operator: [o10\n");
    put(folder, "operators/o21.yaml", O21 "colour: red\n");
    put(folder, "conventions.yaml", CONVENTIONS);
    assert_int_equal(read_bad(folder, &text), 2);
    assert_says(&text, "/operators/o10.yaml:");
    assert_says(&text, "/operators/o21.yaml:15:1: ");
}

static void a_folder_without_operators_is_refused(void **state)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct folder *folder = *state;
    struct directory *directory = NULL;
    struct error err;

    assert_int_equal(directory_read_files(folder->path, diagnostics, &directory, &err),
                     OUTCOME_REJECT);
    assert_non_null(strstr(err.text, "aucun fichier d'opérateur"));
}

static void the_demonstration_lacks_one_convention_on_purpose(void **state)
{
    CLEANUP(directory_unrefp) struct directory *directory = read_good("demo/directory");
    static const char *const codes[] = {"o10", "o21", "o22"};
    int64_t then = day("2026-03-02");

    (void)state;
    assert_int_equal(directory_operator_count(directory), 3);
    for (size_t from = 0; from < 3; from++)
        for (size_t to = 0; to < 3; to++)
            assert_int_equal(directory_may_refer(directory, bytes_of_text(codes[from]),
                                                 bytes_of_text(codes[to]), then),
                             !(from == 2 && to == 1));
    assert_string_equal(directory_regional(directory, BYTES_LITERAL("44"), then)->code, "o21");
    assert_string_equal(directory_regional(directory, BYTES_LITERAL("11"), then)->code, "o22");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_good_folder_becomes_a_directory),
        IN_FOLDER(every_wrong_value_is_said_at_once_with_its_place),
        IN_FOLDER(two_periods_of_one_thing_may_not_overlap),
        IN_FOLDER(one_region_has_one_operator_unless_it_is_led),
        IN_FOLDER(wrong_keys_are_refused),
        IN_FOLDER(a_file_that_is_no_yaml_is_said_with_the_rest),
        IN_FOLDER(a_folder_without_operators_is_refused),
        cmocka_unit_test(the_demonstration_lacks_one_convention_on_purpose),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
