/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the benchmark's records to standard output, one JSON text a line.
 *
 *     bench_records DESTINATION DAY FIRST COUNT
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/records.h"

int main(int argc, char **argv)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct records_options options;
    uint64_t first, count;

    if (argc != 5) {
        (void)fprintf(stderr, "usage: bench_records DESTINATION DAY FIRST COUNT\n");
        return 2;
    }
    options = (struct records_options){argv[1], argv[2]};
    first = strtoull(argv[3], NULL, 10);
    count = strtoull(argv[4], NULL, 10);
    for (uint64_t i = 0; i < count; i++) {
        struct bytes text;

        arena_reset(&arena);
        text = records_make(&options, first + i, &arena);
        if (printf("%.*s\n", BYTES_ARG(text)) < 0)
            return 1;
    }
    return fflush(stdout) ? 1 : 0;
}
