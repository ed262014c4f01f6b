/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MOST ((size_t)10000)

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static void close_dir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

/* "cannot WHAT PATH: reason". A file's name stays out of it: it may be a person's. */
static enum outcome fail(enum outcome outcome, const char *what, const char *path,
                         struct error *err)
{
    char reason[ERROR_REASON_SIZE];

    return error_set(err, outcome, "cannot %s %s: %s", what, path, error_reason(errno, reason));
}

static struct folder_stamp stamp_of(const struct stat *about)
{
    return (struct folder_stamp){.inode = about->st_ino,
                                 .size = about->st_size,
                                 .modified_ns = (int64_t)about->st_mtim.tv_sec * 1000000000 +
                                                about->st_mtim.tv_nsec};
}

bool folder_same(const struct folder_stamp *a, const struct folder_stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->modified_ns == b->modified_ns;
}

static enum outcome open_folder(const char *path, int *ret_fd, struct error *err)
{
    *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd < 0 ? fail(OUTCOME_RETRY, "open the folder", path, err) : OUTCOME_OK;
}

static enum outcome sync_folder(const char *path, int fd, struct error *err)
{
    return fsync(fd) == 0 ? OUTCOME_OK : fail(OUTCOME_RETRY, "sync", path, err);
}

/* ---- Looking ------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct folder_entry *)a)->name, ((const struct folder_entry *)b)->name);
}

/* OK: a file of the list; REJECT: none, or gone meanwhile; RETRY: errno says why. */
static enum outcome take_entry(int fd, const char *name, const char *pattern, struct arena *arena,
                               struct folder_entry *entry)
{
    struct stat about;

    if (name[0] == '.' || fnmatch(pattern, name, 0) != 0)
        return OUTCOME_REJECT;
    if (fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? OUTCOME_REJECT : OUTCOME_RETRY;
    if (!S_ISREG(about.st_mode))
        return OUTCOME_REJECT;
    *entry = (struct folder_entry){.name = arena_text(arena, bytes_of_text(name)),
                                   .stamp = stamp_of(&about)};
    return OUTCOME_OK;
}

/* The first names of all that are there, not those that the system happens to say first. */
static enum outcome take_entries(DIR *dir, const char *pattern, struct arena *arena,
                                 struct folder_entry *entries, size_t *ret_count)
{
    const struct dirent *found;
    size_t count = 0;
    bool cut = false; /* then entries[NAMES_MOST - 1] is the last that counts so far */

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else reads this stream */
    while ((void)(errno = 0), (found = readdir(dir))) {
        enum outcome taken;

        if (cut && strcmp(found->d_name, entries[NAMES_MOST - 1].name) > 0)
            continue;
        taken = take_entry(dirfd(dir), found->d_name, pattern, arena, &entries[count]);
        if (taken == OUTCOME_RETRY)
            return OUTCOME_RETRY;
        count += taken == OUTCOME_OK ? 1 : 0;
        if (count < 2 * NAMES_MOST)
            continue;
        qsort(entries, count, sizeof(*entries), by_name);
        count = NAMES_MOST;
        cut = true;
    }
    if (errno != 0)
        return OUTCOME_RETRY;
    if (count > 1)
        qsort(entries, count, sizeof(*entries), by_name);
    *ret_count = count < NAMES_MOST ? count : NAMES_MOST;
    return OUTCOME_OK;
}

enum outcome folder_list(const char *path, const char *pattern, struct arena *arena,
                         struct folder_entry **ret_entries, size_t *ret_count, struct error *err)
{
    CLEANUP(close_dir) DIR *dir = opendir(path);
    struct folder_entry *entries = NULL;
    enum outcome outcome;
    size_t count = 0;

    if (!dir)
        return fail(OUTCOME_RETRY, "open the folder", path, err);
    entries = xcalloc(2 * NAMES_MOST, sizeof(*entries)); /* not touched until it is needed */
    outcome = take_entries(dir, pattern, arena, entries, &count);
    if (outcome == OUTCOME_OK) {
        *ret_entries = arena_array(arena, count + 1, sizeof(*entries));
        if (count > 0)
            memcpy(*ret_entries, entries, count * sizeof(*entries));
        *ret_count = count;
    } else {
        outcome = fail(OUTCOME_RETRY, "list", path, err);
    }
    free(entries);
    return outcome;
}

enum outcome folder_look(const char *path, const char *name, struct folder_stamp *ret_stamp,
                         struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    struct stat about;
    enum outcome outcome = open_folder(path, &fd, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return fail(errno == ENOENT ? OUTCOME_REJECT : OUTCOME_RETRY, "look at a file of", path,
                    err);
    if (!S_ISREG(about.st_mode))
        return error_set(err, OUTCOME_REJECT, "what stands in %s is no file", path);
    *ret_stamp = stamp_of(&about);
    return OUTCOME_OK;
}

enum outcome folder_open(const char *path, const char *name, FILE **ret_file,
                         struct folder_stamp *ret_stamp, struct error *err)
{
    CLEANUP(close_fd) int folder = -1;
    CLEANUP(close_fd) int fd = -1;
    struct stat about;
    enum outcome outcome = open_folder(path, &folder, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    /* A pipe with that name must not hold us up, nor a link lead out of the folder. */
    fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return fail(errno == ENOENT || errno == ELOOP ? OUTCOME_REJECT : OUTCOME_RETRY,
                    "read a file of", path, err);
    if (fstat(fd, &about) != 0)
        return fail(OUTCOME_RETRY, "read a file of", path, err);
    if (!S_ISREG(about.st_mode))
        return error_set(err, OUTCOME_REJECT, "what stands in %s is no file", path);
    *ret_file = fdopen(fd, "rb");
    if (!*ret_file)
        return fail(OUTCOME_RETRY, "read a file of", path, err);
    fd = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): its cleanup reads it */
    *ret_stamp = stamp_of(&about);
    return OUTCOME_OK;
}

/* ---- Changing ----------------------------------------------------------------------------- */

enum outcome folder_need(const char *path, const char *name, struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    struct stat about;
    enum outcome outcome = open_folder(path, &fd, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (fstatat(fd, name, &about, 0) == 0 && S_ISDIR(about.st_mode))
        return OUTCOME_OK;
    if (mkdirat(fd, name, 0770) != 0)
        return fail(OUTCOME_RETRY, "make a folder in", path, err);
    return sync_folder(path, fd, err);
}

/* The name, or the first of name-2, name-3, … that nothing has; the number goes before the
 * ending. */
static const char *free_name(int folder, const char *name, struct arena *arena)
{
    const char *dot = strrchr(name, '.');
    int stem = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    const char *made = name;
    struct stat about;

    for (int number = 2; fstatat(folder, made, &about, AT_SYMLINK_NOFOLLOW) == 0; number++)
        made = arena_printf(arena, "%.*s-%d%s", stem, name, number, name + stem);
    return made;
}

enum outcome folder_move(const char *from, const char *name, const char *to, struct error *err)
{
    CLEANUP(close_fd) int old_folder = -1;
    CLEANUP(close_fd) int new_folder = -1;
    CLEANUP(arena_deinit) struct arena arena = {0};
    enum outcome outcome = open_folder(from, &old_folder, err);

    if (outcome == OUTCOME_OK)
        outcome = open_folder(to, &new_folder, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (renameat(old_folder, name, new_folder, free_name(new_folder, name, &arena)) != 0)
        return fail(errno == ENOENT ? OUTCOME_REJECT : OUTCOME_RETRY, "move a file of", from, err);
    /* First where it is, then where it was: a power cut shows it twice rather than nowhere. */
    outcome = sync_folder(to, new_folder, err);
    return outcome == OUTCOME_OK ? sync_folder(from, old_folder, err) : outcome;
}

enum outcome folder_rename(const char *path, const char *old_name, const char *new_name,
                           struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    enum outcome outcome = open_folder(path, &fd, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (renameat(fd, old_name, fd, new_name) != 0)
        return fail(OUTCOME_RETRY, "rename a file of", path, err);
    return sync_folder(path, fd, err);
}

static enum outcome write_content(int folder, const char *path, const char *name,
                                  struct bytes content, struct error *err)
{
    CLEANUP(close_fd)
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);

    if (fd < 0)
        return fail(OUTCOME_RETRY, "write a file of", path, err);
    for (size_t at = 0; at < content.len;) {
        ssize_t written = write(fd, content.data + at, content.len - at);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(OUTCOME_RETRY, "write a file of", path, err);
        at += (size_t)written;
    }
    return fsync(fd) == 0 ? OUTCOME_OK : fail(OUTCOME_RETRY, "write a file of", path, err);
}

enum outcome folder_write(const char *path, const char *name, struct bytes content,
                          struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *work = arena_printf(&arena, ".%s.tmp", name);
    enum outcome outcome = open_folder(path, &fd, err);

    if (outcome == OUTCOME_OK)
        outcome = write_content(fd, path, work, content, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (renameat(fd, work, fd, name) != 0)
        return fail(OUTCOME_RETRY, "rename a file of", path, err);
    return sync_folder(path, fd, err);
}

enum outcome folder_remove(const char *path, const char *name, struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    enum outcome outcome = open_folder(path, &fd, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (unlinkat(fd, name, 0) != 0 && errno != ENOENT)
        return fail(OUTCOME_RETRY, "remove a file of", path, err);
    return sync_folder(path, fd, err);
}

enum outcome folder_sync(const char *path, struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    enum outcome outcome = open_folder(path, &fd, err);

    return outcome == OUTCOME_OK ? sync_folder(path, fd, err) : outcome;
}
