/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/intake.h"

#include <inttypes.h>
#include <stdlib.h>

/* What somebody was seen writing, or has just finished. */
struct growing {
    char *name;
    struct folder_stamp stamp;
    int64_t since_ms; /* monotonic: unchanged since then */
};

/* Begins the name of a marker while its file is being moved away. */
#define LIFTED "relais-marker-"

struct intake {
    const struct intake_settings *settings;
    struct clock *clock;
    struct growing growing[2]; /* the first of each of the two folders */
};

static const char *const endings[] = {".tmp", ".part", ".partial", ".filepart"};
static const char *const end_names[] = {
    [INTAKE_DONE] = "done", [INTAKE_REJECTED] = "rejected", [INTAKE_HELD] = "held"};
static const char released_name[] = "released";

struct intake *intake_new(const struct intake_settings *settings, struct clock *clock)
{
    struct intake *intake = xcalloc(1, sizeof(*intake));

    intake->settings = settings;
    intake->clock = clock;
    return intake;
}

void intake_free(struct intake *intake)
{
    if (!intake)
        return;
    for (size_t i = 0; i < 2; i++)
        free(intake->growing[i].name);
    free(intake);
}

/* As short as it may be: beside any name, and never longer than one may be. */
static const char *lifted_name(uint64_t inode, struct arena *arena)
{
    return arena_printf(arena, LIFTED "%" PRIu64 ".tmp", inode);
}

/* A crash left this one: its file was moved, and it goes too; or it is still there, and whole. */
static enum outcome settle_marker(const struct intake *intake, const char *lifted,
                                  const struct folder_entry *files, size_t count, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *path = intake->settings->path;

    for (size_t i = 0; i < count; i++)
        if (strcmp(lifted, lifted_name(files[i].stamp.inode, &arena)) == 0)
            return folder_rename(
                path, lifted, arena_printf(&arena, "%s%s", files[i].name, intake->settings->marker),
                err);
    return folder_remove(path, lifted, err);
}

/* Their own files may begin like ours: only digits between. */
static bool is_lifted(const char *name)
{
    const char *number = name + strlen(LIFTED);

    return strcmp(number + strspn(number, "0123456789"), ".tmp") == 0;
}

static enum outcome settle_markers(const struct intake *intake, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *path = intake->settings->path;
    struct folder_entry *lifted;
    struct folder_entry *files;
    size_t lifted_count = 0;
    size_t count = 0;
    enum outcome outcome =
        folder_list(path, LIFTED "[0-9]*.tmp", &arena, &lifted, &lifted_count, err);

    if (outcome == OUTCOME_OK && lifted_count > 0)
        outcome = folder_list(path, intake->settings->pattern, &arena, &files, &count, err);
    for (size_t i = 0; outcome == OUTCOME_OK && i < lifted_count; i++)
        if (is_lifted(lifted[i].name))
            outcome = settle_marker(intake, lifted[i].name, files, count, err);
    return outcome;
}

enum outcome intake_open(const struct intake *intake, struct error *err)
{
    enum outcome outcome = folder_need(intake->settings->path, released_name, err);

    for (size_t i = 0; i < 3 && outcome == OUTCOME_OK; i++)
        outcome = folder_need(intake->settings->path, end_names[i], err);
    return outcome == OUTCOME_OK && intake->settings->marker ? settle_markers(intake, err)
                                                             : outcome;
}

static const char *folder_of(const struct intake *intake, const char *below, struct arena *arena)
{
    return below ? arena_printf(arena, "%s/%s", intake->settings->path, below)
                 : intake->settings->path;
}

/* ---- Next --------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *ending)
{
    size_t len = strlen(name);
    size_t tail = strlen(ending);

    return len >= tail && strcmp(name + len - tail, ending) == 0;
}

static bool is_work(const struct intake *intake, const char *name)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (ends_in(name, endings[i]))
            return true;
    return intake->settings->marker && ends_in(name, intake->settings->marker);
}

/* The marker of a file lies beside it. */
static bool is_marked(const struct intake *intake, const char *folder, const char *name,
                      struct arena *arena)
{
    struct folder_stamp stamp;

    return folder_look(folder, arena_printf(arena, "%s%s", name, intake->settings->marker), &stamp,
                       NULL) == OUTCOME_OK;
}

/* It has not changed since it was first seen, long enough ago. */
static bool has_settled(struct intake *intake, struct growing *growing,
                        const struct folder_entry *entry)
{
    int64_t now = clock_mono_ms(intake->clock);

    if (!growing->name || strcmp(growing->name, entry->name) != 0 ||
        !folder_same(&growing->stamp, &entry->stamp)) {
        free(growing->name);
        *growing = (struct growing){xstrdup(entry->name), entry->stamp, now};
    }
    return now - growing->since_ms >= intake->settings->settle_ms;
}

static enum outcome take(const char *folder, const char *name, bool released,
                         struct intake_file *ret_file, struct error *err)
{
    struct intake_file file = {.released = released};
    enum outcome outcome = folder_open(folder, name, &file.content, &file.stamp, err);

    if (outcome == OUTCOME_REJECT)
        return OUTCOME_OK; /* gone between two looks */
    if (outcome != OUTCOME_OK)
        return outcome;
    file.name = xstrdup(name);
    *ret_file = file;
    return OUTCOME_OK;
}

/* The first file of one of the two folders, if it is whole. */
static enum outcome look(struct intake *intake, bool released, bool *ret_any,
                         struct intake_file *ret_file, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *folder = folder_of(intake, released ? released_name : NULL, &arena);
    struct folder_entry *entries;
    size_t count;
    size_t first = 0;
    enum outcome outcome =
        folder_list(folder, intake->settings->pattern, &arena, &entries, &count, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    while (first < count && (is_work(intake, entries[first].name) ||
                             (intake->settings->marker && !released &&
                              !is_marked(intake, folder, entries[first].name, &arena))))
        first++;
    *ret_any = first < count;
    /* With a marker, a file without one is not there yet: it holds up nobody. */
    if (first == count || ((!intake->settings->marker || released) &&
                           !has_settled(intake, &intake->growing[released], &entries[first])))
        ret_file->growing = *ret_any;
    else
        outcome = take(folder, entries[first].name, released, ret_file, err);
    return outcome;
}

enum outcome intake_next(struct intake *intake, struct intake_file *ret_file, struct error *err)
{
    bool any = false;
    enum outcome outcome;

    *ret_file = (struct intake_file){.name = NULL};
    outcome = look(intake, true, &any, ret_file, err);
    return outcome == OUTCOME_OK && !any ? look(intake, false, &any, ret_file, err) : outcome;
}

/* ---- End ---------------------------------------------------------------------------------- */

void intake_drop(struct intake_file *file)
{
    if (file->content)
        (void)fclose(file->content);
    free(file->name);
    *file = (struct intake_file){.name = NULL};
}

enum outcome intake_look(const struct intake *intake, const struct intake_file *file,
                         bool *ret_unchanged, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *from = folder_of(intake, file->released ? released_name : NULL, &arena);
    struct folder_stamp stamp;
    enum outcome outcome = folder_look(from, file->name, &stamp, err);

    *ret_unchanged = outcome == OUTCOME_OK && folder_same(&stamp, &file->stamp);
    return outcome == OUTCOME_RETRY ? OUTCOME_RETRY : OUTCOME_OK;
}

/* Before its file is moved, the marker gets a name that marks nothing: after a crash in between,
 * the next file of that name would else be taken half written. */
static enum outcome lift_marker(const char *folder, const char *marker, const char *lifted,
                                struct error *err)
{
    struct folder_stamp stamp;
    enum outcome outcome = folder_look(folder, marker, &stamp, err);

    if (outcome == OUTCOME_REJECT)
        return OUTCOME_OK; /* lifted by an earlier try, or taken away by somebody */
    return outcome == OUTCOME_OK ? folder_rename(folder, marker, lifted, err) : outcome;
}

enum outcome intake_finish(const struct intake *intake, struct intake_file *file,
                           enum intake_end end, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *from = folder_of(intake, file->released ? released_name : NULL, &arena);
    bool marked = intake->settings->marker && !file->released;
    const char *marker =
        marked ? arena_printf(&arena, "%s%s", file->name, intake->settings->marker) : "";
    const char *lifted = lifted_name(file->stamp.inode, &arena);
    struct folder_stamp stamp;
    enum outcome outcome = folder_look(from, file->name, &stamp, err);
    bool same = outcome == OUTCOME_OK && folder_same(&stamp, &file->stamp);

    if (same && marked)
        outcome = lift_marker(from, marker, lifted, err);
    if (same && outcome == OUTCOME_OK)
        outcome = folder_move(from, file->name, folder_of(intake, end_names[end], &arena), err);
    /* Moved by a try whose end was not reached, or taken away by somebody. */
    if (outcome == OUTCOME_REJECT)
        outcome = marked ? folder_remove(from, marker, err) : OUTCOME_OK;
    /* One that was lifted marks nothing any more: what lies there now is another delivery. */
    if (outcome == OUTCOME_OK && marked)
        outcome = folder_remove(from, lifted, err);
    if (outcome == OUTCOME_RETRY)
        return OUTCOME_RETRY;
    intake_drop(file);
    return OUTCOME_OK;
}
