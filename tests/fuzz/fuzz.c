/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of this process; libFuzzer's function has no argument to hang it on. */
static char folder[256];

static bool failed;

bool fuzz_has_failed(void)
{
    return failed;
}

_Noreturn void fuzz_fail(const char *promise, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, promise);
    failed = true;
    abort();
}

struct bytes fuzz_part(struct bytes *rest, struct bytes separator)
{
    struct bytes whole = *rest;

    for (size_t i = 0; i + separator.len <= whole.len; i++) {
        if (memcmp(whole.data + i, separator.data, separator.len) != 0)
            continue;
        *rest = bytes_of(whole.data + i + separator.len, whole.len - i - separator.len);
        return bytes_of(whole.data, i);
    }
    *rest = bytes_of(whole.data + whole.len, 0);
    return whole;
}

size_t fuzz_choice(struct bytes *rest, size_t below)
{
    size_t number;

    if (rest->len == 0)
        return 0;
    number = rest->data[0] % below;
    *rest = bytes_of(rest->data + 1, rest->len - 1);
    return number;
}

struct http_response fuzz_response(struct bytes *rest, struct arena *arena)
{
    struct bytes body = fuzz_part(rest, BYTES_LITERAL("\n%%\n"));
    struct bytes status = fuzz_part(&body, BYTES_LITERAL(" "));
    struct bytes type = fuzz_part(&body, BYTES_LITERAL("\n"));
    struct http_response response = {
        .content_type = arena_text(arena, type), .etag = "", .retry_after_s = -1, .body = body};
    int64_t number = 0;

    if (bytes_to_int64(status, &number) && number >= 100 && number <= 999)
        response.status = (int32_t)number;
    return response;
}

char *fuzz_text(struct bytes view)
{
    char *text = xcalloc(view.len + 1, 1);

    if (view.len > 0)
        memcpy(text, view.data, view.len);
    return text;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");

    (void)snprintf(folder, sizeof(folder), "%s/relais-fuzz-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder) || atexit(remove_folder) != 0)
        fuzz_fail("a temporary folder", __FILE__, __LINE__);
}

char *fuzz_path(const char *name)
{
    struct buffer path = {0};

    if (folder[0] == '\0')
        make_folder();
    buffer_printf(&path, "%s/%s", folder, name);
    (void)buffer_text(&path);
    return (char *)path.data;
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            fuzz_fail("a folder", __FILE__, __LINE__);
        *slash = '/';
    }
}

void fuzz_write(const char *name, struct bytes content)
{
    char *path = fuzz_path(name);
    int fd;

    if (!content.data) {
        (void)unlink(path);
        free(path);
        return;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        make_parents(path);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    }
    if (fd < 0 || write(fd, content.data, content.len) != (ssize_t)content.len)
        fuzz_fail("a file", __FILE__, __LINE__);
    (void)close(fd);
    free(path);
}
