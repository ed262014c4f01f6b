/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/golden.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/yaml.h"
#include "cli/samples.h"
#include "cli/text_diff.h"
#include "connectors/mapping/advice.h"

#define MAX_BYTES ((size_t)8 * 1024 * 1024)
#define MOST_SAMPLES 10000

/* ---- Files ------------------------------------------------------------------------------ */

static const char *stem_end(const char *file)
{
    const char *dot = strrchr(file, '.');

    return dot ? dot : file + strlen(file);
}

static int is_sample(const struct dirent *file)
{
    const char *end = stem_end(file->d_name);

    return file->d_name[0] != '.' && (strcmp(end, ".json") == 0 || strcmp(end, ".jsonl") == 0 ||
                                      strcmp(end, ".csv") == 0 || strcmp(end, ".xml") == 0);
}

/* A file that somebody may take for a sample. */
static int is_ignored(const struct dirent *file)
{
    return file->d_name[0] != '.' && !is_sample(file);
}

static int is_golden(const struct dirent *file)
{
    return file->d_name[0] != '.' && strcmp(stem_end(file->d_name), ".txt") == 0;
}

/* Names of a folder, in order, in the arena, NULL at the end; a folder that is not there is empty.
 */
static const char **list(struct golden *golden, const char *folder,
                         int (*wanted)(const struct dirent *), size_t *ret_count)
{
    struct dirent **files = NULL;
    int count = scandir(arena_printf(&golden->arena, "%s/%s", golden->folder, folder), &files,
                        wanted, alphasort);
    const char **names;

    count = count > 0 ? count : 0;
    names = arena_array(&golden->arena, (size_t)count + 1, sizeof(*names));
    for (int i = 0; i < count; i++) {
        names[i] = arena_text(&golden->arena, bytes_of_text(files[i]->d_name));
        free(files[i]);
    }
    free(files);
    *ret_count = (size_t)count;
    return names;
}

static enum outcome write_file(const char *path, struct bytes text, struct error *err)
{
    FILE *file = fopen(path, "wbe");
    bool good = file && fwrite(text.data, 1, text.len, file) == text.len;
    char reason[ERROR_REASON_SIZE];
    int number = errno;

    if (file && fclose(file) != 0 && good) {
        good = false;
        number = errno;
    }
    return good ? OUTCOME_OK
                : error_set(err, OUTCOME_REJECT, "%s ne peut pas être écrit : %s", path,
                            error_reason(number, reason));
}

/* ---- One sample ------------------------------------------------------------------------- */

static const char *keep(struct golden *golden, const struct buffer *text)
{
    return text->len > 0 ? arena_text(&golden->arena, buffer_view(text)) : "";
}

static enum outcome write_golden(struct golden *golden, const char *path, bool existed,
                                 const struct buffer *found, struct golden_result *result,
                                 struct error *err)
{
    const char *folder = arena_printf(&golden->arena, "%s/golden", golden->folder);

    result->verdict = existed ? GOLDEN_REWRITTEN : GOLDEN_WRITTEN;
    (void)mkdir(folder, 0777); /* what is wrong with it, fopen() says */
    return write_file(path, buffer_view(found), err);
}

static enum outcome compare(struct golden *golden, const char *sample, struct buffer *found,
                            bool update, struct golden_result *result, struct error *err)
{
    const char *path =
        arena_printf(&golden->arena, "%s/golden/%s.txt", golden->folder, result->name);
    const char *old_name = arena_printf(&golden->arena, "golden/%s.txt", result->name);
    CLEANUP(buffer_deinit) struct buffer wanted = {0};
    CLEANUP(buffer_deinit) struct buffer diff = {0};
    struct error why;
    bool existed = file_read(path, MAX_BYTES, FILE_ANY, &wanted, &why) == OUTCOME_OK;

    if (existed && bytes_equal(buffer_view(&wanted), buffer_view(found))) {
        result->verdict = GOLDEN_PASSED;
        return OUTCOME_OK;
    }
    if (existed)
        text_diff_write(old_name, buffer_view(&wanted), sample, buffer_view(found), &diff);
    else if (!update)
        buffer_printf(&diff,
                      "il n'y a pas de %s/%s : lancez `relais test --update %s`, "
                      "puis relisez ce qu'il a écrit\n",
                      golden->folder, old_name, golden->folder);
    result->detail = keep(golden, &diff);
    if (update)
        return write_golden(golden, path, existed, found, result, err);
    result->verdict = existed ? GOLDEN_DIFFERS : GOLDEN_MISSING;
    return OUTCOME_OK;
}

/* Whether an earlier sample has that name too, and so the same golden file. */
static bool is_taken(const struct golden *golden, const char *name)
{
    for (size_t i = 0; i + 1 < golden->count; i++)
        if (strcmp(golden->results[i].name, name) == 0)
            return true;
    return false;
}

static enum outcome try_sample(struct golden *golden, const char *file, bool update,
                               struct golden_result *result, struct error *err)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer found = {0};
    CLEANUP(buffer_deinit) struct buffer mistakes = {0};
    const char *sample = arena_printf(&golden->arena, "samples/%s", file);
    const char *path = arena_printf(&golden->arena, "%s/%s", golden->folder, sample);
    const struct samples samples = {golden->mapping,  golden->root, false,
                                    golden->coverage, diagnostics,  NULL};

    result->detail = "";
    result->name = arena_text(&golden->arena, bytes_of(file, (size_t)(stem_end(file) - file)));
    if (is_taken(golden, result->name)) {
        result->verdict = GOLDEN_UNREADABLE;
        result->detail = arena_printf(&golden->arena,
                                      "un autre échantillon a déjà golden/%s.txt : donnez un autre "
                                      "nom à %s\n",
                                      result->name, sample);
        return OUTCOME_OK;
    }
    if (samples_try(&samples, path, &found) == OUTCOME_OK)
        return compare(golden, sample, &found, update, result, err);
    diagnostics_write(diagnostics, &mistakes);
    result->verdict = GOLDEN_UNREADABLE;
    result->detail = keep(golden, &mistakes);
    return OUTCOME_OK;
}

/* ---- All of them -------------------------------------------------------------------------- */

static void add_orphans(struct golden *golden, size_t samples)
{
    size_t count;
    const char **files = list(golden, "golden", is_golden, &count);

    for (size_t i = 0; i < count; i++) {
        struct bytes name = bytes_of(files[i], (size_t)(stem_end(files[i]) - files[i]));
        size_t j = 0;

        while (j < samples && !bytes_equal_text(name, golden->results[j].name))
            j++;
        if (j < samples)
            continue;
        golden->results = xrealloc(golden->results, (golden->count + 1) * sizeof(*golden->results));
        golden->results[golden->count++] = (struct golden_result){
            arena_text(&golden->arena, name), GOLDEN_ORPHAN,
            arena_printf(&golden->arena, "golden/%s n'a pas d'échantillon : effacez-le\n",
                         files[i])};
    }
}

static void compile(struct golden *golden)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer mistakes = {0};
    const char *path = arena_printf(&golden->arena, "%s/connector.yaml", golden->folder);
    struct yaml_node *root = NULL;
    struct error err;

    if (yaml_read_file(path, &golden->arena, diagnostics, &root, &err) == OUTCOME_OK &&
        mapping_new(root, diagnostics, &golden->mapping, &err) == OUTCOME_OK) {
        golden->root = root;
        golden->coverage = coverage_new(golden->mapping);
        return;
    }
    diagnostics_write(diagnostics, &mistakes);
    golden->mistakes = keep(golden, &mistakes);
    golden->failed = 1;
}

static void advise(struct golden *golden)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer file = {0};
    CLEANUP(buffer_deinit) struct buffer advice = {0};
    const char *path = arena_printf(&golden->arena, "%s/connector.yaml", golden->folder);

    if (file_read(path, MAX_BYTES, FILE_ANY, &file, NULL) == OUTCOME_OK)
        diagnostics_add_source(diagnostics, path, buffer_view(&file));
    advice_give(golden->coverage, diagnostics);
    diagnostics_write(diagnostics, &advice);
    if (advice.len > 0)
        golden->advice = keep(golden, &advice);
}

static enum outcome try_all(struct golden *golden, bool update, struct error *err)
{
    size_t count;
    const char **files = list(golden, "samples", is_sample, &count);
    enum outcome outcome = OUTCOME_OK;
    size_t ignored;

    golden->ignored = list(golden, "samples", is_ignored, &ignored);
    if (count == 0 || count > MOST_SAMPLES)
        return error_set(err, OUTCOME_REJECT,
                         "%s/samples : aucun échantillon (.json, .jsonl, .csv ou .xml) ; mettez-y "
                         "un enregistrement réel, sans vraie personne",
                         golden->folder);
    golden->results = xcalloc(count, sizeof(*golden->results));
    for (size_t i = 0; outcome == OUTCOME_OK && i < count; i++)
        outcome = try_sample(golden, files[i], update, &golden->results[golden->count++], err);
    if (outcome == OUTCOME_OK) {
        add_orphans(golden, count);
        advise(golden);
    }
    for (size_t i = 0; i < golden->count; i++)
        golden->failed += golden_is_failure(golden->results[i].verdict);
    return outcome;
}

enum outcome golden_run(struct golden *golden, const char *folder, bool update, struct error *err)
{
    struct stat about;
    size_t len = strlen(folder);

    arena_init(&golden->arena);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    golden->folder = arena_text(&golden->arena, bytes_of(folder, len));
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        return error_set(err, OUTCOME_REJECT,
                         "%s n'est pas un dossier ; donnez celui qui contient connector.yaml et "
                         "samples/",
                         folder);
    compile(golden);
    return golden->mistakes ? OUTCOME_OK : try_all(golden, update, err);
}

void golden_deinit(struct golden *golden)
{
    coverage_free(golden->coverage);
    mapping_free(golden->mapping);
    free(golden->results);
    arena_deinit(&golden->arena);
}

bool golden_is_failure(enum golden_verdict verdict)
{
    return verdict >= GOLDEN_DIFFERS;
}

const char *golden_verdict_name(enum golden_verdict verdict)
{
    static const char *const names[] = {
        [GOLDEN_PASSED] = "réussi",           [GOLDEN_WRITTEN] = "écrit",
        [GOLDEN_REWRITTEN] = "réécrit",       [GOLDEN_DIFFERS] = "DIFFÈRE",
        [GOLDEN_MISSING] = "À ÉCRIRE",        [GOLDEN_UNREADABLE] = "ILLISIBLE",
        [GOLDEN_ORPHAN] = "SANS ÉCHANTILLON",
    };

    return names[verdict];
}
