/* SPDX-License-Identifier: Apache-2.0
 *
 * main() of a target that is to run out of memory: each input of a folder (the first ones,
 * unless RELAIS_LONG is set) is run in processes of its own
 *
 *   with a bound: no single allocation may be larger than a few MiB, for every size that comes
 *   from outside is compared with a maximum before it is believed: not even an abort is allowed;
 *
 *   once for each allocation of a library, which fails: the program may refuse the input, or
 *   abort as it does by design, but touches nothing that is not there and does not hang.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory.h"

#define MAX_FILE_BYTES ((size_t)1024 * 1024)
/* Ten thousand items of the largest record are below it; times the input's length because
 * each of its bytes may stand for one. */
#define MOST_BYTES ((size_t)4 * 1024 * 1024)
#define MOST_TIMES 64
#define INPUTS_MOST 16
#define FAILURES_MOST 64
#define SECONDS_MOST 30
#define EXIT_ABORTED 77

static void aborted(int signal)
{
    (void)signal;
    _exit(fuzz_has_failed() ? EXIT_FAILURE : EXIT_ABORTED);
}

/* uthash has no memory: exit(). What the parent made is not this process's to remove. */
static void ended(void)
{
    _exit(EXIT_ABORTED);
}

/* Runs the input in a child; true when it ended as it may. */
static bool run(struct bytes input, size_t fail_at, size_t most, struct memory_count *shared)
{
    pid_t child;
    int status = 0;

    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, aborted);
        (void)atexit(ended);
        (void)alarm(SECONDS_MOST);
        memory_begin(fail_at, most);
        (void)LLVMFuzzerTestOneInput(input.data, input.len);
        *shared = memory_end();
        _exit(EXIT_SUCCESS);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return false;
    return WEXITSTATUS(status) == EXIT_SUCCESS ||
           (fail_at > 0 && WEXITSTATUS(status) == EXIT_ABORTED);
}

/* How many runs were made; 0: one of them broke. */
static size_t starve(const char *path, struct bytes input, struct memory_count *shared)
{
    size_t most = MOST_BYTES + MOST_TIMES * input.len;
    size_t count;
    size_t step;

    if (!run(input, 0, most, shared)) {
        (void)fprintf(stderr, "%s: broke, or more than %zu bytes at once\n", path, most);
        return 0;
    }
    count = shared->foreign;
    step = getenv("RELAIS_LONG") ? 1 : count / FAILURES_MOST + 1;
    for (size_t fail_at = 1; fail_at <= count; fail_at += step) {
        if (!run(input, fail_at, 0, shared)) {
            (void)fprintf(stderr, "%s: broke when allocation %zu of %zu failed\n", path, fail_at,
                          count);
            return 0;
        }
    }
    return count / step + 2;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static size_t starve_file(const char *folder, const char *name, struct memory_count *shared)
{
    struct buffer path = {0};
    struct buffer content = {0};
    struct error err;
    size_t runs = 0;

    buffer_printf(&path, "%s/%s", folder, name);
    if (file_read(buffer_text(&path), MAX_FILE_BYTES, FILE_ANY, &content, &err) == OUTCOME_OK)
        runs = starve(buffer_text(&path),
                      bytes_of(content.data ? content.data : (const uint8_t *)"", content.len),
                      shared);
    buffer_deinit(&content);
    buffer_deinit(&path);
    return runs;
}

int main(int argc, char **argv)
{
    struct memory_count *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct dirent **entries = NULL;
    size_t total = 0;
    bool good = argc == 2 && shared != MAP_FAILED;
    int count = good ? scandir(argv[1], &entries, visible, alphasort) : -1;
    int step = getenv("RELAIS_LONG") ? 1 : count / INPUTS_MOST + 1;

    if (count <= 0)
        return EXIT_FAILURE;
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0); /* makes what a target makes once */
    for (int i = 0; i < count; i++) {
        if (i % step == 0) {
            size_t runs = starve_file(argv[1], entries[i]->d_name, shared);

            good = good && runs > 0;
            total += runs;
        }
        free(entries[i]);
    }
    free(entries);
    (void)printf("%zu runs without memory\n", total);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
