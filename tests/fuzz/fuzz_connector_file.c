/* SPDX-License-Identifier: Apache-2.0
 *
 * Connector files, whole, as `relais check` reads them. A file that is refused says why, with a
 * place; one that is taken has all that it needs to run.
 */
#include <stdlib.h>

#include "connectors/configuration.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const sets[] = {"KEYS=/k", "HERE=http://localhost", NULL};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(configuration_freep) struct configuration *configuration = NULL;
    char *path = fuzz_path("c.yaml");
    struct buffer shown = {0};
    struct error err;

    fuzz_write("c.yaml", bytes_of(data ? data : (const uint8_t *)"", size));
    if (configuration_read(path, sets, true, diagnostics, &configuration, &err) == OUTCOME_OK) {
        FUZZ_CHECK(configuration->operator_code && configuration->system);
        FUZZ_CHECK(configuration->mapping && configuration->keys_file);
        for (size_t i = 0; i < configuration->source_count; i++)
            FUZZ_CHECK(configuration->sources[i].ops && configuration->sources[i].name);
    } else {
        FUZZ_CHECK(diagnostics_count(diagnostics) > 0 && err.text[0] != '\0');
    }
    diagnostics_write(diagnostics, &shown);
    buffer_deinit(&shown);
    free(path);
    return 0;
}
