/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fuzz target is made of. One target a parser: it takes any bytes, and besides
 * not crashing it checks what must hold (FUZZ_CHECK), for instance that what was read can
 * be written and read again. Under libFuzzer (preset fuzz) new inputs are searched for;
 * everywhere else replay.c runs the inputs of tests/fuzz/corpus.
 */
#ifndef RELAIS_TESTS_FUZZ_FUZZ_H
#define RELAIS_TESTS_FUZZ_FUZZ_H

#include "base/http_client.h"

/* The one function of a target; libFuzzer prescribes its name. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that an input has broken: says which and aborts. */
#define FUZZ_CHECK(promise) ((promise) ? (void)0 : fuzz_fail(#promise, __FILE__, __LINE__))
_Noreturn void fuzz_fail(const char *promise, const char *file, int line);
/* While it aborts: was it a promise? Else the program ended itself. */
bool fuzz_has_failed(void);

/* What is before the next `separator`, or all that is left: an input of several parts. */
struct bytes fuzz_part(struct bytes *rest, struct bytes separator);
/* The first byte as a number below `below`; 0 when there is none. */
size_t fuzz_choice(struct bytes *rest, size_t below);
/* The next answer of a system: a status, a blank, a content type, a newline, the body; the one
 * after it begins behind a line "%%". Its text is in the arena, its body in `rest`. */
struct http_response fuzz_response(struct bytes *rest, struct arena *arena);
/* A NUL-terminated copy; free() it. */
char *fuzz_text(struct bytes view);

/* For parsers that read files: a path in a folder of this process, removed at its end.
 * free() it. */
char *fuzz_path(const char *name);
/* Writes such a file, of mode 0600; folders of its name are made. BYTES_NONE removes it. */
void fuzz_write(const char *name, struct bytes content);

#endif
