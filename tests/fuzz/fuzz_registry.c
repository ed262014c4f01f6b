/* SPDX-License-Identifier: Apache-2.0
 *
 * What a schema registry answers, to each question that is asked of it; and the schema in it, as
 * that of a record of ours.
 */
#include "schemas/avro.h"
#include "schemas/registry_answer.h"
#include "schemas/schema_texts.h"
#include "tests/fuzz/fuzz.h"

static void check_message(const char *message)
{
    size_t len = strnlen(message, REGISTRY_MESSAGE_SIZE);

    FUZZ_CHECK(len < REGISTRY_MESSAGE_SIZE);
    FUZZ_CHECK(bytes_is_utf8(bytes_of(message, len)));
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK((unsigned char)message[i] >= ' ' && message[i] != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes body = bytes_of(data, size);
    char message[REGISTRY_MESSAGE_SIZE];
    struct registry_place place = {0};
    struct arena arena = {0};
    struct bytes text = BYTES_NONE;
    struct error err;

    if (registry_answer_place(body, &place, &err) == OUTCOME_OK)
        FUZZ_CHECK(place.id > 0 && place.id < REGISTRY_ID_END && place.version >= 0);
    FUZZ_CHECK(registry_answer_error(body, message) >= 0);
    check_message(message);
    if (registry_answer_schema(body, &arena, &text, &err) == OUTCOME_OK) {
        for (size_t i = 0; i < schema_text_count; i++) {
            CLEANUP(avro_plan_freep) struct avro_plan *plan = NULL;

            FUZZ_CHECK(avro_plan_new(text, schema_texts[i].table, &plan, &err) != OUTCOME_FATAL);
        }
    }
    arena_deinit(&arena);
    return 0;
}
