/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of the language: one table. The parser, the checks, the errors, the
 * reference and the completion all read it.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_FUNCTIONS_H
#define RELAIS_CONNECTORS_MAPPING_FUNCTIONS_H

#include "connectors/mapping/compiler.h"
#include "connectors/mapping/evaluate.h"

/* Words that stand at the top of `version`, `handoff` and `parent` only. */
enum function_form { FORM_NONE, FORM_STRICT, FORM_GIVEN, FORM_LINK, FORM_BY_PERSON };

#define FUNCTION_MANY 64

struct function {
    const char *name; /* NULL ends the table */
    const char *usage;
    unsigned takes; /* types of its value arguments, a set of 1 << TYPE_… */
    uint8_t min;    /* arguments, the piped one included */
    uint8_t max;
    uint8_t values; /* the first so many are expressions, the others constants */
    enum value_type result;
    bool same; /* yields the type of its arguments */
    bool lazy; /* evaluates its arguments itself   */
    enum function_form form;
    /* Checks the constant arguments; what it returns becomes expression->prepared. False
     * after a mistake. NULL: nothing to prepare. */
    bool (*prepare)(struct compiler *compiler, struct expression *expression);
    struct value (*call)(struct evaluation *evaluation, const struct expression *expression,
                         const struct value *args);
    const char *doc; /* French, for the reference */
};

const struct function *functions_find(struct bytes name);
/* By number, NULL behind the last one. */
const struct function *functions_at(size_t index);
/* Names, NULL at the end, in the compiler's arena. */
const char *const *functions_names(struct compiler *compiler);

/* Rows' `prepare` and `call`, by file. */
bool functions_prepare_times(struct compiler *compiler, struct expression *expression);
bool functions_prepare_format(struct compiler *compiler, struct expression *expression);
bool functions_prepare_number(struct compiler *compiler, struct expression *expression);
bool functions_prepare_in_zone(struct compiler *compiler, struct expression *expression);
bool functions_prepare_pattern(struct compiler *compiler, struct expression *expression);
bool functions_prepare_unit(struct compiler *compiler, struct expression *expression);
bool functions_prepare_meaning(struct compiler *compiler, struct expression *expression);
bool functions_prepare_link(struct compiler *compiler, struct expression *expression);
bool functions_prepare_by_person(struct compiler *compiler, struct expression *expression);
bool functions_prepare_check(struct compiler *compiler, struct expression *expression);
bool functions_prepare_code_list(struct compiler *compiler, struct expression *expression);

/* What lookup(…) prepares. */
struct functions_lookup {
    const struct lookup_table *table;
    size_t column;
};
bool functions_prepare_receiver(struct compiler *compiler, struct expression *expression);
bool functions_prepare_lookup(struct compiler *compiler, struct expression *expression);

/* True for a long number that a spreadsheet wrote as 1,2E+13: its digits are lost. */
bool functions_is_damaged(struct bytes text);
#define FUNCTIONS_DAMAGED                                                                          \
    "tous ses chiffres ; 1,2E+13 est ce qu'un tableur fait d'un long nombre : sa colonne doit "    \
    "être exportée comme du texte"

#define FUNCTION_CALL(name)                                                                        \
    struct value functions_call_##name(struct evaluation *evaluation,                              \
                                       const struct expression *expression,                        \
                                       const struct value *args)
FUNCTION_CALL(first_of);
FUNCTION_CALL(default);
FUNCTION_CALL(required);
FUNCTION_CALL(or_none);
FUNCTION_CALL(none_if);
FUNCTION_CALL(if);
FUNCTION_CALL(present);
FUNCTION_CALL(empty);
FUNCTION_CALL(trim);
FUNCTION_CALL(squeeze);
FUNCTION_CALL(lower);
FUNCTION_CALL(upper);
FUNCTION_CALL(normalise);
FUNCTION_CALL(cut);
FUNCTION_CALL(cut_bytes);
FUNCTION_CALL(join);
FUNCTION_CALL(split);
FUNCTION_CALL(contains);
FUNCTION_CALL(starts_with);
FUNCTION_CALL(meaning);
FUNCTION_CALL(text);
FUNCTION_CALL(code);
FUNCTION_CALL(datetime);
FUNCTION_CALL(date);
FUNCTION_CALL(format);
FUNCTION_CALL(integer);
FUNCTION_CALL(boolean);
FUNCTION_CALL(phone);
FUNCTION_CALL(check);
FUNCTION_CALL(link);
FUNCTION_CALL(pick);
FUNCTION_CALL(like);
FUNCTION_CALL(pad);
FUNCTION_CALL(datetime_in);
FUNCTION_CALL(decimal);
FUNCTION_CALL(minutes);
FUNCTION_CALL(order);
FUNCTION_CALL(has_nir);
FUNCTION_CALL(lookup);
FUNCTION_CALL(regional);
FUNCTION_CALL(operator_of);

#endif
