/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/junit.h"

/* XML 1.0 has no control characters but tab and line ends (section 2.2). */
static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            buffer_append_text(out, "&amp;");
        else if (*text == '<')
            buffer_append_text(out, "&lt;");
        else if (*text == '>')
            buffer_append_text(out, "&gt;");
        else if (*text == '"')
            buffer_append_text(out, "&quot;");
        else if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t')
            buffer_append_byte(out, (uint8_t)*text);
        else
            buffer_append_byte(out, '?');
    }
}

static void append_case(struct buffer *out, const char *suite, const char *name,
                        const char *message, const char *detail)
{
    buffer_append_text(out, "    <testcase classname=\"");
    append_escaped(out, suite);
    buffer_append_text(out, "\" name=\"");
    append_escaped(out, name);
    if (!message) {
        buffer_append_text(out, "\"/>\n");
        return;
    }
    buffer_append_text(out, "\">\n      <failure message=\"");
    append_escaped(out, message);
    buffer_append_text(out, "\">");
    append_escaped(out, detail);
    buffer_append_text(out, "</failure>\n    </testcase>\n");
}

void junit_begin(struct buffer *out)
{
    buffer_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
}

void junit_end(struct buffer *out)
{
    buffer_append_text(out, "</testsuites>\n");
}

void junit_suite(const struct golden *golden, bool below, struct buffer *out)
{
    size_t tests = golden->count + (golden->mistakes != NULL) + below;

    buffer_append_text(out, "  <testsuite name=\"");
    append_escaped(out, golden->folder);
    buffer_printf(out, "\" tests=\"%zu\" failures=\"%zu\">\n", tests, golden->failed + below);
    if (golden->mistakes)
        append_case(out, golden->folder, "connector.yaml", "le fichier a des erreurs",
                    golden->mistakes);
    for (size_t i = 0; i < golden->count; i++) {
        const struct golden_result *result = &golden->results[i];

        append_case(out, golden->folder, result->name,
                    golden_is_failure(result->verdict) ? golden_verdict_name(result->verdict)
                                                       : NULL,
                    result->detail);
    }
    if (below) {
        CLEANUP(buffer_deinit) struct buffer report = {0};

        coverage_write(golden->coverage, &report);
        append_case(out, golden->folder, "couverture", "sous le minimum demandé",
                    buffer_text(&report));
    }
    buffer_append_text(out, "  </testsuite>\n");
}
