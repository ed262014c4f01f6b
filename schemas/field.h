/* SPDX-License-Identifier: Apache-2.0
 *
 * One table a record: from these rows come the encoder, the decoder, the mapping
 * language's targets and types, validation, the JSON view, the documentation and the
 * generators of the tests. Nothing about a field is written anywhere else, except its
 * Avro text in NAME.avsc, which a test holds against the table.
 *
 * How a value stands in the C struct, and what "no value" is (FIELD_NULLABLE only):
 *
 *   FIELD_STRING  struct bytes      data == NULL      Avro string
 *   FIELD_BYTES   struct bytes      data == NULL      Avro bytes
 *   FIELD_UUID    struct uuid       all zero          Avro string, logicalType uuid
 *   FIELD_BOOL    bool              never             Avro boolean
 *   FIELD_INT     int32_t           INT32_MIN         Avro int
 *   FIELD_LONG    int64_t           INT64_MIN         Avro long
 *   FIELD_TIME    int64_t           INT64_MIN         Avro long, logicalType timestamp-micros
 *   FIELD_DATE    int32_t           INT32_MIN         Avro int, logicalType date
 *   FIELD_ENUM    int32_t (symbol)  never             Avro enum; symbol 0 is its default
 *   FIELD_RECORD  struct, or struct * when nullable   Avro record
 *   FIELD_ARRAY   struct field_array  never           Avro array of `item`
 *
 * A nullable field is the Avro union ["null", T] with default null.
 */
#ifndef RELAIS_SCHEMAS_FIELD_H
#define RELAIS_SCHEMAS_FIELD_H

#include "base/bytes.h"

#define NO_INT INT32_MIN
#define NO_LONG INT64_MIN
#define NO_TIME INT64_MIN

/* No FIELD_DATE or FIELD_TIME is further from 1970 than 10,000 years, so that whoever adds to
 * one need not ask: other ones are refused where they come in (avro_decode, record_check). */
#define FIELD_DAYS_MOST 3652425
#define FIELD_TIME_MOST (FIELD_DAYS_MOST * INT64_C(86400000000))

enum field_type {
    FIELD_STRING,
    FIELD_BYTES,
    FIELD_UUID,
    FIELD_BOOL,
    FIELD_INT,
    FIELD_LONG,
    FIELD_TIME,
    FIELD_DATE,
    FIELD_ENUM,
    FIELD_RECORD,
    FIELD_ARRAY,
};

enum field_flag {
    FIELD_REQUIRED = 1 << 0, /* no default in the schema: a record without it is refused   */
    FIELD_NULLABLE = 1 << 1,
    FIELD_PERSONAL = 1 << 2,   /* only inside a seal, or masked in every view (sealed bytes) */
    FIELD_RUNTIME = 1 << 3,    /* set by the runtime or the broker; a mapping may not         */
    FIELD_PASSING = 1 << 4,    /* no content, so not in its tag: the id that the tag goes into, what
                                  differs when the same record is read again, what follows from the
                                  content through keys that change or from randomness            */
    FIELD_IDENTIFIER = 1 << 5, /* a number of theirs, not words: nir.h asks less of it          */
};

struct enum_table {
    const char *name;           /* Avro name, for instance "ReferralStatus" */
    const char *const *symbols; /* `count` of them; [0] is the default       */
    size_t count;
};

struct record_table;

struct field {
    const char *name; /* NULL ends a table */
    enum field_type type;
    size_t offset;
    unsigned flags;
    enum field_type item;              /* FIELD_ARRAY: type of its elements       */
    const struct enum_table *symbols;  /* FIELD_ENUM, or array of enums           */
    const struct record_table *record; /* FIELD_RECORD, or array of records       */
    const char *format; /* strings: name of a check or code list of schemas/codes.h; or NULL */
    const char *doc;    /* one sentence: meaning, unit, source, who may see it     */
    const char *alias;  /* its name in older schemas, as in the .avsc's "aliases"; or NULL */
};

struct record_table {
    const char *name; /* Avro name; its namespace is "relais" for all */
    const struct field *fields;
    size_t size; /* of the C struct */
    const char *doc;
};

struct field_array {
    void *items; /* `count` of struct bytes, struct uuid, int32_t, int64_t or of the record */
    size_t count;
};

/* NULL when there is no field of that name. */
const struct field *field_find(const struct record_table *table, struct bytes name);
/* Symbol's number, -1 when there is none of that name. */
int32_t enum_find(const struct enum_table *table, struct bytes symbol);
/* Symbol of a number; symbol 0 for a number that has none. */
const char *enum_symbol(const struct enum_table *table, int32_t number);
/* Bytes that one value of this type takes in a struct, or in an array's items. */
size_t field_size(const struct field *field, enum field_type type);
/* True when the field holds no value: none as above, an empty array, and where the field is
 * not nullable an empty text. Enums, bools and numbers that are not nullable always hold one.
 * A FIELD_TIME that is not nullable starts as NO_TIME too, so that record_check() finds it. */
bool field_is_none(const struct field *field, const void *record);
/* All fields set to "no value" (enums to symbol 0, bools false, arrays empty). */
void record_init(const struct record_table *table, void *record);
/* A deep comparison, field by field. */
bool record_equal(const struct record_table *table, const void *a, const void *b);

#endif
