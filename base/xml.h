/* SPDX-License-Identifier: Apache-2.0
 *
 * XML → the JSON that everything else reads, an element at a time, each with its own fate.
 *
 *     <rdv id="7" xsi:nil="false">             {"@id": "7",
 *       <debut>2026-03-12</debut>               "debut": "2026-03-12",
 *       <montant devise="EUR">12</montant>      "montant": {"@devise": "EUR", "#text": "12"},
 *       <motif/>                                "motif": "",
 *       <fin xsi:nil="true"/>                   "fin": null,
 *       <tel>1</tel>                            "tel": ["1"]}        with `lists`: tel
 *     </rdv>
 *
 * An element is the text that stands in it, or, with an attribute or a child, an object: `@name`
 * for an attribute, the child's name for a child, `#text` for text beside them. Text is kept as
 * it stands; blanks between elements are not. Names in `lists` are a list wherever they stand,
 * once or often; any other name that comes twice in one element is a defect, so that nothing
 * reads otherwise for one than for two. A record is always an object.
 *
 * A name in a namespace has the prefix that was declared here for it, whatever the document
 * calls it ("g:rdv"), none when that prefix is "xmlns", and stands as "{uri}rdv" without one;
 * where nothing was declared, names stand alone. Of XMLSchema-instance, `nil` is obeyed, where
 * schemas are is left out and "@xsi:type" is kept.
 *
 * Refused as a whole: DOCTYPE and with it every entity but the five of XML, what is not well
 * formed, a charset that its first line names and that is not known here, and the budgets below.
 * Memory is that of one element, a few times one piece of markup, and the names of the document.
 */
#ifndef RELAIS_BASE_XML_H
#define RELAIS_BASE_XML_H

#include "base/arena.h"
#include "base/charset.h"

#define XML_DEPTH_MOST 64
#define XML_RECORD_MOST ((size_t)256 * 1024)  /* bytes of an element, as it stands there   */
#define XML_MARKUP_MOST ((size_t)1024 * 1024) /* of one tag or comment, anywhere           */
#define XML_NODES_MOST 20000                  /* elements and attributes of a record       */
#define XML_MEMBERS_MOST 512                  /* different names in one element            */
#define XML_NAMES_MOST 4096                   /* different names in a document             */
#define XML_NAME_MOST 1024                    /* bytes of a name, its namespace included   */

/* Reads up to `size` bytes; OK with 0 at the end. Its other outcomes are handed on. */
typedef enum outcome xml_fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                              struct error *err);

struct xml_namespace {
    const char *prefix;
    const char *uri;
};

/* All borrowed. */
struct xml_options {
    const char *element; /* "rdv", "export/rdv": each such element is a record; NULL: the document
                            is one, with its root's name as its only key */
    const struct xml_namespace *namespaces;
    size_t namespace_count;
    const char *const *lists;      /* names, NULL at the end; or NULL */
    const struct charset *charset; /* whatever the document says; NULL: as it says */
    size_t record_most;            /* 0: XML_RECORD_MOST */
    bool first_only;               /* of what repeats and is in no list, the first; no defect */
    bool checks;                   /* the document as a whole only: no records */
    bool names_repeated;           /* a defect says which element; for its owner's eyes alone */
    xml_fill *fill;                /* NULL: all of it is in `text` */
    void *context;
    struct bytes text;
};

struct xml_record {
    struct bytes json; /* in the arena; broken: BYTES_NONE */
    int64_t number;    /* from 1, broken ones count; 0: the end */
    int64_t line;      /* where it begins, from 1 */
    size_t from;       /* the same, in bytes from the start; and its length there */
    size_t size;
    bool is_root;       /* the document is this one alone, and what is no element around it */
    const char *defect; /* NULL; or why it cannot be read, without a value of it; in the arena */
};

struct xml_reader;
struct xml_reader *xml_reader_new(const struct xml_options *options);
void xml_reader_free(struct xml_reader *reader);
DEFINE_CLEANUP(struct xml_reader, xml_reader_free)

/* Stands in the text of a REJECT that is about namespaces, and in no other. */
#define XML_NAMESPACE "espace de noms"

/* The next record. REJECT: it is no such document, "ligne 3, colonne 7 : …", or has elements and
 * none of the name, nor what is above it in `element`. REJECT and the outcomes of `fill` are the
 * end of this reader. */
MUST_USE enum outcome xml_read(struct xml_reader *reader, struct arena *arena,
                               struct xml_record *ret_record, struct error *err);

/* All of a text that is one document; `element` is ignored. REJECT: why not. */
MUST_USE enum outcome xml_to_json(const struct xml_options *options, struct bytes text,
                                  struct arena *arena, struct bytes *ret_json, struct error *err);

#endif
