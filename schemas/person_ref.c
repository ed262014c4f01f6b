/* SPDX-License-Identifier: Apache-2.0
 *
 * Two systems write one name in two ways: accents, case, hyphens, ligatures. What is left
 * after normalising is what both agree on; schemas/person_ref_vectors.csv holds examples.
 */
#include "schemas/person_ref.h"

#include <utf8proc.h>

#include "base/clock.h"
#include "base/crypto.h"

/* Letters that have no decomposition in Unicode but one in use. */
static const struct {
    utf8proc_int32_t letter;
    const char *latin;
} letters[] = {
    {0x00C6, "AE"}, {0x00E6, "AE"}, {0x0152, "OE"}, {0x0153, "OE"}, {0x00DF, "SS"},
    {0x1E9E, "SS"}, {0x00D8, "O"},  {0x00F8, "O"},  {0x0141, "L"},  {0x0142, "L"},
    {0x0110, "D"},  {0x0111, "D"},  {0x00D0, "D"},  {0x00F0, "D"},  {0x00DE, "TH"},
    {0x00FE, "TH"}, {0x0126, "H"},  {0x0127, "H"},  {0x0131, "I"},
};

static void append_letter(utf8proc_int32_t letter, struct buffer *out)
{
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].letter == letter) {
            buffer_append_text(out, letters[i].latin);
            return;
        }
    }
    if (letter >= 'a' && letter <= 'z')
        letter -= 'a' - 'A';
    if (letter >= 'A' && letter <= 'Z')
        buffer_append_byte(out, (uint8_t)letter);
}

void person_ref_normalise(struct bytes name, struct buffer *out)
{
    enum { MOST = 32 }; /* the longest compatibility decomposition has 18 characters */
    size_t at = 0;

    while (at < name.len) {
        utf8proc_int32_t letter;
        utf8proc_int32_t parts[MOST];
        utf8proc_ssize_t used =
            utf8proc_iterate(name.data + at, (utf8proc_ssize_t)(name.len - at), &letter);
        utf8proc_ssize_t count;

        if (used <= 0)
            return;
        at += (size_t)used;
        count = utf8proc_decompose_char(
            letter, parts, MOST, (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), NULL);
        for (utf8proc_ssize_t i = 0; i < count && i < MOST; i++)
            append_letter(parts[i], out);
    }
}

/* Up to the first blank: ASCII's, or a no-break space. */
static struct bytes first_given_name(struct bytes names)
{
    size_t len = 0;

    names = bytes_trim(names);
    while (len < names.len && names.data[len] != ' ' && names.data[len] != '\t' &&
           !(len + 1 < names.len && names.data[len] == 0xC2 && names.data[len + 1] == 0xA0))
        len++;
    return bytes_of(names.data, len);
}

bool person_ref_make(const struct person_key *key, const struct contact *contact,
                     uint8_t ret_ref[PERSON_REF_SIZE])
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    struct buffer text = {0};
    char date[CLOCK_TEXT_SIZE];
    size_t before;
    bool complete;

    if (contact->birth_date == NO_INT || !contact->birth_name.data || !contact->first_names.data)
        return false;
    (void)clock_format(contact->birth_date * US_PER_DAY, date);
    buffer_printf(&text, "relais-person-1\x1F%.10s\x1F", date);
    before = text.len;
    person_ref_normalise(contact->birth_name, &text);
    complete = text.len > before;
    buffer_append_byte(&text, 0x1F);
    before = text.len;
    person_ref_normalise(first_given_name(contact->first_names), &text);
    complete = complete && text.len > before;
    crypto_hmac(bytes_of(key->key, sizeof(key->key)), buffer_view(&text), digest);
    buffer_deinit(&text);
    if (complete)
        memcpy(ret_ref, digest, PERSON_REF_SIZE);
    return complete;
}
