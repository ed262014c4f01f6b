/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "tests/support/driver_case.h"

void driver_case_init(struct driver_case *c, http_handler *handler, void *context)
{
    struct http_server_options options = {.handler = handler, .context = context};
    struct error err = {0};

    crypto_init();
    memset(c, 0, sizeof(*c));
    (void)snprintf(c->folder, sizeof(c->folder), "%s", "build/driver-XXXXXX");
    assert_non_null(mkdtemp(c->folder));
    c->diagnostics = diagnostics_new();
    c->clock = clock_manual_new(INT64_C(1772442000000000));
    c->metrics = metrics_new();
    keys_create("o21", &c->keys);
    fake_log_init(&c->log);
    c->state = state_new(&c->keys, &c->log.durable, c->clock);
    c->context = (struct connector_context){.operator_code = "o21",
                                            .system = "crm",
                                            .clock = c->clock,
                                            .metrics = c->metrics,
                                            .state = c->state};
    if (handler && http_server_start(&options, &c->far, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

void driver_case_secret(struct driver_case *c, const char *name, const char *secret)
{
    char path[160];
    int file;

    (void)snprintf(path, sizeof(path), "%s/%s", c->folder, name);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, secret, strlen(secret)), strlen(secret));
    assert_int_equal(close(file), 0);
}

void driver_case_make(struct driver_case *c, const struct connector_ops *ops, const char *yaml)
{
    char url[64] = "http://127.0.0.1:1";
    struct buffer text = {0};
    struct yaml_node *root = NULL;
    struct error err = {0};
    const char *at = yaml;

    if (c->far)
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(c->far));
    while (*at) {
        size_t plain = strcspn(at, "<");

        buffer_append(&text, at, plain);
        at += plain;
        if (strncmp(at, "<url>", 5) == 0) {
            buffer_append_text(&text, url);
            at += 5;
        } else if (strncmp(at, "<folder>", 8) == 0) {
            buffer_append_text(&text, c->folder);
            at += 8;
        } else if (*at) {
            buffer_append_byte(&text, (uint8_t)*at++);
        }
    }
    connector_free(c->driver);
    c->driver = NULL;
    if (yaml_read("driver.yaml", arena_copy(&c->arena, buffer_view(&text)), &c->arena,
                  c->diagnostics, &root, &err) != OUTCOME_OK ||
        connector_new(ops, root, "driver-1", &c->context, c->diagnostics, &c->driver, &err) !=
            OUTCOME_OK) {
        struct buffer mistakes = {0};

        diagnostics_write(c->diagnostics, &mistakes);
        fail_msg("%s: %s", err.text, buffer_text(&mistakes));
    }
    buffer_deinit(&text);
}

void driver_case_open(struct driver_case *c)
{
    struct error err = {0};

    if (c->driver->ops->open(c->driver, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
}

void driver_case_start(struct driver_case *c, const struct connector_ops *ops, const char *yaml)
{
    driver_case_make(c, ops, yaml);
    driver_case_open(c);
}

/* With all that is in it. */
static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        char path[512];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0)
            remove_folder(path);
    }
    if (dir)
        (void)closedir(dir);
    (void)rmdir(folder);
}

void driver_case_folder(struct driver_case *c, const char *name)
{
    char path[160];

    (void)snprintf(path, sizeof(path), "%s/%s", c->folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
    c->box = name;
}

const char *driver_case_path(struct driver_case *c, const char *name)
{
    return arena_printf(&c->arena, "%s/%s/%s", c->folder, c->box, name);
}

void driver_case_put(struct driver_case *c, const char *name, const char *text)
{
    FILE *file = fopen(driver_case_path(c, name), "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

bool driver_case_has(struct driver_case *c, const char *name)
{
    return access(driver_case_path(c, name), F_OK) == 0;
}

void driver_case_wait(struct driver_case *c, int64_t ms)
{
    clock_manual_advance(c->clock, ms * 1000);
}

void driver_case_deinit(struct driver_case *c)
{
    http_server_stop(c->far);
    connector_free(c->driver);
    state_free(c->state);
    fake_log_deinit(&c->log);
    metrics_free(c->metrics);
    clock_free(c->clock);
    diagnostics_free(c->diagnostics);
    arena_deinit(&c->arena);
    remove_folder(c->folder);
}

int driver_case_setup(void **state)
{
    *state = xcalloc(1, sizeof(struct driver_case));
    driver_case_init(*state, NULL, NULL);
    return 0;
}

int driver_case_teardown(void **state)
{
    driver_case_deinit(*state);
    free(*state);
    return 0;
}
