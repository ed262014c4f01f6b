/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame around every command: find it, parse, make ready what it uses, run it.
 *
 * SIGINT and SIGTERM are blocked before the first thread exists, so every thread inherits
 * that, and one thread waits for them: nothing ever runs in a signal's own context.
 */
#include "cli/cli.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/help.h"

#define REGISTRY_TIMEOUT_MS 3000

/* ---- Output ------------------------------------------------------------------------ */

enum cli_exit cli_fail(const struct cli *cli, const struct error *err)
{
    (void)fprintf(stderr, "relais %s : %s\n", cli->command->name, err->text);
    return CLI_FAILURE;
}

static enum cli_exit usage_mistake(const struct command *command, const char *mistake)
{
    (void)fprintf(stderr, "relais %s : %s\n`relais help %s` en dit plus.\n", command->name, mistake,
                  command->name);
    return CLI_USAGE;
}

enum cli_exit cli_misuse(const struct cli *cli, const struct error *err)
{
    return usage_mistake(cli->command, err->text);
}

bool cli_write(struct buffer *out)
{
    bool written = fwrite(out->data, 1, out->len, stdout) == out->len && fflush(stdout) == 0;
    int number = errno;
    char reason[ERROR_REASON_SIZE];

    buffer_clear(out);
    if (!written && number != EPIPE)
        (void)fprintf(stderr, "relais : la sortie standard ne s'écrit pas : %s\n",
                      error_reason(number, reason));
    return written;
}

struct wire *cli_wire(const struct cli *cli)
{
    struct wire *wire = wire_new();

    wire_use_registry(wire, cli->registry);
    return wire;
}

/* ---- Stopping ---------------------------------------------------------------------- */

#define STOP_MS 4500 /* below the 5 s that every process is promised to end in */

static void stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

/* The first signal asks, the second does not ask any more. What has not ended in time waits for
 * something that is not there, mostly inside a library: then the process ends as in a crash,
 * which loses and doubles nothing (DESIGN.md "Guarantees"), and whoever stops it need not kill. */
static void *wait_for_signals(void *context)
{
    const struct timespec in_time = {.tv_sec = STOP_MS / 1000,
                                     .tv_nsec = STOP_MS % 1000 * 1000000L};
    struct waiter *stop = context;
    sigset_t set;
    int signal_number;

    stop_signals(&set);
    if (sigwait(&set, &signal_number) != 0)
        return NULL;
    waiter_interrupt(stop);
    do {
        signal_number = sigtimedwait(&set, NULL, &in_time);
    } while (signal_number < 0 && errno == EINTR); /* a debugger or the leak checker looked */
    if (signal_number >= 0)
        _exit(CLI_FAILURE);
    log_warn("process", "not ended in time: what is open is left to the next start, as after a "
                        "crash");
    _exit(CLI_OK);
}

/* The thread lives as long as the process: so does the waiter. */
static enum outcome start_stop(struct cli *cli, struct error *err)
{
    pthread_t thread;
    sigset_t set;

    stop_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    cli->stop = waiter_new();
    if (pthread_create(&thread, NULL, wait_for_signals, cli->stop) != 0)
        return error_set(err, OUTCOME_FATAL, "pas de fil d'exécution pour les signaux");
    pthread_detach(thread);
    return OUTCOME_OK;
}

/* ---- Running ----------------------------------------------------------------------- */

static enum outcome make_registry(struct cli *cli, const struct common *common, struct error *err)
{
    struct registry_settings settings = common->registry;

    if (!settings.url)
        return OUTCOME_OK;
    settings.timeout_ms = REGISTRY_TIMEOUT_MS;
    return registry_new(&settings, cli->clock, &cli->registry, err);
}

static enum outcome make_ready(struct cli *cli, const struct common *common, struct error *err)
{
    enum log_level level = cli->command->uses & CLI_STOP ? LOG_INFO : LOG_WARN;
    enum outcome outcome = OUTCOME_OK;

    if (common->log_level && !log_level_parse(common->log_level, &level))
        return error_set(err, OUTCOME_FATAL, "niveau de journal inconnu");
    log_set_level(level);
    crypto_init();
    cli->kafka = (struct kafka_config){
        .brokers = common->brokers,
        .client_id = "relais",
        .extra = common->kafka.count > 0 ? common->kafka.items : NULL,
    };
    cli->json = common->json;
    cli->clock = clock_system();
    if (cli->command->uses & CLI_STOP)
        outcome = start_stop(cli, err);
    if (outcome == OUTCOME_OK && common->clock_from)
        outcome = clock_remote_new(common->clock_from, &cli->clock, err);
    return outcome == OUTCOME_OK ? make_registry(cli, common, err) : outcome;
}

static enum cli_exit run_command(const struct command *command, char *const *words,
                                 size_t word_count)
{
    CLEANUP(buffer_deinit) struct buffer mistake = {0};
    CLEANUP(buffer_deinit) struct buffer help = {0};
    struct option_set sets[COMMON_MOST + 1];
    struct common common = {0};
    struct cli cli = {.command = command};
    void *settings = xcalloc(1, command->settings_size + 1);
    size_t count = common_sets(command->uses, &common, sets);
    enum cli_exit exit_code;
    struct error err;

    if (command->options)
        sets[count++] = (struct option_set){command->options, settings};
    if (!options_parse(sets, count, words, word_count, &mistake) && !common.help) {
        exit_code = usage_mistake(command, buffer_text(&mistake));
    } else if (common.help) {
        help_command(command, &help);
        exit_code = cli_write(&help) ? CLI_OK : CLI_FAILURE;
    } else if (make_ready(&cli, &common, &err) != OUTCOME_OK) {
        exit_code = cli_fail(&cli, &err);
    } else {
        exit_code = command->run(&cli, settings);
    }
    registry_free(cli.registry);
    if (cli.clock && cli.clock != clock_system())
        clock_free(cli.clock);
    free(settings);
    return exit_code;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

enum cli_exit cli_main(char *const *words, size_t word_count)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const struct command *command;
    const char *nearest;
    size_t taken;

    (void)signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error of fwrite() */
    if (word_count == 0 || is_help(words[0])) {
        help_overview(&out);
        return cli_write(&out) && word_count > 0 ? CLI_OK : CLI_USAGE;
    }
    if (strcmp(words[0], "--version") == 0) {
        buffer_append_text(&out, "relais " RELAIS_VERSION " (librdkafka ");
        buffer_append_text(&out, rd_kafka_version_str());
        buffer_append_text(&out, ")\n");
        return cli_write(&out) ? CLI_OK : CLI_FAILURE;
    }
    command = commands_find(words, word_count, &taken);
    if (command)
        return run_command(command, words + taken, word_count - taken);
    if (help_group(words[0], &out)) {
        (void)fprintf(stderr, "relais %s : il manque la suite de la commande\n%s", words[0],
                      buffer_text(&out));
        return CLI_USAGE;
    }
    nearest = commands_nearest(words[0]);
    (void)fprintf(
        stderr, "relais : commande « %s » inconnue%s%s%s\n`relais help` les montre toutes.\n",
        words[0], nearest ? " ; peut-être " : "", nearest ? nearest : "", nearest ? " ?" : "");
    return CLI_USAGE;
}
