/* SPDX-License-Identifier: Apache-2.0
 *
 * main() of a target where there is no libFuzzer: runs each file of the folders, and each
 * file, that it is given; and the empty input, which no folder needs to hold.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "tests/fuzz/fuzz.h"

#define MAX_FILE_BYTES ((size_t)16 * 1024 * 1024)

static bool replay_file(const char *path)
{
    struct buffer content = {0};
    struct error err;

    if (file_read(path, MAX_FILE_BYTES, FILE_ANY, &content, &err) != OUTCOME_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        buffer_deinit(&content);
        return false;
    }
    if (getenv("RELAIS_FUZZ_VERBOSE"))
        (void)fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(content.data ? content.data : (const uint8_t *)"", content.len);
    buffer_deinit(&content);
    return true;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* How many files were run; 0 is a mistake of the call. */
static size_t replay(const char *path)
{
    struct stat status;
    struct dirent **entries = NULL;
    size_t done = 0;
    int count;

    if (stat(path, &status) != 0)
        return 0;
    if (!S_ISDIR(status.st_mode))
        return replay_file(path) ? 1 : 0;
    count = scandir(path, &entries, visible, alphasort);
    for (int i = 0; i < count; i++) {
        struct buffer name = {0};

        buffer_printf(&name, "%s/%s", path, entries[i]->d_name);
        done += replay_file(buffer_text(&name));
        buffer_deinit(&name);
        free(entries[i]);
    }
    free(entries);
    return done;
}

int main(int argc, char **argv)
{
    size_t done = 0;

    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        size_t here = replay(argv[i]);

        if (here == 0) {
            (void)fprintf(stderr, "nothing to replay in %s\n", argv[i]);
            return 1;
        }
        done += here;
    }
    (void)printf("%zu inputs replayed\n", done);
    return 0;
}
