/* SPDX-License-Identifier: Apache-2.0
 *
 * Any Kafka record, as `relais tail` and `relais trace` show it: first byte: is there a value;
 * then the key, a newline, the value. What is shown is one line that no terminal obeys, and one
 * JSON object.
 */
#include <stdlib.h>
#include <yyjson.h>

#include "base/json.h"
#include "cli/story.h"
#include "tests/fuzz/fuzz.h"

static struct wire *wire;

static void unmake(void)
{
    wire_free(wire);
}

/* Text of one line: no control characters, which a terminal could take for orders. */
static void check_line(struct bytes line)
{
    FUZZ_CHECK(bytes_is_utf8(line));
    for (size_t i = 0; i < line.len; i++) {
        FUZZ_CHECK(line.data[i] >= ' ' && line.data[i] != 0x7F);
        FUZZ_CHECK(line.data[i] != 0xC2 || i + 1 == line.len || line.data[i + 1] >= 0xA0);
    }
}

static void check_json(struct bytes json)
{
    yyjson_doc *document = json_read(json);

    FUZZ_CHECK(document && yyjson_is_obj(yyjson_doc_get_root(document)));
    yyjson_doc_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    bool has_value = fuzz_choice(&rest, 2) == 1;
    struct kafka_message message = {.topic = "relais.o21.inbox.v1", .timestamp_ms = 1};
    struct arena arena = {0};
    struct buffer out = {0};
    struct story story;

    if (!wire) {
        wire = wire_new();
        FUZZ_CHECK(atexit(unmake) == 0);
    }
    message.key = fuzz_part(&rest, BYTES_LITERAL("\n"));
    message.value = has_value ? rest : BYTES_NONE;
    story_decode(wire, &message, &arena, &story);
    story_line(&story, &out);
    FUZZ_CHECK(out.len > 0 && out.data[out.len - 1] == '\n');
    check_line(bytes_of(out.data, out.len - 1));
    buffer_clear(&out);
    story_sentence(&story, &out);
    check_line(buffer_view(&out));
    buffer_clear(&out);
    story_json(&story, &out);
    check_json(buffer_view(&out));
    (void)story_handoff(&story);
    buffer_deinit(&out);
    arena_deinit(&arena);
    return 0;
}
