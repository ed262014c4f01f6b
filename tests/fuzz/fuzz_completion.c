/* SPDX-License-Identifier: Apache-2.0
 *
 * A notice and what the system answers to the calls for its whole record. First byte: which
 * source it comes from; then, separated by "%%" lines, the notice and the answers: a status, a
 * blank, a content type, a newline, the body. Every call can be sent, a record that became whole
 * is one JSON object and can be mapped, and what never becomes whole says why.
 */
#include <stdlib.h>

#include "connectors/mapping/completion.h"
#include "tests/fuzz/fuzz.h"

static const char file[] = "fallback_encoding: windows-1252\n"
                           "source:\n"
                           "  - type: webhook\n"
                           "    detail: { request: \"GET /d/{$.id}?vue={header.X-Vue}\" }\n"
                           "  - type: webhook\n"
                           "    detail:\n"
                           "      - request: GET /d/{$.id}\n"
                           "      - request: GET /p/{$.detail.personne.id}/{$.detail.dossiers[0]}\n"
                           "        as: personne\n"
                           "        gone: 404\n"
                           "records:\n"
                           "  - emit: referral\n"
                           "    entity: $.id\n"
                           "    version: $.le | datetime(iso, \"Europe/Paris\")\n"
                           "    handoff: own\n"
                           "    fields: { status: ISSUED, to_operator: o22 }\n";

static struct arena kept;
static struct mapping *mapping;

static void unmake(void)
{
    mapping_free(mapping);
    arena_deinit(&kept);
}

static void make(void)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    struct yaml_node *root = NULL;
    struct error err;

    FUZZ_CHECK(yaml_read("file", bytes_of_text(file), &kept, diagnostics, &root, &err) ==
               OUTCOME_OK);
    FUZZ_CHECK(mapping_new(root, diagnostics, &mapping, &err) == OUTCOME_OK);
    FUZZ_CHECK(atexit(unmake) == 0);
}

static void check_path(const char *path)
{
    FUZZ_CHECK(path[0] == '/');
    for (; *path; path++)
        FUZZ_CHECK((unsigned char)*path > ' ' && *path != 0x7F);
}

static void check_record(struct bytes record, const struct mapping_input *notice,
                         struct arena *arena)
{
    struct mapping_input input = *notice;
    struct mapping_items items = {0};
    struct error err;

    FUZZ_CHECK(record.len >= 2 && record.data[0] == '{' && record.data[record.len - 1] == '}');
    FUZZ_CHECK(bytes_is_utf8(record));
    input.body = record;
    FUZZ_CHECK(mapping_read(mapping, &input, arena, &items, &err) == OUTCOME_OK);
}

static void complete(size_t source, struct bytes rest, struct arena *arena)
{
    struct http_header header = {"X-Vue", "tout"};
    struct mapping_input input = {
        .body = fuzz_part(&rest, BYTES_LITERAL("\n%%\n")), .headers = &header, .header_count = 1};
    enum completion_step step;
    int calls = 0;
    struct completion *completion = NULL;
    struct completion_call call;
    const char *code = NULL;
    const char *detail = NULL;
    struct error err;

    if (completion_begin(mapping, source, &input, arena, &completion, &err) != OUTCOME_OK)
        return;
    while ((step = completion_next(completion, &call)) == COMPLETION_CALL) {
        struct http_response response = fuzz_response(&rest, arena);
        enum completion_answer verdict;

        FUZZ_CHECK(++calls <= COMPLETION_CALLS_MOST && call.name);
        check_path(call.path);
        verdict = completion_answer(completion, &response);
        if (verdict == COMPLETION_LATER || verdict == COMPLETION_UNREADABLE)
            return;
        if (verdict == COMPLETION_REFUSED)
            break;
    }
    if (step == COMPLETION_WHOLE) {
        check_record(completion_record(completion), &input, arena);
        return;
    }
    completion_reason(completion, &code, &detail);
    FUZZ_CHECK(code && detail && *detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    size_t source = fuzz_choice(&rest, 2);
    struct arena arena = {0};

    if (!mapping)
        make();
    complete(source, rest, &arena);
    arena_deinit(&arena);
    return 0;
}
