/* SPDX-License-Identifier: Apache-2.0
 *
 * What an expression is once compiled, and what it yields. Immutable after compilation;
 * shared by all threads. Everything lives in the plan's arena.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_EXPRESSION_H
#define RELAIS_CONNECTORS_MAPPING_EXPRESSION_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "schemas/events.h"

/* ---- Values --------------------------------------------------------------------------- */

enum value_kind {
    VALUE_MISSING, /* the key is not there  */
    VALUE_NULL,    /* it is there, and null */
    VALUE_TEXT,
    VALUE_NUMBER, /* digits as the record wrote them, in `text` */
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_TIME,
    VALUE_DATE, /* `integer`: days since 1970-01-01 */
    VALUE_NODE, /* an object or a list of the record, not looked into */
    VALUE_LIST,
    VALUE_REGIONAL,    /* the operator of a region, whose code is `text` */
    VALUE_OPERATOR_OF, /* the operator of a site */
    VALUE_FAILED,      /* why stands in the evaluation */
};

struct moment {
    int64_t us;         /* UTC */
    int32_t offset_min; /* of the source's local time, or NO_INT */
    int32_t precision;  /* enum time_precision */
};

struct value {
    enum value_kind kind;
    union {
        struct bytes text;
        bool boolean;
        int64_t integer;
        struct moment moment;
        yyjson_val *node;
        struct {
            const struct value *items;
            size_t count;
        } list;
    };
};

/* What an expression can yield, known when it is compiled. */
enum value_type {
    TYPE_ANY, /* a scalar as the record has it */
    TYPE_TEXT,
    TYPE_INTEGER,
    TYPE_BOOL,
    TYPE_TIME,
    TYPE_DATE,
    TYPE_LIST,
    TYPE_RECEIVER, /* an operator that the runtime finds in the directory */
    TYPE_COUNT,
};

/* ---- Paths ---------------------------------------------------------------------------- */

/* Where an expression stands decides which roots it may read. */
enum scope {
    SCOPE_RECORD = 1 << 0,   /* `records`: a record of theirs           */
    SCOPE_DELIVERY = 1 << 1, /* `deliver`: an event on its way to them  */
    SCOPE_ANSWER = 1 << 2,   /* an answer of theirs to a call           */
};

enum path_root {
    ROOT_RECORD,
    ROOT_ITEM,
    ROOT_PARENT,
    ROOT_HEADER,
    ROOT_QUERY,
    ROOT_FILE,
    ROOT_LINE,
    ROOT_EVENT,
    ROOT_CONTACT,
    ROOT_LINK,
    ROOT_ANSWER,
    ROOT_HTTP,
    ROOT_KEY,
    ROOT_HANDOFF,
    ROOT_COUNT,
};

enum step_kind {
    STEP_KEY,
    STEP_INDEX,
    STEP_EACH,
    STEP_WHERE, /* the first element whose member `key` is `is` */
};

struct path_step {
    enum step_kind kind;
    struct bytes key;
    size_t index;
    struct bytes is;
};

static inline bool path_steps_equal(const struct path_step *a, const struct path_step *b,
                                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].kind != b[i].kind || a[i].index != b[i].index ||
            !bytes_equal(a[i].key, b[i].key) || !bytes_equal(a[i].is, b[i].is))
            return false;
    return true;
}

#define EVENT_TYPE_COUNT (EVENT_NOTICE + 1)

struct path {
    enum path_root root;
    size_t up; /* parent, parent.parent… */
    const struct path_step *steps;
    size_t count;
    /* ROOT_RECORD: what the one walk over the record already found, and the steps behind
     * it. -1: nothing. */
    int32_t slot;
    size_t slot_steps;
    bool direct;   /* no step stands behind the slot: it holds the path's value */
    bool personal; /* below a path of `personal` */
    /* ROOT_EVENT, ROOT_CONTACT: the field, by event type; and inside it, if a record. */
    const struct field *fields[EVENT_TYPE_COUNT];
    const struct field *inner;
};

/* ---- Code tables ---------------------------------------------------------------------- */

struct expression;

/* What a code becomes: a text, nothing (data == NULL), by a condition one of two, or what is
 * done when there is no word for it. */
struct code_cell {
    struct bytes text;
    struct place place;
    const struct expression
        *if_past; /* `text` when that moment is before the record's, else `other` */
    const struct expression *when; /* `text` when true, else `other` */
    struct bytes other;
    struct place other_place;
    const char *refuse; /* why the event becomes a dead letter, or NULL */
    const char *skip;   /* why their system needs no word of it, or NULL */
    const char *loses;  /* what the code does not say of ours, or NULL */
};

struct code_row {
    struct bytes from;
    struct place place;
    struct code_cell cell;
};

struct code_table {
    struct bytes name; /* BYTES_NONE for one written inline */
    struct place place;
    const struct code_row *rows;
    size_t count;
    const struct code_row **sorted; /* of a long table: its rows in the order of `from`; or NULL */
    bool has_otherwise;             /* `else` */
    struct code_cell otherwise;
    int64_t from_us;          /* NO_TIME: from the beginning */
    struct code_table *later; /* of the same name, from its day on; or NULL */
};

/* ---- Expressions ---------------------------------------------------------------------- */

enum expression_kind {
    EXPRESSION_CONSTANT,
    EXPRESSION_PATH,
    EXPRESSION_CALL,
    EXPRESSION_CONCAT,
    EXPRESSION_COMPARE, /* `compare` */
    EXPRESSION_IN,      /* the first among the others */
    EXPRESSION_AND,
    EXPRESSION_OR,
    EXPRESSION_NOT,
};
enum compare { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

struct function;

/* What evaluation reads stands first: of most, one line of the processor's cache is all. */
struct expression {
    enum expression_kind kind;
    int32_t slot; /* of a direct path: one more than the path's; 0: none */
    const struct path *path;
    const struct function *function;
    const void *prepared; /* what the function made of its constant arguments */
    const struct expression **args;
    size_t count;
    struct value constant;
    enum compare compare;
    enum value_type type;
    struct place place;
    struct bytes source;              /* as written */
    const struct enum_table *symbols; /* the only texts that it can yield, or NULL */
};

#endif
