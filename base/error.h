/* SPDX-License-Identifier: Apache-2.0
 *
 * The one result type of everything that can fail. It answers the only question
 * callers ask: what next?
 *
 * The failing place sets the text; each caller may prefix context with
 * error_wrap(); only pipelines, workers and commands log it. A text names a field,
 * a rule, a position; never a value of a record (DESIGN.md "No value in a message").
 */
#ifndef RELAIS_BASE_ERROR_H
#define RELAIS_BASE_ERROR_H

#include "base/cleanup.h"

enum outcome {
    OUTCOME_OK = 0,
    OUTCOME_RETRY,  /* may succeed later, unchanged: back off and call again */
    OUTCOME_REJECT, /* this input can never succeed: dead-letter it, go on   */
    OUTCOME_FATAL,  /* nothing will succeed: stop                            */
};

/* Why, for people. On the caller's stack; no allocation. `err` may be NULL wherever
 * a function takes one: then the text is dropped. */
struct error {
    enum outcome outcome;
    char text[512];
};

/* "ok", "retry", "reject", "fatal". Static. */
const char *outcome_name(enum outcome outcome);

/* Both return the outcome, so that a failure is one statement:
 *     return error_set(err, OUTCOME_RETRY, "connect %s: %s", host, why);
 * A text that does not fit is cut at a UTF-8 boundary and ends in "...". */
enum outcome error_set(struct error *err, enum outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Prefixes "context: " and returns err->outcome. With err == NULL it returns
 * `OUTCOME_FATAL`: a caller that branches on the outcome passes an error. */
enum outcome error_wrap(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The text of an errno, written to `text`; any thread (strerror() is not). */
#define ERROR_REASON_SIZE 96
const char *error_reason(int number, char text[ERROR_REASON_SIZE]);

#endif
