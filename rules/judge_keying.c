/* rules/judge_keying.c: media whose keys travel in signalling is as safe as that signalling. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rules/judge_view.h"

enum { WHO_SIZE = 2 * VIEW_NAME_SIZE + 40 };

/* Whose signalling counts, and what was seen of it. */
struct keying {
    unsigned seen;    /* LEG_* */
    uint64_t flow_id; /* that shows the worst of it */
    char who[WHO_SIZE];
};

/* With media bypass the signalling of one end runs to a third host: of that end all of it counts,
 * as long as it is all of one kind. */
static void look_beside(const struct view *view, struct keying *k)
{
    const struct view_side *sides[] = { &view->client, &view->server };
    char name[VIEW_NAME_SIZE];
    (void)snprintf(k->who, sizeof k->who, "of either end");
    for (unsigned i = 0; i < 2; i++) {
        const struct leg *leg = legs_find(view->legs, judge_signalling_host(sides[i]), NULL);
        if (leg != NULL) {
            k->seen |= leg->seen;
            k->flow_id = leg->flow_id;
            (void)snprintf(k->who, sizeof k->who, "of %s", judge_notes_name(sides[i], name));
        }
    }
    if ((k->seen & (k->seen - 1)) != 0) {
        k->seen = LEG_UNDECIDED;
    }
}

static void look(const struct view *view, const struct policy_row *over, struct keying *k)
{
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    *k = (struct keying){ 0 };
    if (!judge_rows_between(view, over)) {
        look_beside(view, k);
        return;
    }
    const struct leg *leg = legs_find(view->legs, judge_signalling_host(&view->client),
                                      judge_signalling_host(&view->server));
    k->seen = leg == NULL ? 0 : leg->seen;
    k->flow_id = leg == NULL ? 0 : leg->flow_id;
    (void)snprintf(k->who, sizeof k->who, "between %s and %s",
                   judge_notes_name(&view->client, client),
                   judge_notes_name(&view->server, server));
}

static bool is_dtls(const struct view *view)
{
    return facts_is(view->facts, OBS_MEDIA_KEYING, "dtls");
}

static void fail(const struct view *view, struct assessment *a, const struct keying *k, bool clear)
{
    if (a->verdict != VERDICT_VIOLATION) {
        a->evidence = EVIDENCE_INFERRED;
    }
    a->verdict = VERDICT_VIOLATION;
    if (clear) {
        judge_notes_reason(a, "media.signalling-clear",
                           "The signalling %s (f:%016" PRIx64 ") is not encrypted: %s.", k->who,
                           k->flow_id,
                           is_dtls(view) ? "whoever can change it can replace the fingerprint"
                                         : "whoever can read it can take the media key");
    } else {
        judge_notes_reason(a, "media.signalling-one-way",
                           "The TLS of the signalling %s (f:%016" PRIx64
                           ") is one-way: the media keys can go to an impostor.",
                           k->who, k->flow_id);
    }
}

static void doubt(struct assessment *a, const struct keying *k)
{
    a->verdict = judge_notes_worse(a->verdict, VERDICT_UNKNOWN);
    if (k->seen == 0) {
        judge_notes_reason(a, "media.signalling-not-seen",
                           "It is SRTP, but no signalling %s was seen: how its keys were exchanged "
                           "is not known.",
                           k->who);
    } else {
        judge_notes_reason(a, "media.signalling-unknown",
                           "It is SRTP, but the signalling %s (f:%016" PRIx64
                           ") does not show how well it protects the keys: they may be known.",
                           k->who, k->flow_id);
    }
}

void judge_keying(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    const struct policy_row *over = policy_row_by_id(view->policy, row->over);
    struct keying k;
    if (over == NULL || (over->require & REQUIRE_NONE) != 0) {
        return;
    }
    look(view, over, &k);
    unsigned good = (over->require & REQUIRE_TLS) != 0 ? LEG_MTLS | LEG_ONE_WAY : LEG_MTLS;
    if ((k.seen & LEG_CLEAR) != 0) {
        fail(view, a, &k, true);
    } else if ((k.seen & LEG_ONE_WAY & ~good) != 0) {
        fail(view, a, &k, false);
    } else if (k.seen == 0 || (k.seen & ~good) != 0) {
        doubt(a, &k);
    }
}
