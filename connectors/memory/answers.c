/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/answers.h"

#include <stdlib.h>

/* One entry a call made since Kafka went away: the next such call needs "begun" in the topic
 * first, so there is rarely a second. */
struct answer {
    struct answer *next;
    struct arena arena; /* holds what follows */
    enum state_kind kind;
    struct bytes id;
    bool undone; /* the entry goes */
    struct http_response response;
};

struct answers {
    struct state *state;
    struct answer *first;
};

struct answers *answers_new(struct state *state)
{
    struct answers *answers = xcalloc(1, sizeof(*answers));

    answers->state = state;
    return answers;
}

static void free_all(struct answers *answers)
{
    while (answers->first) {
        struct answer *answer = answers->first;

        answers->first = answer->next;
        arena_deinit(&answer->arena);
        free(answer);
    }
}

void answers_free(struct answers *answers)
{
    if (!answers)
        return;
    free_all(answers);
    free(answers);
}

/* What is known last counts: the entry of a step is replaced. */
static struct answer *entry_of(struct answers *answers, enum state_kind kind, struct bytes id)
{
    struct answer **at = &answers->first;
    struct answer *answer;

    while (*at && ((*at)->kind != kind || !bytes_equal((*at)->id, id)))
        at = &(*at)->next;
    if (*at) {
        answer = *at;
        *at = answer->next;
        arena_deinit(&answer->arena);
        free(answer);
    }
    answer = xcalloc(1, sizeof(*answer));
    arena_init(&answer->arena);
    answer->kind = kind;
    answer->id = arena_copy(&answer->arena, id);
    answer->next = answers->first;
    answers->first = answer;
    return answer;
}

void answers_keep(struct answers *answers, struct bytes step, const struct http_response *response)
{
    struct answer *answer = entry_of(answers, STATE_STEP, step);

    answer->response = (struct http_response){
        .status = response->status,
        .content_type = arena_text(&answer->arena, bytes_of_text(response->content_type)),
        .body = arena_copy(&answer->arena, response->body),
    };
}

void answers_keep_undone(struct answers *answers, struct bytes step)
{
    entry_of(answers, STATE_STEP, step)->undone = true;
}

void answers_keep_no_echo(struct answers *answers, struct bytes of)
{
    entry_of(answers, STATE_ECHO, of)->undone = true;
}

enum outcome answers_write(struct answers *answers, struct error *err)
{
    struct state_change *change;
    enum outcome outcome;

    if (!answers->first)
        return OUTCOME_OK;
    change = state_begin(answers->state);
    for (struct answer *answer = answers->first; answer; answer = answer->next) {
        if (answer->undone)
            state_put(change, answer->kind, answer->id, BYTES_NONE);
        else
            steps_answer(change, answer->id, &answer->response, &answer->arena);
    }
    outcome = state_commit(change, err);
    if (outcome == OUTCOME_OK)
        free_all(answers);
    return outcome;
}
