/* SPDX-License-Identifier: Apache-2.0
 *
 * relais status: how many hand-overs stand where.
 */
#include "cli/commands.h"
#include "cli/rows.h"
#include "cli/words.h"
#include "schemas/enums.h"

struct counts {
    size_t states[HANDOFF_STATE_COUNT];
    size_t handoffs; /* without the tests */
    size_t tests;
};

static void count_rows(const struct rows *rows, struct counts *counts)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct handoff *row = rows->items[i];
        bool known = row->state >= 0 && row->state < HANDOFF_STATE_COUNT;

        if (row->test) {
            counts->tests++;
            continue;
        }
        counts->handoffs++;
        counts->states[known ? row->state : HANDOFF_UNKNOWN]++;
    }
}

static void append_json(const struct counts *counts, struct buffer *out)
{
    const char *separator = "";

    buffer_printf(out, "{\"handoffs\":%zu,\"test\":%zu,\"states\":{", counts->handoffs,
                  counts->tests);
    for (size_t i = 0; i < HANDOFF_STATE_COUNT; i++) {
        if (counts->states[i] == 0)
            continue;
        buffer_printf(out, "%s\"%s\":%zu", separator, enum_handoff_state.symbols[i],
                      counts->states[i]);
        separator = ",";
    }
    buffer_append_text(out, "}}\n");
}

static void append_lines(const struct counts *counts, struct buffer *out)
{
    for (size_t i = 0; i < HANDOFF_STATE_COUNT; i++)
        if (counts->states[i] > 0)
            buffer_printf(out, "%7zu  %-20s %s\n", counts->states[i], enum_handoff_state.symbols[i],
                          words_state((enum handoff_state)i));
    buffer_printf(out, "%7zu  passages de relais\n", counts->handoffs);
    if (counts->tests > 0)
        buffer_printf(out, "%7zu  essais, non comptés\n", counts->tests);
}

static enum cli_exit run(struct cli *cli, const void *settings)
{
    CLEANUP(rows_deinit) struct rows rows = {0};
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct counts counts = {0};
    struct error err;

    (void)settings;
    if (rows_read(cli, wire, &rows, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    count_rows(&rows, &counts);
    if (cli->json)
        append_json(&counts, &out);
    else
        append_lines(&counts, &out);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_status = {
    .name = "status",
    .summary = "compte les passages de relais par état",
    .examples = "relais status --brokers kafka:9092\nrelais status --json",
    .uses = CLI_KAFKA | CLI_REGISTRY | CLI_JSON,
    .run = run,
};
