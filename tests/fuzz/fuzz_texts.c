/* SPDX-License-Identifier: Apache-2.0
 *
 * The small readers of one text: identifiers, dates, numbers, codes, encodings, names. What
 * has one written form comes back as it was.
 */
#include <strings.h>

#include "base/crypto.h"
#include "base/uuid.h"
#include "directory/dates.h"
#include "schemas/codes.h"
#include "schemas/communes.h"
#include "schemas/nir.h"
#include "schemas/person_ref.h"
#include "tests/fuzz/fuzz.h"

static const char *const formats[] = {
    "operator_code", "site_code", "region", "departement", "commune",  "siret", "siren",
    "rna",           "rome",      "pcs1",   "phone",       "postcode", "zone",  "rejection",
};

static void check_encodings(struct bytes text)
{
    struct buffer raw = {0};
    struct buffer again = {0};
    char written[UUID_TEXT_SIZE];
    struct uuid id;
    int64_t number;

    if (crypto_unhex(text, &raw)) {
        crypto_hex(buffer_view(&raw), &again);
        FUZZ_CHECK(again.len == text.len);
    }
    buffer_clear(&raw);
    buffer_clear(&again);
    if (crypto_unbase64(text, &raw)) {
        crypto_base64(buffer_view(&raw), &again);
        FUZZ_CHECK(bytes_equal(text, buffer_view(&again)) || text.len == 0);
    }
    if (uuid_parse(text, &id))
        FUZZ_CHECK(strncasecmp(uuid_format(id, written), (const char *)text.data, text.len) == 0);
    if (bytes_to_int64(text, &number)) {
        buffer_clear(&again);
        buffer_printf(&again, "%lld", (long long)number);
        FUZZ_CHECK(again.len <= text.len);
    }
    buffer_deinit(&raw);
    buffer_deinit(&again);
}

/* The text as a commune's code, a day and a postcode. */
static void check_communes(struct bytes text)
{
    struct bytes codes[4];
    struct bytes day = text;
    struct bytes code = fuzz_part(&day, BYTES_LITERAL(" "));
    struct commune commune;
    size_t count = communes_of_postcode(code, codes, 4);

    if (communes_find(code, day.len > 0 ? day : BYTES_NONE, &commune) != COMMUNE_UNKNOWN)
        FUZZ_CHECK(commune.label.len > 0 && commune.departement.len >= 2);
    for (size_t i = 0; i < count && i < 4; i++)
        FUZZ_CHECK(communes_find(codes[i], BYTES_NONE, &commune) == COMMUNE_CURRENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    const char *expected = NULL;
    struct buffer name = {0};
    int64_t at_us;

    check_encodings(text);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (!codes_check(formats[i], text, &expected))
            FUZZ_CHECK(expected && expected[0] != '\0');
        else
            FUZZ_CHECK(text.len > 0 && bytes_is_utf8(text));
    (void)nir_in_text(text);
    (void)nir_in_identifier(text);
    check_communes(text);
    if (dates_parse(text, &at_us))
        FUZZ_CHECK(text.len >= 10 && bytes_is_utf8(text));
    person_ref_normalise(text, &name);
    for (size_t i = 0; i < name.len; i++)
        FUZZ_CHECK(name.data[i] >= 'A' && name.data[i] <= 'Z');
    buffer_deinit(&name);
    return 0;
}
