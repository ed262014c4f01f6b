/* SPDX-License-Identifier: Apache-2.0
 *
 * XML of any kind. Each record is JSON or has a defect, lines grow, and a document reads the
 * same in pieces as in one.
 */
#include "base/json.h"
#include "base/xml.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static const char *const elements[] = {NULL, "r", "l/r", "g:r"};
static const char *const lists[] = {"x", "g:y", NULL};
static const struct xml_namespace namespaces[] = {{"g", "urn:g"}, {"xmlns", "urn:d"}};

struct pieces {
    struct bytes left;
    size_t most;
};

static enum outcome fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                         struct error *err)
{
    struct pieces *pieces = context;
    size_t got = pieces->left.len < pieces->most ? pieces->left.len : pieces->most;

    (void)err;
    FUZZ_CHECK(got <= size);
    if (got > 0)
        memcpy(room, pieces->left.data, got);
    pieces->left = bytes_of(pieces->left.data + got, pieces->left.len - got);
    *ret_got = got;
    return OUTCOME_OK;
}

/* All records, as one text. Not why a document is refused: of two reasons Expat tells the one that
 * its pieces show it first. */
static enum outcome read_all(const struct xml_options *options, size_t lines, struct buffer *out)
{
    CLEANUP(xml_reader_freep) struct xml_reader *reader = xml_reader_new(options);
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct error err = {0};
    int64_t line = 1;

    for (;;) {
        struct xml_record record = {.json = BYTES_NONE};
        enum outcome outcome = xml_read(reader, &arena, &record, &err);
        yyjson_doc *document;

        if (outcome != OUTCOME_OK || record.number == 0)
            return outcome;
        FUZZ_CHECK(record.line >= line && record.line <= (int64_t)lines + 1);
        FUZZ_CHECK(!record.defect == (record.json.data != NULL));
        line = record.line;
        buffer_append_text(out, record.defect ? record.defect : "");
        if (record.json.data) {
            buffer_append_bytes(out, record.json);
            document = json_read(record.json);
            FUZZ_CHECK(yyjson_is_obj(yyjson_doc_get_root(document)));
            yyjson_doc_free(document);
        }
        arena_reset(&arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    struct xml_options options = {.element = elements[fuzz_choice(&rest, 4)],
                                  .lists = lists,
                                  .namespaces = namespaces,
                                  .namespace_count = fuzz_choice(&rest, 3),
                                  .record_most = 512};
    struct pieces pieces = {.most = 1 + fuzz_choice(&rest, 7)};
    CLEANUP(buffer_deinit) struct buffer whole = {0};
    CLEANUP(buffer_deinit) struct buffer parts = {0};
    CLEANUP(buffer_deinit) struct buffer checked = {0};
    enum outcome outcome;
    enum outcome again;

    options.text = rest;
    outcome = read_all(&options, size, &whole);
    pieces.left = rest;
    options.fill = fill;
    options.context = &pieces;
    again = read_all(&options, size, &parts);
    if (outcome == OUTCOME_RETRY || again == OUTCOME_RETRY) /* no memory for a charset */
        return 0;
    FUZZ_CHECK(again == outcome);
    FUZZ_CHECK(bytes_equal(buffer_view(&whole), buffer_view(&parts)));
    options.fill = NULL;
    options.checks = true;
    again = read_all(&options, size, &checked);
    FUZZ_CHECK(again == outcome || again == OUTCOME_RETRY);
    return 0;
}
