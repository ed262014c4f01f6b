/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions → values. Allocates from the caller's arena only; recursion is as deep as the
 * expression, which the parser bounds.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EVALUATE_H
#define RELAIS_CONNECTORS_MAPPING_EVALUATE_H

#include "connectors/mapping/plan.h"

#define MAX_PARENTS 4

/* Why a value could not be made. Texts are static or in the arena. */
struct failure {
    const char *code;
    struct place place;
    const char *what;     /* without values */
    const char *expected; /* or NULL */
    struct bytes shown;   /* the value, for `relais map` only */
};

struct answer_document {
    const char *call;
    yyjson_val *root;
};

struct evaluation {
    const struct mapping *mapping;
    struct arena *arena;
    /* The record, or the answer at hand. */
    yyjson_val *record;
    yyjson_val **slots;
    yyjson_val *item;
    yyjson_val *parents[MAX_PARENTS]; /* nearest first */
    const struct mapping_input *input;
    int64_t moment_us; /* the record's: version time, else occurred_at; NO_TIME */
    /* Outbound */
    const struct delivery_input *delivery;
    const struct answer_document *answers;
    size_t answer_count;
    const struct http_response *response;
    struct coverage *coverage; /* what is used is noted there; NULL but in `relais test` */
    const char *call;          /* name of the call in the making: a part of its idempotency key */
    struct receiver_key receiver; /* of the item, once its to_operator is stored */
    const char *loses;            /* what a code does not say of ours: the first since cleared */
    size_t unknown_codes;         /* that an `else` took */
    struct failure failure;       /* the first one since it was cleared */
};

struct value evaluate(struct evaluation *evaluation, const struct expression *expression);
/* The whole answer of evaluate_is_present(), which asks here when it is not plain. */
bool evaluate_is_there(const struct evaluation *evaluation, const struct value *value);
/* True for a value that is there: not missing, null, blank or a sentinel. */
static inline bool evaluate_is_present(const struct evaluation *evaluation,
                                       const struct value *value)
{
    if (value->kind == VALUE_MISSING || value->kind == VALUE_NULL)
        return false;
    if ((value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER) && value->text.len > 0 &&
        value->text.data[0] > ' ' && evaluation->mapping->sentinel_count == 0)
        return true;
    return evaluate_is_there(evaluation, value);
}
/* Condition: true only for true; a failure is false and stands in the evaluation. */
bool evaluate_is_true(struct evaluation *evaluation, const struct expression *expression);
/* The value as text, in the arena where it must be made; BYTES_NONE when not present. Objects
 * and lists fail. */
struct bytes evaluate_text(struct evaluation *evaluation, const struct expression *expression,
                           bool *ret_failed);
/* Text of what is none; evaluate_value_text() asks here. */
struct bytes evaluate_written(struct evaluation *evaluation, const struct value *value);
/* The value itself as text: BYTES_NONE for nodes, lists and nothing. */
static inline struct bytes evaluate_value_text(struct evaluation *evaluation,
                                               const struct value *value)
{
    return value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER
               ? value->text
               : evaluate_written(evaluation, value);
}
/* Decimal digits, NUL-terminated. */
struct bytes evaluate_integer_text(struct arena *arena, int64_t integer);
/* Notes why (the first time), and is the failed value. */
struct value evaluate_fail(struct evaluation *evaluation, const struct expression *expression,
                           const char *code, const char *what, const char *expected,
                           struct bytes shown);
/* What reads like a social security number stands where others may read it: false. */
bool evaluate_refuse_nir(struct evaluation *evaluation, const struct expression *expression);
/* Codes of schemas/codes.h rejection_codes. */
#define FAIL_UNKNOWN_CODE "unknown_code"
#define FAIL_MISSING_FIELD "missing_field"
#define FAIL_BAD_VALUE "bad_value"
#define FAIL_MAPPING "mapping_error"
#define FAIL_PERSONAL_DATA "personal_data"
#define FAIL_LOOKUP_NOT_FOUND "lookup_not_found"
#define FAIL_AMBIGUOUS_LOOKUP "ambiguous_lookup"
#define FAIL_UNKNOWN_HANDOFF "unknown_handoff"
#define FAIL_NOT_EXPRESSIBLE "not_expressible"
/* No failure at all: the delivery is skipped, for the reason that stands there. */
#define FAIL_SKIP "skip"

#endif
