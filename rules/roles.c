/* rules/roles.c: role words of policies and sets of roles. */
#include "rules/roles.h"

#include <string.h>

#include "base/text.h"
#include "rules/nearest.h"

static const struct {
    const char *name;
    bool server;
} table[ROLE_COUNT] = {
#define X(role, name, server) [role] = { name, server },
    ROLES(X)
#undef X
};

static const char *const words[] = {
#define X(role, name, server) name,
    ROLES(X)
#undef X
        "any_server",
    "any_client",
    "client_*",
    "any",
    NULL,
};

static const uint64_t clients = (uint64_t)1 << ROLE_CLIENT_INTERNAL | (uint64_t)1
                                                                          << ROLE_CLIENT_EXTERNAL;

static uint64_t servers(void)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        set |= table[i].server ? role_bit((enum role)i) : 0;
    }
    return set;
}

uint64_t roles_of_word(const char *word)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if (strcmp(table[i].name, word) == 0) {
            return role_bit((enum role)i);
        }
    }
    if (strcmp(word, "any_server") == 0) {
        return servers();
    }
    if (strcmp(word, "client_*") == 0 || strcmp(word, "any_client") == 0) {
        return clients;
    }
    return strcmp(word, "any") == 0 ? UINT64_MAX : 0;
}

static void put_word(struct text *t, const char *word)
{
    text_printf(t, "%s%s", t->used > 0 ? "," : "", word);
}

const char *roles_text(uint64_t roles, char *buffer, uint32_t size)
{
    struct text t = text_into(buffer, size);
    if (roles == UINT64_MAX) {
        text_put(&t, "any");
        return buffer;
    }
    if ((roles & clients) == clients) {
        put_word(&t, "client_*");
        roles &= ~clients;
    }
    if ((roles & servers()) == servers()) {
        put_word(&t, "any_server");
        roles &= ~servers();
    }
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if ((roles & role_bit((enum role)i)) != 0) {
            put_word(&t, words[i]);
        }
    }
    return buffer;
}

const char *roles_nearest(const char *word)
{
    return nearest_word(word, words);
}
