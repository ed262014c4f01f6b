/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdlib.h>

static void *json_malloc(void *context, size_t size)
{
    (void)context;
    return xrealloc(NULL, size);
}

static void *json_realloc(void *context, void *old, size_t old_size, size_t size)
{
    (void)context;
    (void)old_size;
    return xrealloc(old, size);
}

static void json_free(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static const yyjson_alc aborting = {json_malloc, json_realloc, json_free, NULL};

static yyjson_doc *read_with(struct bytes text, yyjson_read_flag flags)
{
    char *data; /* which it does not write to unless told to */

    memcpy(&data, &text.data, sizeof(data));
    return data ? yyjson_read_opts(data, text.len, flags, &aborting, NULL) : NULL;
}

yyjson_doc *json_read(struct bytes text)
{
    return read_with(text, YYJSON_READ_NOFLAG);
}

yyjson_doc *json_read_raw(struct bytes text)
{
    return read_with(text, YYJSON_READ_NUMBER_AS_RAW);
}

yyjson_mut_doc *json_new(void)
{
    yyjson_mut_doc *document = yyjson_mut_doc_new(&aborting);

    if (!document)
        abort();
    return document;
}

char *json_write(const yyjson_mut_doc *document, size_t *ret_len)
{
    return yyjson_mut_write_opts(document, YYJSON_WRITE_NOFLAG, &aborting, ret_len, NULL);
}

char *json_write_value(const yyjson_val *value, size_t *ret_len)
{
    return yyjson_val_write_opts(value, YYJSON_WRITE_NOFLAG, &aborting, ret_len, NULL);
}
