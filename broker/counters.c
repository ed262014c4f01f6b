/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/counters.h"

#include <stdio.h>
#include <stdlib.h>

struct row {
    char *code; /* NULL: operators that came later */
    struct metric *events;
    struct metric *verdicts[VERDICT_COUNT];
};

struct counters {
    struct row rows[COUNTERS_MAX_OPERATORS + 1];
    size_t count; /* without the last, which is for those that came later */
    struct metric *said, *fired, *withheld, *lost, *transactions;
    struct metric *start_overs, *tasks, *suspended, *missing_topics;
};

static void init_row(struct row *row, struct metrics *metrics, const char *code)
{
    char labels[128];

    row->code = code ? xstrdup(code) : NULL;
    (void)snprintf(labels, sizeof(labels), "op=\"%s\"", code ? code : "later");
    row->events = metrics_counter(metrics, "relais_broker_events_total", labels,
                                  "Outbox records read, by sender");
    for (int i = 0; i < VERDICT_COUNT; i++) {
        (void)snprintf(labels, sizeof(labels), "op=\"%s\",outcome=\"%s\"", code ? code : "later",
                       handoff_verdict_name((enum handoff_verdict)i));
        row->verdicts[i] = metrics_counter(metrics, "relais_broker_outcomes_total", labels,
                                           "What became of them: one outcome each");
    }
}

struct counters *counters_new(struct metrics *metrics, const struct directory *directory)
{
    struct counters *counters = xcalloc(1, sizeof(*counters));
    size_t count = directory_operator_count(directory);

    counters->count = count < COUNTERS_MAX_OPERATORS ? count : COUNTERS_MAX_OPERATORS;
    for (size_t i = 0; i < counters->count; i++) {
        init_row(&counters->rows[i], metrics, directory_operator_at(directory, i)->code);
    }
    init_row(&counters->rows[counters->count], metrics, NULL);
    counters->said = metrics_counter(metrics, "relais_broker_said_total", "",
                                     "Events of the broker's own: refusals, redirects, notices");
    counters->fired =
        metrics_counter(metrics, "relais_broker_deadlines_total", "", "Deadlines that passed");
    counters->withheld =
        metrics_counter(metrics, "relais_broker_withheld_total", "",
                        "Messages not written because their operator has no inbox or dead letters");
    counters->lost = metrics_counter(metrics, "relais_broker_deleted_unread_total", "",
                                     "Outbox records that were deleted before they were read");
    counters->transactions =
        metrics_counter(metrics, "relais_broker_transactions_total", "", "Transactions committed");
    counters->start_overs = metrics_counter(metrics, "relais_broker_start_overs_total", "",
                                            "Times a worker started over from what is committed");
    counters->tasks =
        metrics_gauge(metrics, "relais_broker_tasks", "", "Tasks caught up and being worked on");
    counters->suspended =
        metrics_gauge(metrics, "relais_broker_deadlines_suspended", "",
                      "Workers that fire no deadline because the wall clock jumped");
    counters->missing_topics =
        metrics_gauge(metrics, "relais_broker_operators_without_topics", "",
                      "Operators of the directory that are left out: a topic of theirs does not "
                      "exist, or the outbox has a wrong number of partitions; the log says which");
    return counters;
}

void counters_free(struct counters *counters)
{
    if (!counters) {
        return;
    }
    for (size_t i = 0; i < counters->count; i++) {
        free(counters->rows[i].code);
    }
    free(counters);
}

static size_t place_of(const struct counters *counters, struct bytes sender)
{
    size_t place = 0;

    while (place < counters->count && !bytes_equal_text(sender, counters->rows[place].code)) {
        place++;
    }
    return place;
}

void counters_note(const struct counters *counters, struct tally *tally, struct bytes sender,
                   const struct task_result *result)
{
    size_t place = place_of(counters, sender);

    tally->records++;
    tally->said += result->said;
    tally->withheld += result->withheld;
    tally->lost += result->lost;
    tally->events[place]++;
    tally->verdicts[place][result->verdict]++;
}

void counters_settle(struct counters *counters, struct tally *tally)
{
    for (size_t i = 0; i <= counters->count; i++) {
        if (tally->events[i] == 0) {
            continue;
        }
        metric_add(counters->rows[i].events, tally->events[i]);
        for (int j = 0; j < VERDICT_COUNT; j++) {
            metric_add(counters->rows[i].verdicts[j], tally->verdicts[i][j]);
        }
    }
    metric_add(counters->said, (int64_t)tally->said);
    metric_add(counters->fired, (int64_t)tally->fired.deadlines);
    metric_add(counters->withheld, (int64_t)(tally->withheld + tally->fired.withheld));
    metric_add(counters->lost, tally->lost);
    metric_add(counters->transactions, 1);
    memset(tally, 0, sizeof(*tally));
}

struct metric *counters_start_overs(struct counters *counters)
{
    return counters->start_overs;
}

struct metric *counters_tasks(struct counters *counters)
{
    return counters->tasks;
}

struct metric *counters_suspended(struct counters *counters)
{
    return counters->suspended;
}

struct metric *counters_missing_topics(struct counters *counters)
{
    return counters->missing_topics;
}
