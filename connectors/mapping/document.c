/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/document.h"

#include "connectors/mapping/functions.h"

void document_write(struct buffer *out)
{
    buffer_append_text(out, "### Fonctions\n\n| Écriture | Sens |\n|---|---|\n");
    for (size_t i = 0; functions_at(i); i++) {
        buffer_append_text(out, "| `");
        for (const char *at = functions_at(i)->usage; *at; at++)
            buffer_append_text(out, *at == '|' ? "\\|" : (char[]){*at, '\0'});
        buffer_printf(out, "` | %s |\n", functions_at(i)->doc);
    }
}
