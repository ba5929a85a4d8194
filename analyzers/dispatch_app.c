/* analyzers/dispatch_app.c: what a flow is called, what it carries, and who its client is. */
#include <netinet/in.h>
#include <string.h>

#include "analyzers/dispatch_internal.h"
#include "base/text.h"

/* On one UDP 5-tuple several protocols meet (RFC 7983): the one that says most names the flow. */
static uint8_t app_rank_of(const char *app)
{
    static const char *const by_rank[] = { "stun", "quic", "dtls", "zrtp", "rtp" };
    for (unsigned i = 0; i < sizeof by_rank / sizeof by_rank[0]; i++) {
        if (strcmp(by_rank[i], app) == 0) {
            return (uint8_t)(i + 2);
        }
    }
    return sizeof by_rank / sizeof by_rank[0] + 2;
}

static void put_text(struct analysis *a, const struct observation *obs, enum observation_kind kind,
                     const char *text)
{
    struct observation own = *obs;
    own.kind = kind;
    own.text = text;
    own.text_size = (uint32_t)strlen(text);
    own.value = 0;
    facts_put(&a->facts, &own);
}

static const struct fact *last_of(const struct facts *facts, enum observation_kind kind)
{
    const struct fact *last = NULL;
    for (const struct fact *f = NULL; (f = facts_next(facts, kind, f)) != NULL;) {
        last = f;
    }
    return last;
}

/* One stream, two protocols. One that turned to TLS is what that TLS carries; else the first names
 * the flow and carries the other. */
static void take_inner_app(struct analysis *a, const struct observation *obs, const char *app)
{
    char before[sizeof a->app];
    struct text t = text_into(before, sizeof before);
    const struct fact *by = facts_find(&a->facts, OBS_STARTTLS_PROTOCOL);
    by = by != NULL ? by : last_of(&a->facts, OBS_WRAPPER);
    text_put(&t, facts_text(&a->facts, by));
    bool tls = strcmp(app, "tls") == 0;
    if (tls && t.used > 0) {
        put_text(a, obs, OBS_TLS_STARTTLS, before);
    }
    if (tls && strcmp(a->app, before) == 0) {
        memcpy(a->app, app, strlen(app) + 1);
        put_text(a, obs, OBS_CARRIES, before);
        put_text(a, obs, OBS_CARRIES_BY, "starttls");
    } else if (strcmp(a->app, app) != 0) {
        put_text(a, obs, OBS_CARRIES, app);
        put_text(a, obs, OBS_CARRIES_BY, "content");
    }
}

void dispatch_app_take(struct analysis *a, const struct observation *obs)
{
    char app[sizeof a->app] = { 0 };
    struct text t = text_into(app, sizeof app);
    text_put_escaped(&t, obs->text, obs->text_size);
    uint8_t rank = app_rank_of(app);
    a->claimed = true;
    if (a->l4 == IPPROTO_TCP && a->app_rank != 0) {
        take_inner_app(a, obs, app);
        return;
    }
    if (a->app_rank == 0 || (a->l4 == IPPROTO_UDP && rank > a->app_rank)) {
        memcpy(a->app, app, sizeof app);
        a->app_by = "content";
        a->app_rank = rank;
    }
}

void dispatch_app_client(struct analysis *a, const struct observation *obs)
{
    bool hello = obs->text_size == 5 && memcmp(obs->text, "hello", 5) == 0;
    uint8_t by = hello ? BY_HELLO : BY_REQUEST;
    a->opening_seen = true;
    bool again = hello && a->initiator == BY_HELLO; /* both sides had said hello */
    if (by > a->initiator || again) {
        a->initiator = by;
        a->client = obs->value == 0 ? 0 : 1;
    }
}
