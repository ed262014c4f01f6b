/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files. What is read can be written and read again; what is refused leaves no key
 * behind, and its message holds nothing of the file.
 */
#include <stdlib.h>

#include "base/crypto.h"
#include "schemas/keys.h"
#include "tests/fuzz/fuzz.h"

static void check_message(const struct error *err, struct bytes content)
{
    FUZZ_CHECK(err->outcome == OUTCOME_FATAL);
    for (size_t i = 0; i + 24 <= content.len; i += 24) {
        char *piece = fuzz_text(bytes_of(content.data + i, 24));

        if (strlen(piece) == 24)
            FUZZ_CHECK(!strstr(err->text, piece));
        free(piece);
    }
}

static void write_and_read_again(const struct operator_keys *keys)
{
    char *path = fuzz_path("again.yaml");
    struct operator_keys again;
    struct error err;

    fuzz_write("again.yaml", BYTES_NONE);
    FUZZ_CHECK(keys_write(keys, path, &err) == OUTCOME_OK);
    if (keys_read(path, &again, &err) != OUTCOME_OK)
        abort(); /* only without memory */
    FUZZ_CHECK(memcmp(keys, &again, sizeof(again)) == 0);
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes content = bytes_of(data, size);
    struct operator_keys keys;
    struct person_key person;
    struct error err;
    char *path = fuzz_path("keys.yaml");

    crypto_init();
    fuzz_write("keys.yaml", content);
    if (keys_read(path, &keys, &err) == OUTCOME_OK)
        write_and_read_again(&keys);
    else
        check_message(&err, content);
    if (person_key_read(path, &person, &err) == OUTCOME_OK)
        FUZZ_CHECK(strlen(person.key_id) == 16);
    else
        check_message(&err, content);
    free(path);
    return 0;
}
