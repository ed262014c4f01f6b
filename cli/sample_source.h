/* SPDX-License-Identifier: Apache-2.0
 *
 * Which source of a connector's file reads a sample that is a file of theirs: the one that is
 * asked for; else, of those that read its format, the one whose `pattern` takes its name. A source
 * is named as the connector names it in its log and metrics, "folder-2", or by its number alone.
 */
#ifndef RELAIS_CLI_SAMPLE_SOURCE_H
#define RELAIS_CLI_SAMPLE_SOURCE_H

#include "base/error.h"
#include "base/yaml.h"

struct sample_source {
    const struct yaml_node *node;
    const char *file; /* the sample's name, without the source's in front of it; borrowed */
    bool is_document; /* a webhook of XML; else a folder */
};

/* `path`: of the sample, whose end says its format; "folder-2.export.csv" asks for folder-2,
 * if that one reads files.
 * `wanted`: the source asked for, or NULL. REJECT: none can read it, or more than one; the error
 * says which there are and how to choose. */
MUST_USE enum outcome sample_source_find(const struct yaml_node *root, const char *path,
                                         const char *wanted, struct sample_source *ret_source,
                                         struct error *err);

#endif
