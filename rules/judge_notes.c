/* rules/judge_notes.c: reasons, proofs and severity of an assessment. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "rules/judge_view.h"

bool judge_notes_has(const struct assessment *a, const char *code)
{
    for (uint32_t i = 0; i < a->reason_count; i++) {
        if (strcmp(a->reasons[i].code, code) == 0) {
            return true;
        }
    }
    return false;
}

void judge_notes_reason(struct assessment *a, const char *code, const char *format, ...)
{
    if (a->reason_count == REASONS_MAX || judge_notes_has(a, code)) {
        return;
    }
    struct reason *reason = &a->reasons[a->reason_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
    reason->code = code;
}

void judge_notes_lead(struct assessment *a, uint32_t reason, uint32_t proof)
{
    for (uint32_t i = reason; i > 0 && i < a->reason_count; i--) {
        struct reason before = a->reasons[i - 1];
        a->reasons[i - 1] = a->reasons[i];
        a->reasons[i] = before;
    }
    for (uint32_t i = proof; i > 0 && i < a->proof_count; i--) {
        struct proof before = a->proofs[i - 1];
        a->proofs[i - 1] = a->proofs[i];
        a->proofs[i] = before;
    }
}

/* 2026-11-22T14:37:00Z; microseconds since 1970 may be negative. */
static void put_time(struct text *t, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000 - (us % 1000000 < 0 ? 1 : 0));
    struct tm parts;
    char date[40] = "";
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        text_printf(t, "%lld s since 1970", (long long)seconds);
        return;
    }
    text_put(t, date);
}

/* "value" or "text" or "text x value", as the shape of the fact has it. */
static void put_detail(struct text *t, const struct facts *facts, const struct fact *fact)
{
    const struct observation_word *word = observation_word((enum observation_kind)fact->kind);
    const char *text = facts_text(facts, fact);
    switch (word->shape) {
    case SHAPE_FLAG:
        text_put(t, fact->value != 0 ? "true" : "false");
        break;
    case SHAPE_COUNTS:
        text_put_escaped(t, text, strlen(text));
        text_printf(t, " x %llu", (unsigned long long)fact->value);
        break;
    case SHAPE_TEXT:
    case SHAPE_LIST:
        text_put_escaped(t, text, strlen(text));
        break;
    case SHAPE_TIME:
        put_time(t, (int64_t)fact->value);
        break;
    case SHAPE_NUMBER:
    case SHAPE_SIDE:
    case SHAPE_SCORE:
    case SHAPE_EVENT:
        text_printf(t, "%llu", (unsigned long long)fact->value);
        break;
    }
}

void judge_notes_proof_of(const struct view *view, struct assessment *a, const struct fact *fact)
{
    if (fact == NULL || a->proof_count == PROOFS_MAX) {
        return;
    }
    struct proof *proof = &a->proofs[a->proof_count++];
    struct text t = text_into(proof->detail, sizeof proof->detail);
    proof->packet = fact->packet != 0 ? fact->packet : view->record->packet_first;
    proof->time_us = fact->time_us != 0 ? fact->time_us : view->record->start_us;
    proof->fact = observation_word((enum observation_kind)fact->kind)->path;
    put_detail(&t, view->facts, fact);
}

void judge_notes_proof(const struct view *view, struct assessment *a, enum observation_kind kind)
{
    judge_notes_proof_of(view, a, facts_find(view->facts, kind));
}

void judge_notes_proof_flow(const struct view *view, struct assessment *a, const char *fact,
                            const char *detail)
{
    if (a->proof_count == PROOFS_MAX) {
        return;
    }
    struct proof *proof = &a->proofs[a->proof_count++];
    struct text t = text_into(proof->detail, sizeof proof->detail);
    proof->packet = view->record->packet_first;
    proof->time_us = view->record->start_us;
    proof->fact = fact;
    text_put(&t, detail);
}

bool judge_notes_complete(const struct flow_record *r)
{
    return r->both_directions && r->start_seen && r->missing_bytes == 0 && r->cut_packets == 0 &&
           !r->evicted && !r->lost_nearby && r->conflicts == 0 && r->facts->dropped == 0;
}

void judge_notes_conflicts(const struct view *view, struct assessment *a)
{
    judge_notes_reason(
        a, "capture.conflicting-bytes",
        "%u TCP segments hold other bytes than those that came first at their place: "
        "nobody can tell which of them the receiver took.",
        view->record->conflicts);
}

bool judge_notes_incomplete(const struct view *view, struct assessment *a)
{
    const struct flow_record *r = view->record;
    char client[VIEW_NAME_SIZE], server[VIEW_NAME_SIZE];
    judge_notes_name(&view->client, client);
    judge_notes_name(&view->server, server);
    if (!r->both_directions) {
        judge_notes_reason(a, "capture.one-direction",
                           "Only packets from %s were captured: what the other side did is not "
                           "known.",
                           r->packets[r->client] > 0 ? client : server);
    }
    if (!r->start_seen) {
        judge_notes_reason(a, "capture.start-unseen",
                           "The capture began after the connection from %s to %s did.", client,
                           server);
    }
    if (r->missing_bytes > 0) {
        judge_notes_reason(a, "capture.missing-bytes",
                           "%llu bytes of the connection were lost by the capture.",
                           (unsigned long long)r->missing_bytes);
    }
    if (r->cut_packets > 0) {
        judge_notes_reason(a, "capture.cut-packets",
                           "%u packets were cut by the snap length of the capture.",
                           r->cut_packets);
    }
    if (r->evicted) {
        judge_notes_reason(a, "capture.evicted",
                           "The flow was closed early because a table of overt was full.");
    }
    if (r->conflicts > 0) {
        judge_notes_conflicts(view, a);
    }
    if (r->lost_nearby) {
        judge_notes_reason(a, "capture.packets-lost",
                           "The capture lost packets while the flow was under way: some may "
                           "have been of this flow.");
    }
    if (r->facts->dropped > 0) {
        judge_notes_reason(
            a, "capture.facts-dropped",
            "%u facts about the flow were not kept because a cap of overt was reached.",
            r->facts->dropped);
    }
    return !judge_notes_complete(r);
}

const char *judge_notes_name(const struct view_side *side, char *buffer)
{
    struct text t = text_into(buffer, VIEW_NAME_SIZE);
    char address[ADDRESS_TEXT_SIZE];
    text_put(&t, side->host != NULL && side->host->name != NULL
                     ? side->host->name
                     : address_text(&side->end->address, address));
    return buffer;
}

enum verdict judge_notes_worse(enum verdict a, enum verdict b)
{
    static const int order[VERDICT_COUNT] = {
        [VERDICT_NOT_ASSESSABLE] = 0, [VERDICT_COMPLIANT] = 1, [VERDICT_EXEMPT] = 2,
        [VERDICT_WEAK] = 3,           [VERDICT_UNKNOWN] = 4,   [VERDICT_VIOLATION] = 5,
    };
    return order[b] > order[a] ? b : a;
}

static enum severity step(enum severity severity, int by)
{
    int value = (int)severity + by;
    value = value < SEVERITY_INFO ? SEVERITY_INFO : value;
    return (enum severity)(value > SEVERITY_CRITICAL ? SEVERITY_CRITICAL : value);
}

/* Readable message text, voice or credentials. */
static bool is_readable_content(const struct assessment *a)
{
    static const char *const codes[] = {
        "im.readable",          "sip.credentials-exposed", "http.credentials-exposed",
        "media.clear",          "media.not-confidential",  "media.key-exposed",
        "gateway.public-clear",
    };
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (judge_notes_has(a, codes[i])) {
            return true;
        }
    }
    return false;
}

/* Reasons with a severity of their own (traffic table 3 and 4), whatever the row's. */
static const struct {
    const char *code;
    enum severity severity;
} severities[] = {
    { "gateway.public-clear", SEVERITY_CRITICAL },
    { "vpn.leak", SEVERITY_CRITICAL },
    { "trunk.private-contradicted", SEVERITY_MEDIUM },
    { "credentials.exposed", SEVERITY_HIGH },
};

static enum severity severity_of(const struct assessment *a)
{
    for (unsigned i = 0; i < sizeof severities / sizeof *severities; i++) {
        if (judge_notes_has(a, severities[i].code)) {
            bool at_least = severities[i].severity == SEVERITY_HIGH; /* the row may ask for more */
            return at_least && a->row->severity > SEVERITY_HIGH ? a->row->severity
                                                                : severities[i].severity;
        }
    }
    return a->row->severity;
}

/* The class of a trunk that nobody declared lowers confidence, not severity. */
static bool is_less_certain(const struct assessment *a)
{
    return a->evidence != EVIDENCE_PROVEN &&
           !(a->row->when == WHEN_TRUNK_PUBLIC && judge_notes_has(a, "gateway.trunk-undeclared"));
}

/* A resolver outside is what the row on resolvers is about. */
static bool is_outside(const struct view *view, const struct assessment *a)
{
    return a->row->subject != SUBJECT_NAME_SERVICE &&
           (view->client.zone == ZONE_EXTERNAL || view->server.zone == ZONE_EXTERNAL);
}

static bool is_guess(const struct view_side *side)
{
    return side->roles == 0 || side->inferred;
}

static bool is_declared(const struct view_side *side, uint64_t roles)
{
    return !is_guess(side) && (side->roles & roles) != 0;
}

/* Does the verdict depend on who the two ends are, and is that not declared? */
static bool rests_on_guess(const struct view *view, const struct assessment *a)
{
    uint64_t from = a->row->from, to = a->row->to;
    if (judge_notes_has(a, "trunk.private-contradicted") ||
        (from == UINT64_MAX && to == UINT64_MAX)) {
        return false;
    }
    if (from == UINT64_MAX || to == UINT64_MAX) { /* one end may be anybody */
        return !is_declared(&view->client, from & to) && !is_declared(&view->server, from & to);
    }
    return is_guess(&view->client) || is_guess(&view->server);
}

static void note_inferred(const struct view *view, struct assessment *a)
{
    const struct view_side *side = is_guess(&view->server) ? &view->server : &view->client;
    char name[VIEW_NAME_SIZE], roles[ROLE_TEXT_SIZE];
    judge_notes_name(side, name);
    roles_text(side->roles, roles, sizeof roles);
    judge_notes_reason(a, "role.inferred",
                       "The role of %s is not declared (%s%s%s): the severity is one step lower. "
                       "Name the host in a policy to be certain.",
                       name, roles[0] == '\0' ? "unknown" : roles, side->ground != NULL ? ": " : "",
                       side->ground != NULL ? side->ground : "");
}

void judge_notes_rate(const struct view *view, struct assessment *a)
{
    if (a->verdict == VERDICT_COMPLIANT || a->verdict == VERDICT_NOT_ASSESSABLE) {
        a->severity = SEVERITY_INFO;
        return;
    }
    if (a->verdict == VERDICT_UNKNOWN || a->verdict == VERDICT_EXEMPT) {
        a->severity = a->row->severity < SEVERITY_LOW ? a->row->severity : SEVERITY_LOW;
        return;
    }
    a->severity = severity_of(a);
    if (is_less_certain(a)) {
        a->severity = step(a->severity, -1);
    }
    if (is_readable_content(a)) {
        a->severity = step(a->severity, 1);
    }
    if (is_outside(view, a)) {
        a->severity = step(a->severity, 1);
    }
    if (a->verdict == VERDICT_WEAK && a->severity > SEVERITY_MEDIUM) {
        a->severity = SEVERITY_MEDIUM;
    }
    if (rests_on_guess(view, a)) {
        a->severity = step(a->severity, -1);
        note_inferred(view, a);
    }
}
