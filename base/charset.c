/* SPDX-License-Identifier: Apache-2.0 */
#include "base/charset.h"

#include <iconv.h>
#include <stdlib.h>

#include <utf8proc.h>

#define NO_CHARACTER UINT32_MAX

struct charset {
    const char *name;
    bool utf8;
    uint32_t characters[256]; /* of each byte */
};

static const struct {
    const char *name;
    const char *iconv_name; /* NULL: UTF-8 */
} known[] = {
    {"utf-8", NULL},
    {"windows-1252", "WINDOWS-1252"},
    {"latin-1", "ISO-8859-1"},
    {"latin-9", "ISO-8859-15"},
};

/* Where iconv knows no character for a byte (five of Windows-1252), the table knows none. */
static bool read_table(const char *iconv_name, uint32_t characters[256])
{
    iconv_t converter = iconv_open("UTF-32LE", iconv_name);

    if (converter == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): POSIX says so */
        return false;
    for (unsigned value = 0; value < 256; value++) {
        char byte = (char)(unsigned char)value;
        uint8_t made[4] = {0};
        char *in = &byte;
        char *out = (char *)made;
        size_t in_left = 1;
        size_t out_left = sizeof(made);
        bool good = iconv(converter, &in, &in_left, &out, &out_left) != (size_t)-1 && out_left == 0;

        characters[value] = good ? (uint32_t)made[0] | (uint32_t)made[1] << 8 |
                                       (uint32_t)made[2] << 16 | (uint32_t)made[3] << 24
                                 : NO_CHARACTER;
    }
    (void)iconv_close(converter);
    return true;
}

struct charset *charset_new(const char *name)
{
    CLEANUP(charset_freep) struct charset *charset = xcalloc(1, sizeof(*charset));

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        charset->name = known[i].name;
        charset->utf8 = !known[i].iconv_name;
        if (!charset->utf8 && !read_table(known[i].iconv_name, charset->characters))
            return NULL;
        return TAKE(charset);
    }
    return NULL;
}

void charset_free(struct charset *charset)
{
    free(charset);
}

const char *charset_name(const struct charset *charset)
{
    return charset->name;
}

bool charset_decode(const struct charset *charset, struct bytes text, struct buffer *out)
{
    size_t before = out->len;

    if (charset->utf8) {
        if (!bytes_is_utf8(text))
            return false;
        buffer_append_bytes(out, text);
        return true;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint32_t character = charset->characters[text.data[i]];
        utf8proc_uint8_t made[4];

        if (character == NO_CHARACTER) {
            out->len = before;
            return false;
        }
        if (character < 0x80)
            buffer_append_byte(out, (uint8_t)character);
        else
            buffer_append(out, made,
                          (size_t)utf8proc_encode_char((utf8proc_int32_t)character, made));
    }
    return true;
}

static bool byte_of(const struct charset *charset, uint32_t character, uint8_t *ret_byte)
{
    for (unsigned value = 0; value < 256; value++) {
        if (charset->characters[value] != character)
            continue;
        *ret_byte = (uint8_t)value;
        return true;
    }
    return false;
}

size_t charset_encode(const struct charset *charset, struct bytes text, struct buffer *out)
{
    size_t unfit = 0;

    if (charset->utf8) {
        buffer_append_bytes(out, text);
        return 0;
    }
    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t character = 0;
        utf8proc_ssize_t taken =
            utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.len - at), &character);
        uint8_t byte = '?';

        if (taken <= 0)
            taken = 1;
        if (character < 0 || !byte_of(charset, (uint32_t)character, &byte))
            unfit++;
        buffer_append_byte(out, byte);
        at += (size_t)taken;
    }
    return unfit;
}
