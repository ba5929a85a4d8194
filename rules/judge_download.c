/* rules/judge_download.c: rows on downloads: meeting content, address book, group expansion. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "rules/judge_view.h"

static bool is_path_of(const struct policy_row *row, const char *path)
{
    for (uint32_t i = 0; row->paths != NULL && row->paths[i] != NULL; i++) {
        if (strncasecmp(path, row->paths[i], strlen(row->paths[i])) == 0) {
            return true;
        }
    }
    return false;
}

static const struct fact *path_of(const struct view *view, const struct policy_row *row,
                                  enum observation_kind kind)
{
    const struct fact *f = NULL;
    while ((f = facts_next(view->facts, kind, f)) != NULL) {
        if (is_path_of(row, facts_text(view->facts, f))) {
            return f;
        }
    }
    return NULL;
}

/* Did the HTTP of the flow lack bytes, or break its own rules? Then an answer may be overlooked. */
static bool is_faulty(const struct view *view)
{
    return facts_has(view->facts, OBS_CUT, "http") ||
           facts_has(view->facts, OBS_MALFORMED, "http") || view->facts->dropped > 0;
}

/* Was each answer, or that there was none, fully captured and understood? */
static bool answers_are_known(const struct view *view)
{
    const struct flow_record *r = view->record;
    bool whole = r->both_directions && r->missing_bytes == 0 && r->cut_packets == 0 &&
                 !r->evicted && !r->lost_nearby;
    bool answered = r->end_seen || facts_value(view->facts, OBS_HTTP_UNANSWERED, 0) == 0;
    return whole && answered && !is_faulty(view);
}

bool judge_download_concerns(const struct view *view, const struct policy_row *row)
{
    if (path_of(view, row, OBS_HTTP_PATH) == NULL &&
        path_of(view, row, OBS_HTTP_CONTENT_PATH) == NULL) {
        return false;
    }
    bool content = path_of(view, row, OBS_HTTP_CONTENT_PATH) != NULL ||
                   facts_true(view->facts, OBS_HTTP_CREDENTIALS_EXPOSED);
    bool redirected = facts_true(view->facts, OBS_HTTP_REDIRECT_TO_HTTPS) &&
                      facts_value(view->facts, OBS_HTTP_REQUESTS, 0) <= 1;
    return content || (!redirected && !answers_are_known(view));
}

static void judge_clear(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    const struct fact *content = path_of(view, row, OBS_HTTP_CONTENT_PATH);
    const struct fact *path = content != NULL ? content : path_of(view, row, OBS_HTTP_PATH);
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE], shown[96];
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    struct text t = text_into(shown, sizeof shown);
    text_put_escaped(&t, facts_text(view->facts, path), strlen(facts_text(view->facts, path)));
    a->observed = "http";
    a->evidence = EVIDENCE_PROVEN;
    a->verdict = VERDICT_UNKNOWN;
    if (content != NULL) {
        a->verdict = VERDICT_VIOLATION;
        judge_notes_reason(a, "http.content-clear",
                           "%s fetched %s from %s:%u by HTTP: the content is readable.", client,
                           shown, server, view->port);
    }
    judge_notes_proof_of(view, a, path);
    if (facts_true(view->facts, OBS_HTTP_CREDENTIALS_EXPOSED)) {
        a->verdict = VERDICT_VIOLATION;
        judge_notes_reason(a, "http.credentials-exposed",
                           "%s sent credentials (%s) to %s:%u in the clear.", client,
                           facts_text(view->facts, facts_find(view->facts, OBS_HTTP_AUTH_SCHEME)),
                           server, view->port);
        judge_notes_proof(view, a, OBS_HTTP_CREDENTIALS_EXPOSED);
    }
    if (a->verdict == VERDICT_VIOLATION && (row->require & REQUIRE_NONE) != 0 &&
        !judge_notes_has(a, "http.credentials-exposed")) {
        judge_notes_reason(a, "row.clear-permitted",
                           "The row permits cleartext here; the traffic is readable.");
        a->verdict = VERDICT_EXEMPT;
    }
    if (a->verdict == VERDICT_UNKNOWN) {
        judge_notes_reason(a, "http.response-unseen",
                           "%s asked %s:%u for %s in the clear; whether content came back was not "
                           "captured.",
                           client, server, view->port, shown);
        (void)judge_notes_incomplete(view, a);
    }
}

void judge_download(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    if (view->http) {
        judge_clear(view, row, a);
    } else {
        judge_tls(view, row, a);
        a->evidence = a->verdict == VERDICT_COMPLIANT ? EVIDENCE_INFERRED : a->evidence;
        a->observed = a->verdict == VERDICT_COMPLIANT ? "https" : a->observed;
    }
}
