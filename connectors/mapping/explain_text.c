/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/explain_text.h"

#include "connectors/mapping/mapping.h"
#include "schemas/nir.h"

#define SHOWN 60
#define BARE_NUMBER 13
#define HIDDEN "(un numéro de sécurité sociale)"

static void write_cut(struct bytes text, bool hidden, struct buffer *out)
{
    size_t len = text.len < SHOWN ? text.len : SHOWN;

    if (hidden) {
        buffer_append_text(out, HIDDEN);
        return;
    }
    while (len < text.len && len > 0 && (text.data[len] & 0xC0) == 0x80)
        len--;
    buffer_append(out, text.data, len);
    if (len < text.len)
        buffer_append_text(out, "…");
}

void explain_text_value(struct bytes text, bool personal, struct buffer *out)
{
    bool rather_instant = !personal && text.len == BARE_NUMBER;

    write_cut(text, rather_instant ? nir_in_identifier(text) : nir_in_text(text), out);
}

void explain_text_id(struct bytes id, struct buffer *out)
{
    write_cut(id, nir_in_identifier(id), out);
}

void explain_text_whole(struct bytes text, struct buffer *out)
{
    struct bytes found;

    while (nir_find(text, &found)) {
        size_t before = (size_t)(found.data - text.data);

        buffer_append(out, text.data, before);
        buffer_append_text(out, HIDDEN);
        text = bytes_of(found.data + found.len, text.len - before - found.len);
    }
    buffer_append_bytes(out, text);
}

void explain_text_echo(const struct echo_note *echo, struct buffer *out)
{
    explain_text_id(echo->of, out);
    buffer_append_text(out, " dit ");
    explain_text_whole(echo->says, out);
}
