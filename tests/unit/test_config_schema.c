/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/config_schema.h"

struct settings {
    const char *url;
    const char *format;
    int64_t pause_ms;
    bool strict;
};

static const struct config_field fields[] = {
    CONFIG_FIELD(struct settings, url, .key = "url", .flags = CONFIG_REQUIRED, .help = "Où."),
    CONFIG_FIELD(struct settings, format, .key = "format", .choices = "csv|json",
                 .fallback = "csv"),
    CONFIG_FIELD(struct settings, pause_ms, .key = "pause_ms", .fallback = "10", .min = 1,
                 .max = 99),
    CONFIG_FIELD(struct settings, strict, .key = "strict", .fallback = "true"),
    CONFIG_END,
};

static void each_row_is_a_property_with_its_bounds_and_choices(void **state)
{
    yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
    char *text;

    (void)state;
    yyjson_mut_doc_set_root(document, config_schema_of(fields, document));
    text = yyjson_mut_write(document, YYJSON_WRITE_NOFLAG, NULL);
    assert_string_equal(
        text, "{\"type\":\"object\",\"properties\":{"
              "\"url\":{\"description\":\"Où.\",\"type\":[\"string\",\"number\",\"boolean\"]},"
              "\"format\":{\"anyOf\":[{\"enum\":[\"csv\",\"json\"]},"
              "{\"type\":\"string\",\"pattern\":\"^\\\\$\\\\{\"}],\"default\":\"csv\"},"
              "\"pause_ms\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1,\"maximum\":99},"
              "{\"type\":\"string\",\"pattern\":\"^\\\\$\\\\{\"}],\"default\":\"10\"},"
              "\"strict\":{\"anyOf\":[{\"type\":\"boolean\"},"
              "{\"type\":\"string\",\"pattern\":\"^\\\\$\\\\{\"}],\"default\":\"true\"}},"
              "\"required\":[\"url\"],\"additionalProperties\":false}");
    free(text);
    yyjson_mut_doc_free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_a_property_with_its_bounds_and_choices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
