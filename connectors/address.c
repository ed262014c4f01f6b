/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/address.h"

#include <strings.h>

#define EXAMPLE "https://agenda.example/api"

/* Behind "https://"; NULL: it does not begin so. */
static const char *host_of(const char *url)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < 2; i++)
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return url + strlen(schemes[i]);
    return NULL;
}

/* NULL, or what is wrong with it. */
static const char *mistake_in(const char *url, bool is_beginning)
{
    const char *host = host_of(url);
    size_t len = strlen(url);

    if (!host)
        return "l'adresse ne commence ni par http:// ni par https://";
    if (strcspn(host, "/:?#") == 0 || host[0] == '@')
        return "l'adresse n'a pas de nom de machine";
    for (const char *at = host; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == '"' || *at == '<' || *at == '>')
            return "l'adresse a un signe qu'une adresse n'a pas";
    if (is_beginning && url[len - 1] == '/')
        return "l'adresse finit par une barre oblique ; celle de chaque appel en commence une";
    if (is_beginning && strpbrk(host, "?#"))
        return "l'adresse a des paramètres ; ceux d'un appel sont dans `query`";
    return NULL;
}

static void check(const struct yaml_node *node, bool is_beginning, struct diagnostics *diagnostics)
{
    const char *url = node && node->kind == YAML_SCALAR ? (const char *)node->text.data : NULL;
    const char *what = url && !strstr(url, "${") ? mistake_in(url, is_beginning) : NULL;

    if (what)
        diagnostics_add(diagnostics, node->place,
                        is_beginning ? EXAMPLE ", sans barre oblique à la fin" : EXAMPLE "/jeton",
                        "%s", what);
}

void address_check(const struct yaml_node *end, struct diagnostics *diagnostics)
{
    const struct yaml_node *auth = yaml_get(end, "auth");

    check(yaml_get(end, "base_url"), true, diagnostics);
    if (auth)
        check(yaml_get(auth, "token_url"), false, diagnostics);
}
