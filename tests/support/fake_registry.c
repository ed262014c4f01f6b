/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#include "base/clock.h"
#include "base/http_server.h"

#define MOST 64
#define USER_AND_SECRET "Basic cmVsYWlzOnNlY3JldA==" /* relais:secret */
#define SLOW_MS 60000

struct fake_registry {
    struct http_server *server;
    struct waiter *never;
    char url[64];
    atomic_int mood;
    atomic_int calls;
    pthread_mutex_t lock; /* of all below */
    char *texts[MOST];    /* by id; [0] is nobody's */
    size_t count;
};

/* ---- Answers ------------------------------------------------------------------------ */

static uint32_t find(struct fake_registry *fake, const char *text)
{
    for (size_t id = 1; id < fake->count; id++)
        if (fake->texts[id] && strcmp(fake->texts[id], text) == 0)
            return (uint32_t)id;
    return 0;
}

static uint32_t add(struct fake_registry *fake, const char *text)
{
    uint32_t id = find(fake, text);

    if (id != 0)
        return id;
    if (fake->count == MOST)
        abort();
    fake->texts[fake->count] = xstrdup(text);
    return (uint32_t)fake->count++;
}

static void say(struct http_reply *reply, int status, const char *body)
{
    reply->status = status;
    reply->content_type = "application/vnd.schemaregistry.v1+json";
    buffer_append_text(&reply->body, body);
}

static void answer_post(struct fake_registry *fake, const struct http_server_request *request,
                        struct http_reply *reply)
{
    struct bytes body = http_request_body(request);
    yyjson_doc *doc = yyjson_read((const char *)body.data, body.len, 0);
    const char *text = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "schema"));
    bool registers = strstr(http_request_path(request), "/versions") != NULL;
    uint32_t id = !text ? 0 : registers ? add(fake, text) : find(fake, text);

    if (atomic_load(&fake->mood) == MOOD_INCOMPATIBLE)
        say(reply, 409, "{\"error_code\":409,\"message\":\"field x has no default\"}");
    else if (atomic_load(&fake->mood) == MOOD_ID_TOO_BIG)
        say(reply, 200, "{\"id\":1073741824}");
    else if (id == 0)
        say(reply, 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
    else
        buffer_printf(&reply->body, "{\"id\":%u,\"version\":1}", id);
    yyjson_doc_free(doc);
}

static void answer_id(struct fake_registry *fake, const char *path, struct http_reply *reply)
{
    unsigned long id = strtoul(strrchr(path, '/') + 1, NULL, 10);
    const char *text = id < fake->count ? fake->texts[id] : NULL;
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    char *json;

    if (atomic_load(&fake->mood) == MOOD_OTHER_SCHEMA)
        text = "\"string\"";
    if (atomic_load(&fake->mood) == MOOD_LAGS)
        text = NULL;
    yyjson_mut_doc_set_root(doc, root);
    if (atomic_load(&fake->mood) == MOOD_NOT_AVRO)
        yyjson_mut_obj_add_str(doc, root, "schemaType", "PROTOBUF");
    if (text)
        yyjson_mut_obj_add_str(doc, root, "schema", text);
    json = yyjson_mut_write(doc, 0, NULL);
    if (atomic_load(&fake->mood) == MOOD_FORBIDS)
        say(reply, 403, "{\"error_code\":40301,\"message\":\"User is denied Read\"}");
    else if (text)
        say(reply, 200, json);
    else
        say(reply, 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
    free(json);
    yyjson_mut_doc_free(doc);
}

static void say_huge(struct http_reply *reply)
{
    char *piece = malloc(1 << 20);

    memset(piece, ' ', 1 << 20);
    for (int i = 0; i < 100; i++)
        buffer_append(&reply->body, piece, 1 << 20);
    free(piece);
}

/* True when the mood alone says what is answered. */
static bool answer_by_mood(struct fake_registry *fake, const struct http_server_request *request,
                           struct http_reply *reply)
{
    const char *user = http_request_header(request, "Authorization");
    enum fake_registry_mood mood = (enum fake_registry_mood)atomic_load(&fake->mood);

    reply->content_type = "text/html";
    if (mood == MOOD_SLOW)
        (void)waiter_wait_ms(fake->never, SLOW_MS);
    if (mood == MOOD_HTML || mood == MOOD_HTML_404)
        buffer_append_text(&reply->body, "<html><body>Welcome</body></html>");
    reply->status = mood == MOOD_HTML_404 ? 404 : mood == MOOD_BROKEN ? 500 : 200;
    if (mood == MOOD_HUGE)
        say_huge(reply);
    if (mood == MOOD_CLOSED && (!user || strcmp(user, USER_AND_SECRET) != 0)) {
        say(reply, 401, "{\"error_code\":401,\"message\":\"Unauthorized\"}");
        return true;
    }
    return mood == MOOD_HTML || mood == MOOD_HTML_404 || mood == MOOD_BROKEN || mood == MOOD_SLOW ||
           mood == MOOD_HUGE;
}

static void answer(void *context, const struct http_server_request *request,
                   struct http_reply *reply)
{
    struct fake_registry *fake = context;
    const char *path = http_request_path(request);

    atomic_fetch_add(&fake->calls, 1);
    if (answer_by_mood(fake, request, reply))
        return;
    pthread_mutex_lock(&fake->lock);
    if (strncmp(path, "/api/subjects/relais.", 21) == 0)
        answer_post(fake, request, reply);
    else if (strncmp(path, "/api/schemas/ids/", 17) == 0)
        answer_id(fake, path, reply);
    else
        say(reply, 404, "no such page");
    pthread_mutex_unlock(&fake->lock);
}

/* ---- Life ------------------------------------------------------------------------------ */

struct fake_registry *fake_registry_start(void)
{
    struct fake_registry *fake = xcalloc(1, sizeof(*fake));
    struct http_server_options options = {.handler = answer, .context = fake};
    struct error err;

    pthread_mutex_init(&fake->lock, NULL);
    fake->never = waiter_new();
    fake->count = 1;
    if (http_server_start(&options, &fake->server, &err) != OUTCOME_OK)
        abort();
    (void)snprintf(fake->url, sizeof(fake->url), "http://127.0.0.1:%u/api",
                   http_server_port(fake->server));
    return fake;
}

void fake_registry_stop(struct fake_registry *fake)
{
    if (!fake)
        return;
    waiter_interrupt(fake->never);
    http_server_stop(fake->server);
    fake_registry_empty(fake);
    waiter_free(fake->never);
    pthread_mutex_destroy(&fake->lock);
    free(fake);
}

const char *fake_registry_url(const struct fake_registry *fake)
{
    return fake->url;
}

void fake_registry_set(struct fake_registry *fake, enum fake_registry_mood mood)
{
    atomic_store(&fake->mood, (int)mood);
}

int fake_registry_calls(struct fake_registry *fake)
{
    return atomic_load(&fake->calls);
}

uint32_t fake_registry_add(struct fake_registry *fake, const char *text)
{
    uint32_t id;

    pthread_mutex_lock(&fake->lock);
    id = add(fake, text);
    pthread_mutex_unlock(&fake->lock);
    return id;
}

void fake_registry_empty(struct fake_registry *fake)
{
    pthread_mutex_lock(&fake->lock);
    for (size_t id = 0; id < fake->count; id++) {
        free(fake->texts[id]);
        fake->texts[id] = NULL;
    }
    pthread_mutex_unlock(&fake->lock);
}
