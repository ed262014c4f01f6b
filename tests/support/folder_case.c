/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "tests/support/folder_case.h"

#include "connectors/drivers/drivers.h"

void folder_case_start(struct driver_case *c, const char *yaml)
{
    driver_case_folder(c, "drop");
    folder_case_restart(c, yaml);
}

void folder_case_restart(struct driver_case *c, const char *yaml)
{
    driver_case_start(c, &folder_source, yaml);
}

enum outcome folder_case_try_pull(struct driver_case *c, size_t most, struct batch **ret_batch,
                                  struct error *err)
{
    *ret_batch = batch_new(most);
    return c->driver->ops->pull(c->driver, 0, *ret_batch, err);
}

struct batch *folder_case_pull(struct driver_case *c, size_t most)
{
    struct batch *batch;
    struct error err = {0};

    if (folder_case_try_pull(c, most, &batch, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    return batch;
}

struct batch *folder_case_settle(struct driver_case *c, size_t most)
{
    batch_free(folder_case_pull(c, most));
    driver_case_wait(c, 2000);
    return folder_case_pull(c, most);
}

void folder_case_ack(struct driver_case *c, struct batch *batch, size_t count)
{
    struct record *records[64];
    struct error err = {0};

    for (size_t i = 0; i < count; i++)
        records[i] = &batch->records[i];
    if (count > 0 && c->driver->ops->ack(c->driver, records, count, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

void folder_case_end(struct driver_case *c, struct batch *batch, size_t count)
{
    folder_case_ack(c, batch, count);
    batch_free(batch);
}

const char *folder_case_take_all(struct driver_case *c)
{
    struct buffer all = {0};
    const char *text;

    for (int quiet = 0; quiet < 8;) {
        struct batch *batch = folder_case_pull(c, 2);

        quiet = batch->count > 0 ? 0 : quiet + 1;
        for (size_t i = 0; i < batch->count; i++) {
            const struct record *record = &batch->records[i];

            buffer_printf(&all, "%s:%lld%s", record->file, (long long)record->line,
                          record->absent   ? "-"
                          : record->defect ? "!"
                                           : " ");
            if (record->defect)
                buffer_append_text(&all, record->defect);
            else
                buffer_append_bytes(&all, record->body);
            buffer_append_byte(&all, '\n');
        }
        folder_case_end(c, batch, batch->count);
        if (quiet > 0)
            driver_case_wait(c, 5000);
    }
    text = arena_text(&c->arena, buffer_view(&all));
    buffer_deinit(&all);
    return text;
}
