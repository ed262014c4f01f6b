/* SPDX-License-Identifier: Apache-2.0
 *
 * relais test: the samples of connectors against their golden files, and what they leave out.
 */
#include <errno.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/golden.h"
#include "cli/junit.h"

struct settings {
    struct option_list folders;
    bool update;
    const char *junit;
    int64_t min_coverage;
    bool quiet;
};

static const struct option options[] = {
    OPTION(struct settings, folders, .name = "DOSSIER", .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Dossier d'un connecteur : connector.yaml, samples/ et golden/ ; plusieurs "
                   "dossiers si l'on veut."),
    OPTION(struct settings, update, .name = "update",
           .help = "Écrit les résultats manquants ou changés dans golden/, en montrant ce qui "
                   "change : à relire."),
    OPTION(struct settings, junit, .name = "junit", .value = "FICHIER",
           .help = "Écrit aussi les résultats en XML (JUnit), pour l'intégration continue."),
    OPTION(struct settings, min_coverage, .name = "min-coverage", .value = "N", .fallback = "0",
           .min = 0, .max = 100,
           .help = "Échoue si les échantillons d'un connecteur en exercent moins, en pour cent."),
    OPTION(struct settings, quiet, .name = "quiet",
           .help = "Ne montre que ce qui a échoué, et la couverture en une ligne."),
    OPTION_END,
};

struct totals {
    size_t samples;
    size_t failed;
};

/* Detail lines stand under their sample. */
static void append_indented(struct buffer *out, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        buffer_append_text(out, "      ");
        buffer_append(out, text, len);
        buffer_append_byte(out, '\n');
        text += len + (text[len] == '\n');
    }
}

static void show_results(const struct golden *golden, bool quiet, struct buffer *out)
{
    for (size_t i = 0; i < golden->count; i++) {
        const struct golden_result *result = &golden->results[i];

        if (quiet && result->verdict == GOLDEN_PASSED)
            continue;
        buffer_printf(out, "  %-16s  %s\n", golden_verdict_name(result->verdict), result->name);
        append_indented(out, result->detail);
    }
    for (size_t i = 0; !quiet && golden->ignored && golden->ignored[i]; i++)
        buffer_printf(out, "  ignoré            %s : ni .json, ni .jsonl, ni .csv, ni .xml\n",
                      golden->ignored[i]);
}

static void show_coverage(const struct golden *golden, bool quiet, struct buffer *out)
{
    CLEANUP(buffer_deinit) struct buffer report = {0};
    const char *text;

    coverage_write(golden->coverage, &report);
    text = buffer_text(&report);
    buffer_append(out, text, quiet ? strcspn(text, "\n") + 1 : report.len);
}

/* Runs one folder and shows it. */
static enum outcome run_folder(const struct settings *settings, const char *folder,
                               struct buffer *junit, struct totals *totals, struct error *err)
{
    CLEANUP(golden_deinit) struct golden golden = {.folder = folder};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    enum outcome outcome = golden_run(&golden, folder, settings->update, err);
    bool below = false;

    if (outcome != OUTCOME_OK)
        return outcome;
    buffer_printf(&out, "%s\n", golden.folder);
    if (golden.mistakes)
        append_indented(&out, golden.mistakes);
    show_results(&golden, settings->quiet, &out);
    if (golden.coverage) {
        below = coverage_percent(golden.coverage) < settings->min_coverage;
        show_coverage(&golden, settings->quiet && !below, &out);
    }
    if (golden.advice && !settings->quiet)
        append_indented(&out, golden.advice);
    if (below)
        buffer_printf(&out, "  ÉCHEC : moins de %d %% exercés\n", (int)settings->min_coverage);
    junit_suite(&golden, below, junit);
    totals->samples += golden.count;
    totals->failed += golden.failed + below;
    (void)cli_write(&out);
    return OUTCOME_OK;
}

static enum outcome write_junit(const char *path, const struct buffer *junit, struct error *err)
{
    FILE *file = fopen(path, "wbe");
    bool good = file && fwrite(junit->data, 1, junit->len, file) == junit->len;
    char reason[ERROR_REASON_SIZE];
    int number = errno;

    if (file && fclose(file) != 0)
        good = false;
    return good ? OUTCOME_OK
                : error_set(err, OUTCOME_REJECT, "%s ne peut pas être écrit : %s", path,
                            error_reason(number, reason));
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(buffer_deinit) struct buffer junit = {0};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct totals totals = {0, 0};
    enum outcome outcome = OUTCOME_OK;
    struct error err;

    junit_begin(&junit);
    for (size_t i = 0; outcome == OUTCOME_OK && i < settings->folders.count; i++)
        outcome = run_folder(settings, settings->folders.items[i], &junit, &totals, &err);
    junit_end(&junit);
    if (outcome == OUTCOME_OK && settings->junit)
        outcome = write_junit(settings->junit, &junit, &err);
    if (outcome != OUTCOME_OK)
        return cli_fail(cli, &err);
    buffer_printf(&out, "%zu échantillon%s, %zu échec%s\n", totals.samples,
                  totals.samples > 1 ? "s" : "", totals.failed, totals.failed > 1 ? "s" : "");
    if (!cli_write(&out))
        return CLI_FAILURE;
    return totals.failed == 0 ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_test = {
    .name = "test",
    .summary = "compare les échantillons de connecteurs à leurs résultats, hors ligne",
    .description =
        "Chaque fichier de samples/ (.json : un enregistrement ou une livraison ; .jsonl : un par "
        "ligne ; .csv,\n.xml : un fichier de leur système, lu par la source dont `pattern` prend "
        "son "
        "nom, ou qui est nommée devant :\nfolder-2.rdv.csv) est traduit comme par `relais map` "
        "et comparé à golden/NOM.txt. Un autre fichier est ignoré.\nDit ensuite ce qu'aucun "
        "échantillon n'exerce : chemins, "
        "règles, livraisons, appels, réponses, codes.\nUn chemin vide dans tous les échantillons, "
        "quand un autre presque du même nom a une valeur, est un avis.",
    .examples = "relais test connectors/operators/agenda\n"
                "relais test --update connectors/operators/agenda\n"
                "relais test connectors/operators/* --min-coverage 90 --junit resultats.xml",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
