/* SPDX-License-Identifier: Apache-2.0
 *
 * The polled list: each state of each record once, nothing skipped, and a cursor that moves
 * only with what was acknowledged.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "connectors/drivers/drivers.h"
#include "tests/support/driver_case.h"

#define PAGE 2
#define ITEMS_MOST 32

static const char yaml[] = "type: rest\nbase_url: <url>\npath: /list?kind=all\n"
                           "since_parameter: since\nsince: \"10\"\npage_parameter: page\n"
                           "items: $.items\npages: $.pages\nchanged: $.at\npoll_ms: 1000\n";

/* Their list: what changed at or after `since`, oldest first, PAGE a page. */
struct list {
    struct {
        int id;
        int at;
    } items[ITEMS_MOST];
    int count;
    int status;       /* 0: 200 */
    const char *html; /* instead of JSON */
    int calls;
};

static void answer(void *context, const struct http_server_request *request,
                   struct http_reply *reply)
{
    struct list *list = context;
    const char *since = http_request_query(request, "since");
    const char *page = http_request_query(request, "page");
    int first = (page ? (int)strtol(page, NULL, 10) - 1 : 0) * PAGE;
    int matching = 0;
    int written = 0;

    list->calls++;
    assert_string_equal(http_request_query(request, "kind"), "all");
    reply->status = list->status ? list->status : 200;
    reply->content_type = list->html ? "text/html" : "application/json";
    if (list->html) {
        buffer_append_text(&reply->body, list->html);
        return;
    }
    buffer_append_text(&reply->body, "{\"items\":[");
    for (int i = 0; i < list->count; i++) {
        if (since && list->items[i].at < strtol(since, NULL, 10))
            continue;
        if (matching++ < first || written == PAGE)
            continue;
        buffer_printf(&reply->body, "%s{\"id\":%d,\"at\":\"%d\"}", written++ ? "," : "",
                      list->items[i].id, list->items[i].at);
    }
    buffer_printf(&reply->body, "],\"pages\":%d}", (matching + PAGE - 1) / PAGE);
}

static void add(struct list *list, int id, int at)
{
    assert_true(list->count < ITEMS_MOST);
    list->items[list->count].id = id;
    list->items[list->count++].at = at;
}

/* What was pulled, in order, and the batches that hold it. */
struct read {
    struct batch *batches[16];
    size_t batch_count;
    struct record *records[64];
    size_t count;
};

static void pull_all(struct driver_case *c, struct read *read, size_t capacity)
{
    struct error err = {0};

    memset(read, 0, sizeof(*read));
    for (int i = 0; i < 12; i++) {
        struct batch *batch = batch_new(capacity);

        if (c->driver->ops->pull(c->driver, 0, batch, &err) != OUTCOME_OK)
            fail_msg("%s", err.text);
        for (size_t r = 0; r < batch->count; r++)
            read->records[read->count++] = &batch->records[r];
        read->batches[read->batch_count++] = batch;
    }
}

static void read_free(struct read *read)
{
    for (size_t i = 0; i < read->batch_count; i++)
        batch_free(read->batches[i]);
}

static void ack(struct driver_case *c, const struct read *read, size_t first, size_t count)
{
    struct error err = {0};

    assert_int_equal(c->driver->ops->ack(c->driver, read->records + first, count, &err),
                     OUTCOME_OK);
}

static void assert_ids(const struct read *read, const char *expected)
{
    struct buffer ids = {0};

    for (size_t i = 0; i < read->count; i++)
        buffer_printf(&ids, "%.*s ", 1, (const char *)read->records[i]->body.data + 6);
    assert_string_equal(buffer_text(&ids), expected);
    buffer_deinit(&ids);
}

static void next_poll(struct driver_case *c)
{
    clock_manual_advance(c->clock, 2 * US_PER_SECOND);
}

static void each_record_comes_once_over_all_pages(void **state)
{
    struct driver_case c;
    struct list list = {0};
    struct read read;

    (void)state;
    add(&list, 1, 11);
    for (int id = 2; id <= 6; id++)
        add(&list, id, 12); /* more than a page of one moment */
    add(&list, 7, 13);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    pull_all(&c, &read, 3);
    assert_ids(&read, "1 2 3 4 5 6 7 ");
    read_free(&read);
    next_poll(&c);
    add(&list, 8, 13); /* the bound is inclusive: 7 comes again and is dropped */
    pull_all(&c, &read, 3);
    assert_ids(&read, "8 ");
    read_free(&read);
    driver_case_deinit(&c);
}

static void a_record_that_moves_to_the_end_between_two_pages_hides_no_other(void **state)
{
    struct driver_case c;
    struct list list = {0};
    struct read read;
    struct batch *batch = batch_new(PAGE);
    struct error err = {0};

    (void)state;
    for (int id = 1; id <= 5; id++)
        add(&list, id, 10 + id);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    assert_int_equal(c.driver->ops->pull(c.driver, 0, batch, &err), OUTCOME_OK);
    assert_int_equal(batch->count, 2);
    memmove(list.items, list.items + 1, 4 * sizeof(list.items[0]));
    list.items[4].id = 1;
    list.items[4].at = 20;
    pull_all(&c, &read, 8);
    assert_ids(&read, "3 4 5 1 ");
    read_free(&read);
    batch_free(batch);
    driver_case_deinit(&c);
}

static void a_restart_goes_on_after_what_was_acknowledged(void **state)
{
    struct driver_case c;
    struct list list = {0};
    struct read read;

    (void)state;
    add(&list, 1, 11);
    add(&list, 2, 12);
    add(&list, 3, 12);
    add(&list, 4, 13);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    pull_all(&c, &read, 8);
    assert_ids(&read, "1 2 3 4 ");
    ack(&c, &read, 0, 2);
    read_free(&read);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    pull_all(&c, &read, 8);
    assert_ids(&read, "3 4 "); /* 2 is of the same moment as 3, and known */
    ack(&c, &read, 0, 2);
    read_free(&read);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    pull_all(&c, &read, 8);
    assert_ids(&read, "");
    read_free(&read);
    driver_case_deinit(&c);
}

static void html_or_an_error_is_retry_and_moves_nothing(void **state)
{
    struct driver_case c;
    struct list list = {.html = "<html>"};
    struct batch *batch = batch_new(4);
    struct read read;
    struct error err = {0};

    (void)state;
    add(&list, 1, 11);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    assert_int_equal(c.driver->ops->pull(c.driver, 0, batch, &err), OUTCOME_RETRY);
    list.html = NULL;
    list.status = 500;
    assert_int_equal(c.driver->ops->pull(c.driver, 0, batch, &err), OUTCOME_RETRY);
    assert_int_equal(batch->count, 0);
    batch_free(batch);
    list.status = 0;
    pull_all(&c, &read, 8);
    assert_ids(&read, "1 ");
    read_free(&read);
    driver_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_comes_once_over_all_pages),
        cmocka_unit_test(a_record_that_moves_to_the_end_between_two_pages_hides_no_other),
        cmocka_unit_test(a_restart_goes_on_after_what_was_acknowledged),
        cmocka_unit_test(html_or_an_error_is_retry_and_moves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
