/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static void close_file(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}

static enum outcome refuse_errno(const char *path, int number, struct error *err)
{
    char reason[ERROR_REASON_SIZE];

    if (number == ENOENT)
        return error_set(err, OUTCOME_REJECT, "%s n'existe pas", path);
    if (number == EACCES)
        return error_set(err, OUTCOME_REJECT, "%s ne peut pas être lu : accès interdit", path);
    return error_set(err, OUTCOME_REJECT, "%s ne peut pas être lu : %s", path,
                     error_reason(number, reason));
}

static enum outcome check_rule(FILE *file, const char *path, enum file_rule rule, struct error *err)
{
    struct stat about;

    if (fstat(fileno(file), &about) != 0)
        return refuse_errno(path, errno, err);
    if (S_ISDIR(about.st_mode))
        return error_set(err, OUTCOME_REJECT,
                         "%s est un dossier ; donnez un fichier qui s'y trouve", path);
    if (rule == FILE_PRIVATE && (about.st_mode & 077) != 0)
        return error_set(
            err, OUTCOME_REJECT,
            "%s peut être lu par d'autres que son propriétaire ; lancez : chmod 600 %s", path,
            path);
    return OUTCOME_OK;
}

enum outcome file_read(const char *path, size_t max_bytes, enum file_rule rule, struct buffer *out,
                       struct error *err)
{
    CLEANUP(close_file) FILE *file = fopen(path, "rbe");
    size_t before = out->len;
    uint8_t chunk[4096];
    size_t got;

    if (!file)
        return refuse_errno(path, errno, err);
    if (check_rule(file, path, rule, err) != OUTCOME_OK)
        return OUTCOME_REJECT;
    errno = 0;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        buffer_append(out, chunk, got);
        if (out->overflow || out->len - before > max_bytes) {
            out->len = before;
            return error_set(err, OUTCOME_REJECT, "%s ne peut pas être lu : plus de %zu octets",
                             path, max_bytes);
        }
    }
    if (ferror(file)) {
        out->len = before;
        return refuse_errno(path, errno, err);
    }
    return OUTCOME_OK;
}
