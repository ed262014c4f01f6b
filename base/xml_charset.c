/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml_charset.h"

#include <strings.h>

#include <utf8proc.h>

/* What a first line calls them. */
static const struct {
    const char *said;
    const char *charset;
} charsets[] = {
    {"windows-1252", "windows-1252"}, {"cp1252", "windows-1252"}, {"iso-8859-15", "latin-9"},
    {"iso_8859-15", "latin-9"},       {"latin-9", "latin-9"},     {"latin9", "latin-9"},
    {"latin-1", "latin-1"},           {"latin1", "latin-1"},
};

static const char *charset_called(const char *said)
{
    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
        if (strcasecmp(charsets[i].said, said) == 0)
            return charsets[i].charset;
    return NULL;
}

/* -1: it is no character. */
static int character_of(const struct charset *charset, uint8_t byte)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};
    utf8proc_int32_t character = -1;

    if (charset_decode(charset, bytes_of(&byte, 1), &text))
        (void)utf8proc_iterate(text.data, (utf8proc_ssize_t)text.len, &character);
    return character;
}

enum outcome xml_charset_map(const char *said, int ret_map[256], struct error *err)
{
    const char *name = charset_called(said);
    CLEANUP(charset_freep) struct charset *charset = name ? charset_new(name) : NULL;

    if (!name)
        return error_set(err, OUTCOME_REJECT, "no charset that is known here");
    if (!charset)
        return error_set(err, OUTCOME_RETRY, "this system's iconv lacks %s", name);
    for (int byte = 0; byte < 256; byte++)
        ret_map[byte] = character_of(charset, (uint8_t)byte);
    return OUTCOME_OK;
}

const char *xml_charset_name(const struct charset *charset)
{
    if (!charset)
        return NULL;
    return strcmp(charset_name(charset), "latin-1") == 0 ? "ISO-8859-1" : charset_name(charset);
}
