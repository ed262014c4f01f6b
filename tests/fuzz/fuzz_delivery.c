/* SPDX-License-Identifier: Apache-2.0
 *
 * What an operator's system may answer. First byte: the kind of event, second: which one of
 * that kind (made from it), third: the connector file; then the answers, separated by "%%"
 * lines: a status, a blank, a content type, a newline, the body. Every call can be sent: a
 * path without blanks or control characters, headers without control characters.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/operator_files.h"
#include "tests/support/generate.h"

/* More than the calls of any rule. */
#define MOST_STEPS 100

static const enum event_type types[] = {EVENT_REFERRAL, EVENT_APPOINTMENT, EVENT_CLOSURE,
                                        EVENT_REJECTION, EVENT_NOTICE};
static bool is_printable(const char *text, char least)
{
    for (; *text; text++)
        if ((*text > 0 && *text < least) || *text == 0x7F)
            return false;
    return true;
}

static void check_call(const struct delivery_call *call)
{
    FUZZ_CHECK(call->name && call->method && call->path);
    /* A row of a file (WRITE) names its file; everything else goes to an address. */
    FUZZ_CHECK(strcmp(call->method, "WRITE") == 0 || call->path[0] == '/');
    FUZZ_CHECK(is_printable(call->path, '!'));
    for (size_t i = 0; i < call->header_count; i++)
        FUZZ_CHECK(call->headers[i].name && is_printable(call->headers[i].value, ' '));
    if (call->body.data)
        FUZZ_CHECK(bytes_is_utf8(call->body));
}

static void deliver(const struct mapping *mapping, const struct delivery_input *input,
                    struct bytes answers, struct arena *arena)
{
    struct delivery *delivery = NULL;
    struct delivery_call call;
    struct http_response response;
    enum delivery_verdict verdict;
    const char *code = NULL;
    const char *detail = NULL;
    size_t count = 0;
    struct error err;

    if (delivery_begin(mapping, input, arena, &delivery, &err) != OUTCOME_OK)
        return;
    verdict = delivery_next(delivery, &call);
    for (int steps = 0; verdict == DELIVERY_CALL; steps++) {
        FUZZ_CHECK(steps < MOST_STEPS);
        check_call(&call);
        response = fuzz_response(&answers, arena);
        verdict = delivery_answer(delivery, &response);
        if (verdict == DELIVERY_CALL)
            verdict = delivery_next(delivery, &call);
    }
    if (verdict == DELIVERY_NEVER) {
        delivery_reason(delivery, &code, &detail);
        FUZZ_CHECK(code && detail);
    } else if (verdict == DELIVERY_DONE) {
        const struct link_note *notes = delivery_links(delivery, &count);

        for (size_t i = 0; i < count; i++)
            FUZZ_CHECK(notes[i].kind.data && notes[i].key.data);
        (void)delivery_receiver_ref(delivery);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct operator_files *files = operator_files();
    struct bytes rest = bytes_of(data, size);
    enum event_type type = types[fuzz_choice(&rest, sizeof(types) / sizeof(types[0]))];
    size_t seed = fuzz_choice(&rest, 256);
    const struct mapping *mapping = files->mappings[fuzz_choice(&rest, files->count)];
    const struct link_note links[] = {
        {BYTES_LITERAL("own"), BYTES_LITERAL("12/é\r\n x")},
        {BYTES_LITERAL("dossier"), BYTES_LITERAL("34")},
        {BYTES_LITERAL("person"), BYTES_LITERAL("56?a=b&c")},
    };
    struct arena arena = {0};
    struct generator generator;
    struct event event;
    struct contact contact;
    const struct delivery_input input = {.event = &event,
                                         .contact = seed % 2 ? &contact : NULL,
                                         .links = links,
                                         .link_count = seed % 4,
                                         .idempotency_key = BYTES_LITERAL("event")};

    generate_init(&generator, seed);
    generate_event(&generator, type, &arena, &event);
    generate_record(&generator, &contact_table, &arena, &contact);
    deliver(mapping, &input, rest, &arena);
    arena_deinit(&arena);
    return 0;
}
