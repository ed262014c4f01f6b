/* SPDX-License-Identifier: Apache-2.0
 *
 * What all parts of the compilation share. One compilation is one pass over the YAML tree;
 * every mistake goes to `diagnostics` and the pass goes on.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_COMPILER_H
#define RELAIS_CONNECTORS_MAPPING_COMPILER_H

#include "base/yaml.h"
#include "connectors/mapping/plan.h"

#define MAX_CALLS 16 /* of one delivery */

/* A table of `codes` as it stands in the file. */
struct code_source {
    struct bytes name;
    struct place place;
    int64_t from_us; /* "name@2026-07-01"; NO_TIME: none */
    const struct yaml_node *node;
    struct code_table *table; /* compiled last */
    bool conditional;         /* to be compiled at each use */
    bool wrong;               /* its mistakes are told */
};

/* A kind of link that an expression reads: something must fill it. */
struct used_link {
    struct bytes kind;
    bool made; /* when an event is there: `kind` is what such a kind begins with, or empty */
    struct place place;
    const char *expected; /* by_person(…), which names no kind: what fills it; or NULL */
    struct used_link *next;
};

struct compiler {
    struct mapping *mapping; /* in the making */
    struct arena *arena;     /* the plan's    */
    struct diagnostics *diagnostics;
    struct code_source *codes; /* the section's tables, in its order */
    size_t code_count;
    const struct lookup_table *lookups; /* the section `tables` */
    size_t lookup_count;
    enum scope scope;
    const struct path *each;         /* the list that the current rule walks, or NULL */
    const struct path *const *lists; /* where else it may be; `each` is the first */
    size_t list_count;
    bool each_wrong; /* a mistake in `each`: what its elements are is not known */
    const struct expression *const *pieces; /* by list: what cuts its text into one; or NULL */
    bool events[EVENT_TYPE_COUNT];          /* SCOPE_DELIVERY: what the current rule is about */
    bool forms;                             /* given(…), strict(…)… may stand here */
    const uint8_t *text;                    /* of the expression that is parsed; NULL: none */
    bool naming;                            /* a path is named (each, drop, personal), not read */
    struct rule_column **columns; /* where the current rule's next one goes; NULL: no rule */
    const char *calls[MAX_CALLS]; /* names of the calls before the current one */
    size_t call_count;
    bool unread_calls[MAX_CALLS]; /* of those, whose answers are not read */
    bool unread;                  /* SCOPE_ANSWER: nor is that of the current one */
    struct used_link *links;      /* in no order */
};

/* Adds a mistake with a place; `expected` or NULL. */
void compiler_mistake(struct compiler *compiler, struct place place, const char *expected,
                      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* "b, or one of a, b, c" in the arena, the nearest first; of many names the nearest alone.
 * `names` ends with NULL. */
const char *compiler_one_of(struct compiler *compiler, struct bytes word, const char *const *names);
const char *compiler_one_symbol(struct compiler *compiler, struct bytes word,
                                const struct enum_table *symbols);
/* For messages: "a text", "a time"… */
const char *compiler_type_name(enum value_type type);
/* Refuses keys of a mapping that are none of `known`; false when `node` is no mapping. */
bool compiler_check_keys(struct compiler *compiler, const struct yaml_node *node, const char *what,
                         const char *const *known);
/* Notes that an expression reads links of that kind; `expected` as in struct used_link. */
void compiler_note_link(struct compiler *compiler, struct bytes kind, struct place place,
                        const char *expected);
/* The same of a kind that is made of an event's values, behind that text. */
void compiler_note_made_link(struct compiler *compiler, struct bytes begin, struct place place);
/* Notes that the current rule, if there is one, reads that path of the record, which begins with a
 * key and lives in the arena. */
void compiler_note_column(struct compiler *compiler, const struct path_step *steps, size_t count,
                          struct place place);
/* Notes a table that an expression translates with, for `relais test`. */
void compiler_note_table(struct compiler *compiler, const struct code_table *table);
/* The place of a part of a scalar's text. */
struct place compiler_place(const struct yaml_node *node, struct bytes part);

/* parser.c: an expression, or NULL after a mistake. `node` may be NULL: NULL. */
const struct expression *parser_parse(struct compiler *compiler, const struct yaml_node *node);
/* The same that must yield one of `types` (a set of 1 << TYPE_…). */
const struct expression *parser_parse_as(struct compiler *compiler, const struct yaml_node *node,
                                         unsigned types, const char *what);
/* paths.c: what a path may begin with, and words that are paths; NULL word at the end. */
struct paths_root {
    const char *word;
    enum path_root root;
    unsigned scopes;
    const char *doc;
};
const struct paths_root *paths_roots(void);
const struct paths_root *paths_words(void);
/* paths.c: a path token. NULL after a mistake. */
const struct path *paths_compile(struct compiler *compiler, struct bytes text, struct place place);
/* A path alone, as `each`, `drop`, `personal` take it: nothing else on the line. */
const struct path *paths_compile_node(struct compiler *compiler, const struct yaml_node *node);
/* The words idempotency_key, handoff_id, file, line where they mean something; else NULL. */
const struct path *paths_word(struct compiler *compiler, struct bytes word);
/* resolve.c: what a path may begin with in that scope, for messages. */
const char *resolve_hint(enum scope scope);
/* Finds what the steps behind the root name, where that is known; false after a mistake. */
bool resolve_path(struct compiler *compiler, struct place place, struct path *path);
/* What it yields; *ret_symbols when it can only yield those texts. */
enum value_type paths_type(const struct path *path, const struct enum_table **ret_symbols);
/* The steps from the record's root, for an item through the list of that number; in the arena. */
const struct path_step *paths_absolute(struct compiler *compiler, const struct path *path,
                                       size_t list, size_t *ret_count);
/* each.c: the lists of a rule, which the compiler then knows too. */
void each_compile(struct compiler *compiler, const struct yaml_node *node,
                  struct record_rule *rule);
/* codes.c */
void codes_compile(struct compiler *compiler, const struct yaml_node *section);
/* The table, compiled for where it is used, with its later ones; NULL: there is none. */
const struct code_table *codes_find(struct compiler *compiler, struct bytes name);
/* NULL-terminated names of the tables, in the arena. */
const char *const *codes_names(struct compiler *compiler);
/* targets.c: the format that what the expression yields must still be checked for whenever it
 * is evaluated; NULL: none, or none of its texts can be of another. */
const struct codes_format *targets_format(const struct field *field,
                                          const struct expression *expression);
/* targets.c: that an expression can be the value of a field; false after a mistake. */
bool targets_check(struct compiler *compiler, const struct field *field,
                   const struct expression *expression);
/* targets.c: that a rule which opens hand-overs, and so may emit an
 * ISSUED, says to whom. */
void targets_check_issue(struct compiler *compiler, const struct record_rule *rule);
/* privacy.c: that no value goes sealed and in clear; that no path of `personal`, whose node it
 * is, is a misspelt one of those that the file reads or drops (before shape_finish()). */
void privacy_check_rule(struct compiler *compiler, const struct record_rule *rule);
void privacy_check_personal(struct compiler *compiler, const struct yaml_node *node);
/* templates.c: "PATCH-able" texts with {expressions} in them, and JSON bodies. */
void templates_compile_text(struct compiler *compiler, const struct yaml_node *node,
                            struct bytes text, struct text_template *template);
/* `x | default(null)` and `x | default("")` say what stands there when x is not. */
enum when_absent templates_absent(const struct expression *expression);
void templates_compile_body(struct compiler *compiler, const struct yaml_node *node,
                            struct body_template *template);
/* completion.c: `detail` of each source; `section` is the file's `source`, or NULL. */
void completion_compile(struct compiler *compiler, const struct yaml_node *section);
/* outbound_call.c: one call of a delivery. */
void outbound_call_compile(struct compiler *compiler, const struct yaml_node *node,
                           struct call_rule *call);
/* What answers mean: a call's `answers`, or those of the whole file. */
const struct answer_rule *outbound_call_compile_answers(struct compiler *compiler,
                                                        const struct yaml_node *node,
                                                        size_t *ret_count);
/* rules.c: the two lines of `echo`, and the kinds and keys of `links` and `remember`. */
void rules_compile_echo(struct compiler *compiler, const struct yaml_node *node,
                        struct echo_rule *echo);
const struct link_rule *rules_compile_links(struct compiler *compiler, const struct yaml_node *node,
                                            const char *key, size_t *ret_count);
/* rules.c, outbound.c: the sections `records` and `deliver`, and the keys of their rules and
 * calls, NULL at the end. */
const char *const *rules_keys(void);
const char *const *outbound_rule_keys(void);
const char *const *outbound_call_keys(void);
void rules_compile(struct compiler *compiler, const struct yaml_node *section);
/* A list of dropped paths, of a rule or of the whole file. */
void rules_compile_drop(struct compiler *compiler, const struct yaml_node *node);
void outbound_compile(struct compiler *compiler, const struct yaml_node *section,
                      const struct yaml_node *answers);

#endif
