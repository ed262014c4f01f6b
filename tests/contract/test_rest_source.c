/* SPDX-License-Identifier: Apache-2.0
 *
 * The polled list: each state of each record once, nothing skipped, and a cursor that moves
 * only with what was acknowledged.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "connectors/drivers/drivers.h"
#include "connectors/memory/pack.h"
#include "tests/support/driver_case.h"

#define PAGE 2
#define ITEMS_MOST 32

static const char yaml[] = "type: rest\nbase_url: <url>\npath: /list?kind=all\n"
                           "since_parameter: since\nsince: \"10\"\npage_parameter: page\n"
                           "items: $.items\npages: $.pages\nchanged: $.at\npoll_ms: 1000\n";

static const char yaml_of_xml[] = "type: rest\nbase_url: <url>\npath: /list?kind=all\n"
                                  "since_parameter: since\nsince: \"10\"\npage_parameter: page\n"
                                  "format: xml\nelement: export/rdv\npages: $.export.pages\n"
                                  "changed: $.at\npoll_ms: 1000\n";

/* Their list: what changed at or after `since`, oldest first, PAGE a page. */
struct list {
    struct {
        int id;
        int at;
    } items[ITEMS_MOST];
    int count;
    int status;        /* 0: 200 */
    int pages;         /* 0: as many as there are; else said whatever is asked for */
    const char *html;  /* instead of JSON */
    bool xml;          /* instead of JSON; record 9 has an element twice */
    int size;          /* records a page; 0: PAGE */
    bool same_page;    /* every page is the first */
    bool name_moments; /* "m11" instead of "11", and no bound is heeded */
    int calls;
};

static void answer(void *context, const struct http_server_request *request,
                   struct http_reply *reply)
{
    struct list *list = context;
    const char *since = http_request_query(request, "since");
    const char *page = http_request_query(request, "page");
    int size = list->size ? list->size : PAGE;
    int first = page && !list->same_page ? (int)(strtol(page, NULL, 10) - 1) * size : 0;
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
    buffer_append_text(&reply->body, list->xml ? "<?xml version='1.0'?><export>" : "{\"items\":[");
    for (int i = 0; i < list->count; i++) {
        if (since && !list->name_moments && list->items[i].at < strtol(since, NULL, 10))
            continue;
        if (matching++ < first || written == size)
            continue;
        if (list->xml) {
            buffer_printf(&reply->body, "<rdv><i>%d</i>%s<at>%d</at></rdv>", list->items[i].id,
                          list->items[i].id == 9 ? "<i/>" : "", list->items[i].at);
            written++;
            continue;
        }
        buffer_printf(&reply->body, "%s{\"id\":%d,\"at\":\"%s%d\"}", written++ ? "," : "",
                      list->items[i].id, list->name_moments ? "m" : "", list->items[i].at);
    }
    buffer_printf(&reply->body, list->xml ? "<pages>%d</pages></export>" : "],\"pages\":%d}",
                  list->pages ? list->pages : (matching + size - 1) / size);
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

static void a_list_in_xml_is_read_like_one_in_json(void **state)
{
    struct driver_case c;
    struct list list = {.xml = true};
    struct read read;

    (void)state;
    for (int id = 1; id <= 5; id++)
        add(&list, id, 10 + id);
    driver_case_init(&c, answer, &list);
    driver_case_start(&c, &rest_source, yaml_of_xml);
    pull_all(&c, &read, 3);
    assert_ids(&read, "1 2 3 4 5 ");
    assert_bytes_text(read.records[4]->body, "{\"i\":\"5\",\"at\":\"15\"}");
    ack(&c, &read, 0, 5);
    read_free(&read);
    driver_case_start(&c, &rest_source, yaml_of_xml);
    pull_all(&c, &read, 3);
    assert_ids(&read, ""); /* after a restart */
    read_free(&read);
    driver_case_deinit(&c);
}

/* Once, with its reason; what follows comes all the same. */
static void a_broken_record_of_a_list_in_xml_is_a_dead_letter_of_its_own(void **state)
{
    static const char without_pages[] =
        "type: rest\nbase_url: <url>\npath: /list?kind=all\nsince_parameter: since\n"
        "since: \"10\"\nformat: xml\nelement: export/rdv\nchanged: $.at\npoll_ms: 1000\n";
    struct driver_case c;
    struct list list = {.xml = true, .size = 8};
    struct read read;

    (void)state;
    add(&list, 1, 11);
    add(&list, 9, 12);
    add(&list, 2, 13);
    driver_case_init(&c, answer, &list);
    driver_case_start(&c, &rest_source, without_pages);
    pull_all(&c, &read, 8);
    assert_int_equal(read.count, 3);
    assert_null(read.records[0]->defect);
    assert_non_null(strstr(read.records[1]->defect, "répété"));
    assert_bytes_text(read.records[1]->body, "<rdv><i>9</i><i/><at>12</at></rdv>");
    assert_bytes_text(read.records[2]->body, "{\"i\":\"2\",\"at\":\"13\"}");
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

/* Pulls until the driver complains; what came before that is in `read`. */
static void pull_until_retry(struct driver_case *c, struct read *read, const char *complaint)
{
    enum outcome outcome = OUTCOME_OK;
    struct error err = {0};

    memset(read, 0, sizeof(*read));
    while (outcome == OUTCOME_OK && read->batch_count < 16) {
        struct batch *batch = batch_new(8);

        outcome = c->driver->ops->pull(c->driver, 0, batch, &err);
        for (size_t r = 0; r < batch->count; r++)
            read->records[read->count++] = &batch->records[r];
        read->batches[read->batch_count++] = batch;
    }
    assert_int_equal(outcome, OUTCOME_RETRY);
    assert_non_null(strstr(err.text, complaint));
}

static int64_t errors_of(struct driver_case *c, const char *reason)
{
    char labels[128];

    (void)snprintf(labels, sizeof(labels), "op=\"o21\",source=\"driver-1\",reason=\"%s\"", reason);
    return metric_value(metrics_counter(c->metrics, "relais_list_errors_total", labels, ""));
}

/* Sorted so far, then not: the prefix goes on and is never lost, the rest is complained of at
 * every look, and comes once the list is sorted. */
static void an_unsorted_page_ends_the_look_behind_its_sorted_prefix(void **state)
{
    struct driver_case c;
    struct list list = {.size = 3};
    struct read read;
    int calls;

    (void)state;
    for (int id = 1; id <= 3; id++)
        add(&list, id, 10 + id);
    add(&list, 4, 19);
    add(&list, 5, 14);
    add(&list, 6, 15);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    pull_until_retry(&c, &read, "not sorted");
    assert_ids(&read, "1 2 3 ");
    ack(&c, &read, 0, 3);
    read_free(&read);
    assert_int_equal(errors_of(&c, "unsorted"), 1);
    calls = list.calls;
    pull_all(&c, &read, 8); /* until the next look nothing is asked */
    assert_ids(&read, "");
    assert_int_equal(list.calls, calls);
    read_free(&read);
    next_poll(&c);
    pull_until_retry(&c, &read, "not sorted");
    assert_ids(&read, "");
    read_free(&read);
    assert_int_equal(errors_of(&c, "unsorted"), 2);
    list.items[3].at = 14;
    list.items[4].at = 15;
    list.items[5].at = 19;
    next_poll(&c);
    pull_all(&c, &read, 8);
    assert_ids(&read, "4 5 6 ");
    read_free(&read);
    driver_case_deinit(&c);
}

/* Each page is sorted, the list is not: behind the bound there is less than was said. */
static void a_bound_with_nothing_behind_it_is_complained_of(void **state)
{
    struct driver_case c;
    struct list list = {0};
    struct read read;

    (void)state;
    add(&list, 1, 11);
    add(&list, 2, 19);
    add(&list, 3, 12);
    add(&list, 4, 13);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    pull_until_retry(&c, &read, "not sorted");
    assert_ids(&read, "1 2 ");
    read_free(&read);
    assert_int_equal(errors_of(&c, "unsorted"), 1);
    driver_case_deinit(&c);
}

/* Moments that cannot be compared: the bound that comes back tells. */
static void a_list_that_goes_in_circles_is_not_asked_for_ever(void **state)
{
    struct driver_case c;
    struct list list = {.pages = 3};
    struct read read;

    (void)state;
    list.name_moments = true;
    add(&list, 1, 12);
    add(&list, 2, 11);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    pull_until_retry(&c, &read, "not sorted");
    assert_true(read.count >= 2);
    read_free(&read);
    assert_in_range(list.calls, 1, 8);
    assert_int_equal(errors_of(&c, "unsorted"), 1);
    driver_case_deinit(&c);
}

/* 10,000 pages of one moment: an inclusive bound cannot pass them, and it is said. */
static void too_many_pages_of_one_moment_are_complained_of(void **state)
{
    struct driver_case c;
    struct list list = {.pages = 1000000, .same_page = true};
    struct error err = {0};
    enum outcome outcome = OUTCOME_OK;
    size_t records = 0;

    (void)state;
    add(&list, 1, 11);
    add(&list, 2, 11);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    driver_case_open(&c);
    while (outcome == OUTCOME_OK && list.calls < 11000) {
        struct batch *batch = batch_new(8);

        outcome = c.driver->ops->pull(c.driver, 0, batch, &err);
        records += batch->count;
        batch_free(batch);
    }
    assert_int_equal(outcome, OUTCOME_RETRY);
    assert_non_null(strstr(err.text, "more than 10000 pages"));
    assert_int_equal(records, 2);
    assert_int_equal(errors_of(&c, "too_many_pages"), 1);
    driver_case_deinit(&c);
}

/* Which of them were seen is one entry of the state: it must stay one that Kafka takes. */
static void too_many_records_of_one_moment_are_complained_of(void **state)
{
    struct driver_case c;
    struct list list = {.size = 4};
    CLEANUP(buffer_deinit) struct buffer seen = {0};
    CLEANUP(buffer_deinit) struct buffer cursor = {0};
    struct read read;
    struct error err = {0};

    (void)state;
    for (int i = 0; i < (30000 - 1) * 16; i++)
        buffer_append_byte(&seen, 0);
    pack_bytes(&cursor, BYTES_LITERAL("11"));
    pack_bytes(&cursor, buffer_view(&seen));
    add(&list, 1, 11);
    add(&list, 2, 11);
    driver_case_init(&c, answer, &list);
    driver_case_make(&c, &rest_source, yaml);
    assert_int_equal(
        state_set(c.state, STATE_CURSOR, BYTES_LITERAL("driver-1"), buffer_view(&cursor), &err),
        OUTCOME_OK);
    driver_case_open(&c);
    pull_until_retry(&c, &read, "more than 30000 records");
    assert_ids(&read, "1 ");
    ack(&c, &read, 0, 1);
    read_free(&read);
    assert_int_equal(errors_of(&c, "too_many_pages"), 1);
    driver_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_comes_once_over_all_pages),
        cmocka_unit_test(a_list_in_xml_is_read_like_one_in_json),
        cmocka_unit_test(a_broken_record_of_a_list_in_xml_is_a_dead_letter_of_its_own),
        cmocka_unit_test(a_record_that_moves_to_the_end_between_two_pages_hides_no_other),
        cmocka_unit_test(a_restart_goes_on_after_what_was_acknowledged),
        cmocka_unit_test(an_unsorted_page_ends_the_look_behind_its_sorted_prefix),
        cmocka_unit_test(a_bound_with_nothing_behind_it_is_complained_of),
        cmocka_unit_test(a_list_that_goes_in_circles_is_not_asked_for_ever),
        cmocka_unit_test(too_many_records_of_one_moment_are_complained_of),
        cmocka_unit_test(too_many_pages_of_one_moment_are_complained_of),
        cmocka_unit_test(html_or_an_error_is_retry_and_moves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
