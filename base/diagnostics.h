/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a file that a person wrote: every mistake at once, each with its
 * place, what was found, what was expected and, where it helps, what to do.
 *
 *     connector.yaml:31:16: table de codes inconnue « rdv_statu »
 *       31 |     status: @.status | code(rdv_statu)
 *          |                             ^^^^^^^^^
 *     attendu : rdv_status, ou l'un de rdv_status, modality
 *
 * An advice is said of what is most likely not meant, but may be: it stands among the mistakes
 * with the word "avis", and is none. Nothing fails by it.
 */
#ifndef RELAIS_BASE_DIAGNOSTICS_H
#define RELAIS_BASE_DIAGNOSTICS_H

#include "base/bytes.h"

/* A place in a text file; lines and columns (in characters) from 1. */
struct place {
    const char *file; /* as the user named it; outlives the diagnostics */
    int32_t line;
    int32_t column;
    int32_t width; /* characters to underline, at least 1 */
};

/* In front of an advice, wherever one is written. */
#define DIAGNOSTICS_ADVICE "avis : "

struct diagnostics;

struct diagnostics *diagnostics_new(void);
void diagnostics_free(struct diagnostics *diagnostics);
DEFINE_CLEANUP(struct diagnostics, diagnostics_free)

/* The text that later places of `file` quote from. Copied. */
void diagnostics_add_source(struct diagnostics *diagnostics, const char *file, struct bytes text);

/* The format says what is wrong; `expected`, or NULL, what would be right: it is written
 * behind "attendu :". All is copied. A place without a line is written without. */
void diagnostics_add(struct diagnostics *diagnostics, struct place place, const char *expected,
                     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same, of an advice: "connector.yaml:31:16: avis : …". */
void diagnostics_advise(struct diagnostics *diagnostics, struct place place, const char *expected,
                        const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Of mistakes; advices do not count. */
size_t diagnostics_count(const struct diagnostics *diagnostics);
size_t diagnostics_advice_count(const struct diagnostics *diagnostics);
/* True when something is said already of what begins there. */
bool diagnostics_have(const struct diagnostics *diagnostics, struct place place);
/* All of them, in the order of file, line, column, with the quoted line and carets. */
void diagnostics_write(const struct diagnostics *diagnostics, struct buffer *out);
/* The first mistake on one line "file:line:column: what ; attendu : …", for an error text. */
void diagnostics_first(const struct diagnostics *diagnostics, struct buffer *out);

/* The nearest of `names` to `word` (at most a third of its letters differ), or NULL:
 * for "did you mean". `names` ends with NULL. */
const char *diagnostics_nearest(struct bytes word, const char *const *names);

#endif
