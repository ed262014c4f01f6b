/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/directory_entries.h"

struct directory_entry directory_entries_operator(const char *code, const char *region)
{
    struct directory_entry entry;

    record_init(&directory_table, &entry);
    entry.kind = DIRECTORY_OPERATOR;
    entry.code = bytes_of_text(code);
    entry.name = BYTES_LITERAL("Opérateur inventé");
    entry.network = BYTES_LITERAL("regional");
    entry.region = bytes_of_text(region);
    return entry;
}

struct directory_entry directory_entries_key(const struct operator_keys *keys)
{
    struct directory_entry entry;

    record_init(&directory_table, &entry);
    entry.kind = DIRECTORY_KEY;
    entry.code = bytes_of_text(keys->public.seal_key_id);
    entry.operator_code = bytes_of_text(keys->operator_code);
    entry.seal_key_id = bytes_of_text(keys->public.seal_key_id);
    entry.seal_key = bytes_of(keys->public.seal_key, KEY_SIZE);
    entry.signing_key_id = bytes_of_text(keys->public.signing_key_id);
    entry.signing_key = bytes_of(keys->public.signing_key, KEY_SIZE);
    return entry;
}
