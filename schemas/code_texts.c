/* SPDX-License-Identifier: Apache-2.0
 *
 * The long lists of schemas/codes, as they are, in the program's read-only part. By the assembler:
 * as an array of numbers a list of a megabyte costs a compiler minutes and gigabytes.
 */
#include "schemas/code_lists.h"

/* CODES_FOLDER: schemas/CMakeLists.txt, which also makes this file depend on the lists. */
#define EMBED(symbol, file)                                                                        \
    __asm__(".pushsection .rodata, \"a\"\n"                                                        \
            ".hidden " #symbol "\n.global " #symbol "\n" #symbol ":\n"                             \
            ".incbin \"" CODES_FOLDER "/" file "\"\n"                                              \
            ".hidden " #symbol "_end\n.global " #symbol "_end\n" #symbol "_end:\n.byte 0\n"        \
            ".popsection\n")

EMBED(code_texts_commune, "commune.csv");
EMBED(code_texts_postcode, "postcode.csv");
