/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum outcome boot_id(char ret_id[BOOT_ID_SIZE], struct error *err)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    bool read = file && fgets(ret_id, BOOT_ID_SIZE, file);

    if (file) {
        (void)fclose(file); /* only read from */
    }
    if (!read) {
        return error_set(err, OUTCOME_FATAL, "store: the system does not say which boot this is");
    }
    ret_id[strcspn(ret_id, "\n")] = '\0';
    return OUTCOME_OK;
}

bool boot_marker_is_fine(const char *path, const char *id)
{
    char text[BOOT_ID_SIZE] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0) {
        return errno == ENOENT;
    }
    len = read(fd, text, sizeof(text) - 1);
    (void)close(fd); /* only read from */
    return len >= 0 && (size_t)len == strlen(id) && strcmp(text, id) == 0;
}

/* A part written is no error to write(): there was no room for the rest. */
static int write_whole(int fd, const char *text, size_t len)
{
    ssize_t written = write(fd, text, len);

    if (written < 0) {
        return errno;
    }
    return (size_t)written == len ? 0 : ENOSPC;
}

int boot_marker_write(const char *path, const char *id)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int code;

    if (fd < 0) {
        return errno;
    }
    code = write_whole(fd, id, strlen(id));
    if (code == 0 && fsync(fd) != 0) {
        code = errno;
    }
    if (close(fd) != 0 && code == 0) {
        code = errno;
    }
    return code;
}
