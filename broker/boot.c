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

int boot_marker_write(const char *path, const char *id)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t len = (ssize_t)strlen(id);
    bool written = fd >= 0 && write(fd, id, (size_t)len) == len && fsync(fd) == 0;
    int code = written ? 0 : errno;

    if (fd >= 0 && close(fd) != 0 && written) {
        code = errno;
    }
    return code;
}
