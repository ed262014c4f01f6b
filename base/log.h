/* SPDX-License-Identifier: Apache-2.0
 *
 * Structured logs: one JSON object a line on standard error,
 *     {"ts":"2026-03-12T13:00:00.123456Z","level":"info","area":"pipeline","msg":"parked","handoff":"…"}
 *
 * Only pipelines, workers and commands log; what is below them returns an error and at
 * most calls log_debug() (but for what no error can carry up: registry.c). No value of a
 * record is ever logged: fields are ids, codes, counts, positions (DESIGN.md "No value in a
 * message"). Any thread; a line is one write.
 */
#ifndef RELAIS_BASE_LOG_H
#define RELAIS_BASE_LOG_H

#include <stdint.h>

#include "base/bytes.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* The only writable global of the program: atomic, INFO at first. */
void log_set_level(enum log_level level);
/* "debug", "info", "warn", "error"; false for anything else. */
bool log_level_parse(const char *text, enum log_level *ret_level);

enum log_field_type { LOG_FIELD_END, LOG_FIELD_TEXT, LOG_FIELD_BYTES, LOG_FIELD_INT };
struct log_field {
    enum log_field_type type;
    const char *key;
    const char *text;
    struct bytes bytes;
    int64_t number;
};
#define LOG_TEXT(k, v) ((struct log_field){.type = LOG_FIELD_TEXT, .key = (k), .text = (v)})
#define LOG_BYTES(k, v) ((struct log_field){.type = LOG_FIELD_BYTES, .key = (k), .bytes = (v)})
#define LOG_INT(k, v) ((struct log_field){.type = LOG_FIELD_INT, .key = (k), .number = (v)})

/* `area` is the module's name; `message` a fixed text that says what happened. */
#define log_debug(area, ...) log_line_(LOG_DEBUG, area, __VA_ARGS__, LOG_LAST_)
#define log_info(area, ...) log_line_(LOG_INFO, area, __VA_ARGS__, LOG_LAST_)
#define log_warn(area, ...) log_line_(LOG_WARN, area, __VA_ARGS__, LOG_LAST_)
#define log_error(area, ...) log_line_(LOG_ERROR, area, __VA_ARGS__, LOG_LAST_)

/* Behind the macros: log_info("pipeline", "parked", LOG_TEXT("handoff", id)). */
#define LOG_LAST_ ((struct log_field){.type = LOG_FIELD_END})
void log_line_(enum log_level level, const char *area, const char *message, ...);

#endif
