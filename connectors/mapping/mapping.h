/* SPDX-License-Identifier: Apache-2.0
 *
 * The mapping language: what one operator's connector file says about records and calls,
 * compiled once to a flat, immutable plan and run any number of times. It is total: no
 * loops but over a list of the record, no clock, no network, no files; time is
 * proportional to the record. Grammar: docs/mapping.md (generated from the same tables).
 *
 * The mapping knows formats and codes only. Ids, seals, links, retries are the runtime's
 * (connectors/pipeline.h): where the language names one, the plan hands the runtime a
 * request for it (struct handoff_key, struct link_note, struct echo_note).
 *
 * Threads: a plan is shared by all; a run uses the caller's arena only.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_MAPPING_H
#define RELAIS_CONNECTORS_MAPPING_MAPPING_H

#include "base/http_client.h"
#include "base/yaml.h"
#include "schemas/events.h"

struct mapping;
struct coverage;

/* The keys of a connector file that are the mapping's: records, codes, tables, deliver,
 * answers, namespaces, times, sentinels, personal, drop,
 * unknown_fields, fallback_encoding. NULL at the end. */
extern const char *const mapping_keys[];

/* Compiles these keys of a connector file, whose root is `root`; other keys are their owners'.
 * Reads, once and for all, the CSV files that `codes` and `tables` name, beside the file.
 * Every mistake goes to `diagnostics`: REJECT when there was one. The plan keeps the tree's
 * arena in use: free the plan first. */
MUST_USE enum outcome mapping_new(const struct yaml_node *root, struct diagnostics *diagnostics,
                                  struct mapping **ret_mapping, struct error *err);
void mapping_free(struct mapping *mapping);
DEFINE_CLEANUP(struct mapping, mapping_free)

/* ---- Reading: a record of theirs → items --------------------------------------------- */

/* A parameter of the request's query stands among its headers, with this in front of its name,
 * which no header's name may have (RFC 9110, 5.1). */
#define MAPPING_QUERY "?"

/* One record as the source received it. */
struct mapping_input {
    struct bytes body; /* JSON text (the other formats come later) */
    const struct http_header *headers;
    size_t header_count;
    const char *file; /* name of the file, or NULL   */
    int64_t line;     /* 0 when there is none        */
    /* The source reads full extracts, and this record is no longer in the newest one: `body`
     * is what the source still knows of it (at least the fields of its key), `file` the extract
     * in which it is missing. Only rules with `absent: true` take it, and they take no other. */
    bool absent;
};

/* Which hand-over an item belongs to. */
enum handoff_how {
    HANDOFF_OPENS,    /* the record is the referral itself: id from its entity         */
    HANDOFF_GIVEN,    /* `key` is our handoff_id, kept in their system                 */
    HANDOFF_BY_LINK,  /* through the link (kind, key) that the runtime wrote           */
    HANDOFF_BY_PERSON /* through the link "person", while exactly one is open there     */
};
struct handoff_key {
    enum handoff_how how;
    struct bytes kind; /* BY_LINK: for instance "dossier" */
    struct bytes key;  /* BYTES_NONE when the record names none */
};

/* Who gets a referral. */
enum receiver_how {
    RECEIVER_SAID,     /* the event's to_operator                                      */
    RECEIVER_REGIONAL, /* `key` is a region: its regional operator on the event's day   */
    RECEIVER_OF_SITE,  /* `key` is a site of the directory: its operator on that day    */
};
struct receiver_key {
    enum receiver_how how;
    struct bytes key;
};

/* A link to remember: their id of something ↔ the hand-over. */
struct link_note {
    struct bytes kind; /* "person", "dossier", … */
    struct bytes key;
};

/* What a record says, or what we wrote, about one thing of theirs, in their terms. */
struct echo_note {
    struct bytes of;   /* which thing, for instance "orientation/12" */
    struct bytes says; /* its content that matters, one text          */
};

enum item_verdict {
    ITEM_EVENT,
    ITEM_FILTERED, /* by `when`: nothing of it goes on */
    ITEM_IGNORED,  /* by `ignore_when`: the system itself marked it as our own write (echo) */
    ITEM_REJECTED, /* dead letter, for the reason below */
};

/* One element of one rule of one record; a record that no rule takes is one filtered item. */
struct mapping_item {
    enum item_verdict verdict;
    const char *rule; /* the rule's name, static with the plan; "" for an untaken record */

    /* ITEM_EVENT. Set by the mapping: the event's own fields, envelope.occurred_at with
     * offset and precision, site_code, origin, legal_basis, test, source_version. The
     * runtime sets ids, operator, system, observed and recorded times, person_refs, seal. */
    struct event event;
    bool has_contact;
    struct contact contact;
    struct bytes entity;  /* identity in that system                              */
    struct bytes version; /* as text, decimal; empty: the source has none          */
    bool version_strict;  /* one version has one content, by the source's promise  */
    struct handoff_key handoff;
    /* Unless SAID, to_operator holds a mark of the key until the runtime has found the operator
     * in the directory: so the event's id follows from the record alone. */
    struct receiver_key receiver;
    struct handoff_key parent; /* a redirect: the hand-over this one goes on from; key none: no */
    const struct link_note *links; /* to remember once the event is durable */
    size_t link_count;
    bool has_echo;
    struct echo_note echo; /* dropped as an echo when it says what we last wrote */

    /* ITEM_REJECTED. Static or in the arena; never a value, but one of a code list. */
    const char *code;   /* schemas/codes.h rejection_codes: "unknown_code", "missing_field"… */
    const char *field;  /* the target: "status", "contact.phone"                            */
    const char *place;  /* "connector.yaml:31:16"                                           */
    const char *detail; /* what was expected                                                */
};

struct mapping_items {
    struct mapping_item *items;
    size_t count;
    size_t unknown_fields; /* source fields neither used nor named in `drop` */
    size_t unknown_codes;  /* codes in no row of their table, that an `else` took */
};

/* True when a rule says what it means that a record is absent (`absent: true`). A source of full
 * extracts refuses a mapping that does not: what is gone would go unsaid. */
bool mapping_says_absent(const struct mapping *mapping);
/* What a call of `deliver` is. */
enum call_kind { CALL_REQUEST, CALL_ROW, CALL_STATEMENT };
/* The place of the first call that is of another kind; NULL: none. */
const struct place *mapping_delivers_other(const struct mapping *mapping, enum call_kind kind,
                                           enum call_kind *ret_kind);

/* Translates one record; everything lives in `arena` or points into `input`. REJECT: the
 * record is not readable at all (not JSON, not UTF-8, too deep): one dead letter, stage
 * SOURCE. Deterministic: the same input gives the same items. */
MUST_USE enum outcome mapping_read(const struct mapping *mapping, const struct mapping_input *input,
                                   struct arena *arena, struct mapping_items *ret_items,
                                   struct error *err);

/* ---- Writing: an event → calls to their system ---------------------------------------- */

struct delivery_input {
    const struct event *event;
    const struct contact *contact; /* opened, or NULL */
    /* What was remembered for this hand-over; the hand-over's own record of theirs, when
     * they opened it, has kind "own". */
    const struct link_note *links;
    size_t link_count;
    struct bytes idempotency_key; /* event id and step: the same for every try */
    struct coverage *coverage;    /* NULL but in `relais test`: mapping/coverage.h */
};

/* May a call whose outcome is unknown be made again? */
enum call_safety {
    CALL_IDEMPOTENT, /* by its method, or by the idempotency key it carries */
    CALL_LOOKED_UP,  /* a look-up call before it finds what an earlier try made */
    CALL_UNSAFE,     /* no: after a doubt it becomes the dead letter outcome_unknown */
};

/* What a parameter of a statement is for the database; its value is written as
 * 12, 1234.50, true, 2026-03-12, 2026-03-12 14:00:00. */
enum parameter_type {
    PARAMETER_TEXT,
    PARAMETER_INTEGER,
    PARAMETER_DECIMAL,
    PARAMETER_BOOLEAN,
    PARAMETER_DATE,
    PARAMETER_TIMESTAMP, /* without a zone: that of their database, as the mapping says */
};
struct delivery_parameter {
    const char *name; /* as the statement has it, behind its colon */
    enum parameter_type type;
    struct bytes value; /* BYTES_NONE: NULL */
};

struct call_rule;

struct delivery_call {
    const char *name;             /* as the mapping names it, or its number: the step */
    const struct call_rule *rule; /* of plan.h, for `relais map` */
    const char *method;
    const char *path; /* with query, appended to the sink's base_url; a file's stem; a statement */
    const struct http_header *headers;
    size_t header_count;
    struct bytes body;                           /* BYTES_NONE: none */
    const struct delivery_parameter *parameters; /* of a statement */
    size_t parameter_count;
    const char *loses; /* what their words do not say of ours, for `relais map`; or NULL */
    enum call_safety safety;
    bool has_echo; /* to remember before the call is made */
    struct echo_note echo;
};

enum delivery_verdict {
    DELIVERY_CALL,    /* make *ret_call, then delivery_answer()                     */
    DELIVERY_DONE,    /* all calls are done: links and receiver_ref can be read      */
    DELIVERY_SKIPPED, /* the mapping says that this system needs no word of it       */
    DELIVERY_LATER,   /* the last answer means: the same call again, later           */
    DELIVERY_NEVER,   /* dead letter with delivery_reason()                          */
    DELIVERY_DOUBT,   /* the last answer leaves open whether the call was done: the same
                       * call later where it may be repeated, else a dead letter; either with
                       * delivery_reason()                                           */
};

/* One event on its way into their system. Lives in the arena it was begun with. */
struct delivery;

/* REJECT when no rule takes the event (relais check refuses such files for the events that
 * must be taken). */
MUST_USE enum outcome delivery_begin(const struct mapping *mapping,
                                     const struct delivery_input *input, struct arena *arena,
                                     struct delivery **ret_delivery, struct error *err);
/* The next step. Conditions of calls are evaluated here, with the answers so far. */
enum delivery_verdict delivery_next(struct delivery *delivery, struct delivery_call *ret_call);
/* Judges an answer by the call's `answers`, then by the defaults: 2xx done; 401, 408, 425, 429 and
 * 503 later; other 5xx doubt (RFC 9110, 15.6: a gateway that lost the answer, or a failure nobody
 * knows how far inside); all others never. Before both, what is no answer of theirs: 2xx that
 * cannot be read, or is HTML, is doubt; other HTML is later, and doubt with a 5xx of which
 * `answers` does not say later.
 * DELIVERY_CALL: go on with delivery_next(); LATER, NEVER and DOUBT as above. */
enum delivery_verdict delivery_answer(struct delivery *delivery,
                                      const struct http_response *response);
/* After NEVER and DOUBT: code of schemas/codes.h and a text without values. */
void delivery_reason(const struct delivery *delivery, const char **ret_code,
                     const char **ret_detail);
/* After NEVER on an answer: their system did not refuse, an expression of the mapping failed on
 * what it said. */
bool delivery_is_misread(const struct delivery *delivery);
/* After SKIPPED: why, as the mapping says it; or NULL. */
const char *delivery_skip_reason(const struct delivery *delivery);
/* The rule that took the event, "deliver-3" where it has no name, and where it stands. */
const char *delivery_rule_name(const struct delivery *delivery, struct place *ret_place);
/* After DONE. `receiver_ref` is BYTES_NONE when the mapping names none. */
const struct link_note *delivery_links(const struct delivery *delivery, size_t *ret_count);
struct bytes delivery_receiver_ref(const struct delivery *delivery);

/* ---- Small pieces that sources use ----------------------------------------------------- */

/* A compiled path such as $.resultats or @.dateModification over one JSON text. */
struct mapping_path;
MUST_USE enum outcome mapping_path_new(const struct yaml_node *node,
                                       struct diagnostics *diagnostics,
                                       struct mapping_path **ret_path, struct error *err);
void mapping_path_free(struct mapping_path *path);
DEFINE_CLEANUP(struct mapping_path, mapping_path_free)
/* The scalar there as text (numbers as written), BYTES_NONE when missing or null. */
struct bytes mapping_path_text(const struct mapping_path *path, struct bytes json,
                               struct arena *arena);
/* The items of the list there, each as its own JSON text, in `arena`. REJECT when `json` is no
 * JSON or there is no list. */
MUST_USE enum outcome mapping_path_list(const struct mapping_path *path, struct bytes json,
                                        struct arena *arena, struct bytes **ret_items,
                                        size_t *ret_count, struct error *err);

/* ---- For people ------------------------------------------------------------------------ */

/* What `relais map` prints: each item, each field with its value and, with `sources`, where
 * it came from and through which function. A sample with the key "deliver" is an event on
 * its way to them: then the calls. One with the key "receive" is a record with what came
 * around it: headers, query, file, line, absent. What the sample exercised is noted in
 * `coverage`, unless NULL. Shows values. REJECT when the sample is no record and no event. */
MUST_USE enum outcome mapping_explain(const struct mapping *mapping,
                                      const struct mapping_input *input, bool sources,
                                      struct coverage *coverage, struct buffer *out,
                                      struct error *err);
/* The reference of the language, in Markdown, from its tables. */
void mapping_document(struct buffer *out);

#endif
