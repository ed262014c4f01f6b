/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiled mapping: immutable, shared by all threads, in one arena.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_PLAN_H
#define RELAIS_CONNECTORS_MAPPING_PLAN_H

#include "base/charset.h"
#include "base/xml.h"
#include "connectors/mapping/expression.h"
#include "connectors/mapping/mapping.h"
#include "connectors/mapping/shape.h"

/* ---- Reading -------------------------------------------------------------------------- */

/* One target and what fills it. */
struct assignment {
    const struct field *field;
    bool contact;       /* offset within struct contact, else within the event */
    bool is_status;     /* an event without one is none */
    bool stands;        /* a constant: it stands in the rule's blank item already */
    const char *target; /* "status", "contact.phone" */
    const struct expression *expression;
    const struct expression **items; /* several: a list written as one */
    size_t item_count;
    /* What a text must be of; NULL: anything, or every text that the expression yields was
     * checked when the file was compiled, or by a function of that name. */
    const struct codes_format *format;
    struct place place;
};

/* `handoff` or `parent`: the first of these whose key is there. */
struct handoff_choice {
    enum handoff_how how;
    const struct expression *kind;
    const struct expression *key;
};

/* A path or header: texts and expressions in turn. */
struct text_part {
    struct bytes text;
    const struct expression *value; /* or NULL */
};
struct text_template {
    const struct text_part *parts;
    size_t count;
};

struct link_rule {
    struct {
        struct bytes text;
        struct text_template made; /* outbound, when {…} stands in it */
        struct place place;
    } kind;
    const struct expression *key;
};

struct echo_rule {
    const struct expression *of; /* NULL: no echo */
    const struct expression *says;
};

/* Two elements of one record with the same entity. */
enum same_entity {
    SAME_ENTITY_BOTH, /* two events; the later version counts */
    SAME_ENTITY_REJECT,
    SAME_ENTITY_FIRST, /* the others are filtered */
    SAME_ENTITY_LAST,
};

/* A member of the record's root that a rule reads, however deep behind it; and the whole path. */
struct rule_column {
    struct bytes name;
    const struct path_step *steps;
    size_t count;
    const void *text; /* of the expression that it stands in: those of one have the same */
    struct place place;
    bool in_when;
    struct rule_column *next;
};

struct record_rule {
    const char *name;
    const struct path *const *each; /* lists, the first one that is there; none: the record */
    const struct expression *const *pieces; /* by list: what cuts its text into one; or NULL */
    size_t each_count;
    bool absent; /* takes what is missing from a full extract, and nothing else */
    const struct expression *when;
    const struct expression *ignore_when;
    enum event_type emit;
    const struct record_table *table;
    const struct mapping_item *blank; /* what each item begins as: blank.h */
    const struct expression *entity;
    enum same_entity same_entity;
    const struct expression *version;
    bool version_strict;
    const struct handoff_choice *handoff;
    size_t handoff_count;
    const struct handoff_choice *parent;
    size_t parent_count;
    const struct link_rule *links;
    size_t link_count;
    struct echo_rule echo;
    const struct expression *test;
    const struct assignment *occurred_at; /* evaluated first; NULL: the version's time */
    const struct assignment *assignments;
    size_t assignment_count;
    struct rule_column *columns; /* `when` first; also in the conditions of its codes */
    struct place place;
};

/* One call that completes the records of a source (completion.h). */
struct detail_rule {
    size_t source; /* its number in the file, from 0 */
    const char *as;
    const struct expression *when;
    struct text_template path;
    int32_t gone[8]; /* statuses */
    size_t gone_count;
    struct place place;
};

/* ---- Writing -------------------------------------------------------------------------- */

enum template_kind { TEMPLATE_VALUE, TEMPLATE_OBJECT, TEMPLATE_LIST };
enum when_absent { ABSENT_LEAVE_OUT, ABSENT_NULL, ABSENT_EMPTY };

/* A body to be filled, JSON or XML (xml_body.h). */
struct body_template {
    enum template_kind kind;
    const struct expression *value;
    const struct expression *when; /* object: left out (as `absent` says) unless true */
    enum when_absent absent;
    struct bytes key; /* in the object around it */
    const struct body_template *parts;
    size_t count;
};

/* A name with its value: of a header, the query or a form. */
enum pair_place { PAIR_HEADER, PAIR_QUERY, PAIR_FORM };
struct pair_template {
    enum pair_place place;
    const char *name;
    const struct expression *value;
    enum when_absent absent; /* query and form: left out, or "name=" */
};

struct zone;

/* A parameter of a statement. */
struct parameter_template {
    const char *name;
    enum parameter_type type;
    const struct expression *value;
    enum when_absent absent; /* text: empty, else NULL */
    const struct zone *zone; /* of a timestamp */
    struct place place;
};

struct answer_rule {
    const struct expression *when; /* NULL: any */
    enum delivery_verdict means;   /* DELIVERY_CALL: go on */
    const char *code;
    const char *reason;
    struct place place;
};

struct call_rule {
    const char *name;
    const struct expression *when;
    const char *method;
    struct text_template path;
    const struct pair_template *pairs;
    size_t pair_count;
    bool has_form;
    const struct body_template *body; /* NULL: none */
    bool xml;                         /* the body is XML */
    bool reads_xml;                   /* the answer may be: reply.h */
    bool reads_none;                  /* nothing of the answer is read but its status */
    const char *const *lists; /* of it: elements that may repeat, NULL at the end; or NULL */
    const struct parameter_template *parameters;
    size_t parameter_count;
    enum call_safety safety;
    const struct answer_rule *answers;
    size_t answer_count;
    const struct link_rule *remember;
    size_t remember_count;
    const struct expression *receiver_ref;
    struct echo_rule echo;
    struct place place;
};

struct delivery_rule {
    const char *name;
    /* By event type: the statuses that the rule takes (bit i: symbol i; all: any). */
    uint64_t takes[EVENT_TYPE_COUNT];
    const struct expression *when;
    const char *skip;      /* why their system needs no word of it, or NULL */
    const char *otherwise; /* why it is skipped when no call's condition holds, or NULL */
    const struct call_rule *calls;
    size_t call_count;
    struct place place;
};

/* ---- The whole ------------------------------------------------------------------------ */

/* A code table that an expression uses, for `relais test`. */
struct noted_table {
    const struct code_table *table;
    struct noted_table *next;
};

/* A list of the record that a path goes into, for `relais map`; no two are alike. */
struct noted_choice {
    const struct path_step *steps; /* the list's, and behind them which of its elements */
    size_t count;                  /* of the list */
    struct noted_choice *next;
};

struct mapping {
    struct arena arena;
    const struct record_rule *rules;
    size_t rule_count;
    const struct detail_rule *details; /* a source's in their order */
    size_t detail_count;
    const struct delivery_rule *deliveries;
    size_t delivery_count;
    const struct answer_rule *answers; /* of every call, behind its own */
    size_t answer_count;
    const struct xml_namespace *namespaces; /* that XML bodies declare */
    size_t namespace_count;
    const struct bytes *sentinels;
    size_t sentinel_count;
    const struct path *const *personal;
    size_t personal_count;
    const struct bytes *time_formats; /* what `datetime` alone reads */
    size_t time_format_count;
    const struct zone *zone;  /* of texts without an offset, or NULL */
    struct charset *fallback; /* of records that are not UTF-8, or NULL; owned */
    bool reject_unknown;      /* a source field nobody names is an error */
    struct shape *shape;
    size_t slot_count;
    struct noted_table *tables;   /* in no order */
    struct noted_choice *choices; /* in no order */
};

#endif
