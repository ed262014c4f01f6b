/* SPDX-License-Identifier: Apache-2.0
 *
 * The samples of a connector: what `relais map` shows and `relais test` compares.
 *
 *     rdv.json      one record of theirs, or one delivery to them (with the key "deliver")
 *     codes.jsonl   one such a line, each tried alone
 *     export.csv    a file as the connector's source of type folder takes it, row by row
 *     export.xml    the same, element by element; or a document as its webhook receives it
 */
#ifndef RELAIS_CLI_SAMPLES_H
#define RELAIS_CLI_SAMPLES_H

#include "base/diagnostics.h"
#include "base/yaml.h"
#include "connectors/mapping/coverage.h"

/* What tries them; all borrowed. */
struct samples {
    const struct mapping *mapping;
    const struct yaml_node *root; /* of the connector's file: how it reads CSV    */
    bool sources;                 /* shows where each value comes from            */
    struct coverage *coverage;    /* or NULL                                      */
    struct diagnostics *diagnostics;
    const char *source; /* that reads a file: cli/sample_source.h; NULL: by the file's name */
};

/* Appends what `relais map` shows of all records of the file. REJECT when the file cannot be read
 * or a record of it is no JSON: `diagnostics` says where. A broken row of a CSV file is shown as
 * the dead letter that it becomes. */
MUST_USE enum outcome samples_try(const struct samples *samples, const char *path,
                                  struct buffer *out);

#endif
