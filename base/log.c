/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

/* A line is one write: it stays below PIPE_BUF, so that lines of several processes on
 * one pipe do not mix. A field that does not fit is left out and the line says so. */
#define LINE_MAX_BYTES 4096
#define LINE_END ",\"cut\":true}\n"
#define LEVEL_COUNT 4

static atomic_int threshold = LOG_INFO;

static const char *level_name(int level)
{
    static const char *const names[LEVEL_COUNT] = {"debug", "info", "warn", "error"};

    return names[level];
}

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
    for (int i = 0; text && i < LEVEL_COUNT; i++)
        if (strcmp(text, level_name(i)) == 0) {
            *ret_level = (enum log_level)i;
            return true;
        }
    return false;
}

static void append_char(struct buffer *line, uint8_t c)
{
    if (c == '"' || c == '\\')
        buffer_printf(line, "\\%c", c);
    else if (c < 0x20 || c == 0x7F)
        buffer_printf(line, "\\u%04x", c);
    else
        buffer_append_byte(line, c);
}

/* RFC 8259, section 7. What is no UTF-8 is shown as escaped Latin-1: a log line is
 * always good JSON. */
static void append_string(struct buffer *line, struct bytes text)
{
    bool utf8 = bytes_is_utf8(text);

    if (!text.data) {
        buffer_append_text(line, "null");
        return;
    }
    buffer_append_byte(line, '"');
    for (size_t i = 0; i < text.len; i++)
        if (!utf8 && text.data[i] >= 0x80)
            buffer_printf(line, "\\u%04x", text.data[i]);
        else
            append_char(line, text.data[i]);
    buffer_append_byte(line, '"');
}

static void append_field(struct buffer *line, const struct log_field *field)
{
    buffer_append_byte(line, ',');
    append_string(line, bytes_of_text(field->key));
    buffer_append_byte(line, ':');
    if (field->type == LOG_FIELD_INT)
        buffer_printf(line, "%lld", (long long)field->number);
    else if (field->type == LOG_FIELD_BYTES)
        append_string(line, field->bytes);
    else
        append_string(line, bytes_of_text(field->text));
}

/* False when it did not fit; then the line is as it was. */
static bool append_whole_field(struct buffer *line, struct log_field field)
{
    size_t before = line->len;

    append_field(line, &field);
    if (!line->overflow)
        return true;
    line->len = before;
    line->overflow = false;
    return false;
}

static void write_line(struct bytes line)
{
    while (line.len > 0) {
        ssize_t done = write(STDERR_FILENO, line.data, line.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* nobody reads the log: there is no one to tell */
        line.data += done;
        line.len -= (size_t)done;
    }
}

void log_line_(enum log_level level, const char *area, const char *message, ...)
{
    CLEANUP(buffer_deinit) struct buffer line = {.max = LINE_MAX_BYTES - sizeof(LINE_END)};
    char ts[CLOCK_TEXT_SIZE];
    bool cut = false;
    struct log_field field;
    va_list args;

    if ((int)level < atomic_load(&threshold))
        return;
    buffer_printf(&line, "{\"ts\":\"%s\",\"level\":\"%s\"",
                  clock_format(clock_wall_us(clock_system()), ts), level_name((int)level));
    cut |= !append_whole_field(&line, LOG_TEXT("area", area));
    cut |= !append_whole_field(&line, LOG_TEXT("msg", message));
    va_start(args, message);
    while ((field = va_arg(args, struct log_field)).type != LOG_FIELD_END)
        cut |= !append_whole_field(&line, field);
    va_end(args);
    line.max = 0;
    buffer_append_text(&line, cut ? LINE_END : "}\n");
    write_line(buffer_view(&line));
}
