/* rules/findings.c: the table of findings. */
#include "rules/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/keyed_hash.h"
#include "base/text.h"
#include "rules/held.h"
#include "rules/judge_view.h"
#include "rules/kept.h"
#include "rules/lookup.h"
#include "rules/reasons.h"

/* One SIP flow in which media keys were readable. */
struct keyed {
    uint64_t flow_id;
    uint64_t streams;        /* keyed by it, seen so far */
    struct finding *finding; /* on TT-15; NULL until that flow was judged */
};

struct findings {
    struct held *held; /* owned: findings of flows that go on; NULL until there is one */
    struct lookup by_id;
    struct lookup by_flow;  /* flow id to keyed[] */
    struct finding **items; /* owned, each too; in order of first fold */
    uint32_t count, capacity;
    uint32_t quiet_count;
    uint64_t dropped;
    struct keyed *keyed; /* owned */
    uint32_t keyed_count, keyed_capacity;
    const struct finding **listed; /* owned */
    struct kept kept;              /* words of policies: names of hosts, rows that are gone */
};

enum ov_status findings_new(struct findings **ret_findings)
{
    *ret_findings = calloc(1, sizeof **ret_findings);
    if (*ret_findings == NULL) {
        return OV_NOMEM;
    }
    kept_init(&(*ret_findings)->kept);
    return OV_OK;
}

void findings_free(struct findings *findings)
{
    if (findings == NULL) {
        return;
    }
    for (uint32_t i = 0; i < findings->count; i++) {
        free(findings->items[i]);
    }
    kept_done(&findings->kept);
    held_free(findings->held);
    lookup_done(&findings->by_id);
    lookup_done(&findings->by_flow);
    free(findings->items);
    free(findings->keyed);
    free(findings->listed);
    free(findings);
}

static bool needs_attention(enum verdict verdict)
{
    return verdict == VERDICT_VIOLATION || verdict == VERDICT_WEAK || verdict == VERDICT_UNKNOWN;
}

/* Media has no listener: its ports are new in each call and its first sender is chance. */
static bool is_listener(const struct policy_row *row)
{
    return row->subject != SUBJECT_MEDIA;
}

/* Row, verdict, pair of hosts, listener port and first reason: the same in every run and sensor. */
static uint64_t id_of(const struct flow_record *record, const struct assessment *a)
{
    const struct flow_end *client = &record->side[record->client];
    const struct flow_end *server = &record->side[flow_server(record)];
    bool listener = is_listener(a->row);
    if (!listener && memcmp(client->address.byte, server->address.byte, 16) > 0) {
        const struct flow_end *lower = server;
        server = client;
        client = lower;
    }
    char text[256], client_text[ADDRESS_TEXT_SIZE], server_text[ADDRESS_TEXT_SIZE];
    struct text t = text_into(text, sizeof text);
    text_printf(&t, "%s|%s|%s|%s|%u|%s", a->row->id, verdict_name(a->verdict),
                address_text(&client->address, client_text),
                address_text(&server->address, server_text), listener ? server->port : 0u,
                a->reason_count > 0 ? a->reasons[0].code : "");
    return keyed_hash(text, t.used, (struct hash_seed){ { 0, 0 } });
}

/* What to do about a gap in the capture or about one cipher is not what the row asks for as a
 * whole: the first reason speaks where it has words for it. */
static const char *fix_of(const struct policy_row *row, const struct reason *reasons,
                          uint32_t reason_count)
{
    const struct reason_word *word = NULL;
    if (reason_count > 0) {
        word = reason_find(reasons[0].code);
    }
    return word != NULL && word->fix[0] != '\0' ? word->fix : row->fix;
}

static void describe(struct findings *findings, struct finding *f, const struct flow_record *record,
                     const struct assessment *a, const struct judgement *judgement)
{
    f->row = a->row;
    f->verdict = a->verdict;
    f->evidence = a->evidence;
    f->severity = a->severity;
    f->observed = a->observed;
    f->client = record->side[record->client];
    f->server = record->side[flow_server(record)];
    f->client.port = 0;
    f->server.port = is_listener(a->row) ? f->server.port : 0;
    f->client_party = judgement->client;
    f->server_party = judgement->server;
    f->client_party.name = kept_text(&findings->kept, judgement->client.name);
    f->server_party.name = kept_text(&findings->kept, judgement->server.name);
    f->fix = fix_of(a->row, a->reasons, a->reason_count);
    f->outdated = false;
    f->description++;
    memcpy(f->reasons, a->reasons, a->reason_count * sizeof *a->reasons);
    memcpy(f->proofs, a->proofs, a->proof_count * sizeof *a->proofs);
}

/* A finding with room for the assessment's reasons and proofs behind it: few have many. */
static struct finding *new_finding(const struct assessment *a)
{
    size_t reasons = a->reason_count * sizeof(struct reason);
    size_t proofs = a->proof_count * sizeof(struct proof);
    struct finding *f = calloc(1, sizeof *f + proofs + reasons);
    if (f != NULL) {
        f->proof_count = a->proof_count;
        f->reason_count = a->reason_count;
        f->proofs = (struct proof *)(f + 1);
        f->reasons = (struct reason *)(f->proofs + a->proof_count);
    }
    return f;
}

static bool grow(struct findings *findings)
{
    uint32_t capacity = findings->capacity == 0 ? 64 : findings->capacity * 2;
    struct finding **items = realloc(findings->items, capacity * sizeof(struct finding *));
    if (items == NULL) {
        return false;
    }
    findings->items = items;
    findings->capacity = capacity;
    return true;
}

/* A new entry; NULL, and counted, at the cap or without memory. */
static struct finding *add(struct findings *findings, uint64_t id, const struct assessment *a)
{
    bool quiet = !needs_attention(a->verdict);
    uint32_t loud_count = findings->count - findings->quiet_count;
    bool full = quiet ? findings->quiet_count >= FINDINGS_QUIET_MAX : loud_count >= FINDINGS_MAX;
    struct finding *f = NULL;
    if (!full && (findings->count < findings->capacity || grow(findings))) {
        f = new_finding(a);
    }
    if (f == NULL || !lookup_add(&findings->by_id, id, findings->count)) {
        free(f);
        findings->dropped++;
        return NULL;
    }
    f->id = id;
    f->capture_complete = true;
    findings->items[findings->count++] = f;
    findings->quiet_count += quiet ? 1 : 0;
    return f;
}

/* The entry of a SIP flow, made if need be; NULL at the cap or without memory. */
static struct keyed *keyed_of(struct findings *findings, uint64_t flow_id)
{
    uint32_t i = lookup_find(&findings->by_flow, flow_id);
    if (i != LOOKUP_NONE) {
        return &findings->keyed[i];
    }
    if (findings->keyed_count == FINDINGS_KEYED_MAX) {
        return NULL;
    }
    if (findings->keyed_count == findings->keyed_capacity) {
        uint32_t capacity = findings->keyed_capacity == 0 ? 64 : findings->keyed_capacity * 2;
        struct keyed *keyed = realloc(findings->keyed, capacity * sizeof *keyed);
        if (keyed == NULL) {
            return NULL;
        }
        findings->keyed = keyed;
        findings->keyed_capacity = capacity;
    }
    if (!lookup_add(&findings->by_flow, flow_id, findings->keyed_count)) {
        return NULL;
    }
    findings->keyed[findings->keyed_count] = (struct keyed){ .flow_id = flow_id };
    return &findings->keyed[findings->keyed_count++];
}

void findings_name_files(struct findings *findings, struct source_set *captures)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        struct finding *f = findings->items[i];
        for (uint32_t k = f->proof_count; k > 0; k--) {
            struct proof *proof = &f->proofs[k - 1];
            if (proof->file == NULL &&
                source_set_find(captures, proof->packet, &proof->file, &proof->packet)) {
                f->file = proof->file; /* in the end that of the first proof */
            }
        }
    }
}

void findings_keyed(struct findings *findings, const struct flow_record *record)
{
    const struct facts *facts = record->facts;
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_MEDIA_KEYED_BY, f)) != NULL;) {
        const char *text = facts_text(facts, f);
        uint64_t flow_id = text[0] == 'f' && text[1] == ':' ? strtoull(text + 2, NULL, 16) : 0;
        struct keyed *keyed = flow_id == 0 ? NULL : keyed_of(findings, flow_id);
        if (keyed != NULL) {
            keyed->streams++;
        }
    }
}

/* The same finding with room for the reasons and proofs of this assessment; NULL without memory. */
static struct finding *make_fit(struct findings *findings, uint32_t at, const struct assessment *a)
{
    struct finding *old = findings->items[at];
    if (old->reason_count == a->reason_count && old->proof_count == a->proof_count) {
        return old;
    }
    struct finding *f = new_finding(a);
    if (f == NULL) {
        return NULL;
    }
    struct reason *reasons = f->reasons;
    struct proof *proofs = f->proofs;
    *f = *old;
    f->reasons = reasons;
    f->proofs = proofs;
    f->reason_count = a->reason_count;
    f->proof_count = a->proof_count;
    for (uint32_t i = 0; i < findings->keyed_count; i++) {
        struct keyed *keyed = &findings->keyed[i];
        keyed->finding = keyed->finding == old ? f : keyed->finding;
    }
    findings->items[at] = f;
    free(old);
    return f;
}

/* The finding that a flow belongs to, made if need be; NULL, and counted, where there is no room.
 */
static struct finding *find_or_add(struct findings *findings, uint64_t id,
                                   const struct assessment *a)
{
    uint32_t at = lookup_find(&findings->by_id, id);
    if (at == LOOKUP_NONE) {
        return add(findings, id, a);
    }
    struct finding *f = findings->items[at];
    if (f->flow_count == 0 || f->outdated) {
        f = make_fit(findings, at, a);
        findings->dropped += f == NULL;
    }
    return f;
}

void findings_fold_open(struct findings *findings, const struct flow_record *record,
                        const struct assessment *a, const struct judgement *judgement)
{
    uint64_t id = id_of(record, a);
    bool ready = findings->held != NULL || held_new(FINDINGS_OPEN_MAX, &findings->held) == OV_OK;
    if (ready && held_add(findings->held, record->id, id)) {
        findings_fold(findings, record, a, judgement, NULL);
    }
}

static void take_flow_back(struct finding *f, uint64_t flow_id)
{
    uint64_t kept = f->flow_count < FINDING_FLOWS ? f->flow_count : FINDING_FLOWS;
    uint64_t to = 0;
    f->outdated = f->outdated || f->flow_ids[0] == flow_id;
    for (uint64_t i = 0; i < kept; i++) {
        if (f->flow_ids[i] != flow_id) {
            f->flow_ids[to++] = f->flow_ids[i];
        }
    }
    f->flow_count -= f->flow_count > 0;
}

void findings_take_back(struct findings *findings, uint64_t flow_id)
{
    uint64_t id = 0;
    while (findings->held != NULL && held_take(findings->held, flow_id, &id)) {
        uint32_t at = lookup_find(&findings->by_id, id);
        if (at != LOOKUP_NONE) {
            take_flow_back(findings->items[at], flow_id);
        }
    }
}

void findings_fold(struct findings *findings, const struct flow_record *record,
                   const struct assessment *a, const struct judgement *judgement, const char *file)
{
    struct finding *f = find_or_add(findings, id_of(record, a), a);
    if (f == NULL) {
        return;
    }
    if (f->outdated && f->flow_count > 0) {
        describe(findings, f, record, a, judgement);
    }
    if (f->flow_count == 0) {
        describe(findings, f, record, a, judgement);
        f->capture_complete = true;
        f->first_us = record->start_us;
        f->last_us = record->end_us;
        f->file = file;
    }
    if (f->flow_count < FINDING_FLOWS) {
        f->flow_ids[f->flow_count] = record->id;
    }
    f->flow_count++;
    f->first_us = record->start_us < f->first_us ? record->start_us : f->first_us;
    f->last_us = record->end_us > f->last_us ? record->end_us : f->last_us;
    f->capture_complete = f->capture_complete && judge_notes_complete(record);
    if (a->severity > f->severity) {
        f->severity = a->severity;
    }
    if (a->row->subject == SUBJECT_KEYS && judge_notes_has(a, "sip.key-exposed")) {
        struct keyed *keyed = keyed_of(findings, record->id);
        if (keyed != NULL) {
            keyed->finding = f;
        }
    }
}

/* What a finding says of its row is still so. */
static bool demands_the_same(const struct policy_row *a, const struct policy_row *b)
{
    return a->subject == b->subject && a->require == b->require && strcmp(a->title, b->title) == 0;
}

/* The row that findings of this one refer to under the policy; NULL without memory. */
static const struct policy_row *successor(struct findings *findings, const struct policy_row *row,
                                          const struct policy *policy)
{
    const struct policy_row *next = policy_row_by_id(policy, row->id);
    return next != NULL && demands_the_same(row, next) ? next : kept_row(&findings->kept, row);
}

enum ov_status findings_adopt(struct findings *findings, const struct policy *policy)
{
    for (uint32_t i = 0; i < findings->count; i++) { /* copies first: they may fail */
        if (successor(findings, findings->items[i]->row, policy) == NULL) {
            return OV_NOMEM;
        }
    }
    for (uint32_t i = 0; i < findings->count; i++) {
        struct finding *f = findings->items[i];
        f->row = successor(findings, f->row, policy);
        f->fix = fix_of(f->row, f->reasons, f->reason_count);
        f->outdated = true;
    }
    return OV_OK;
}

static int compare(const void *left, const void *right)
{
    const struct finding *a = *(const struct finding *const *)left;
    const struct finding *b = *(const struct finding *const *)right;
    if (a->severity != b->severity) {
        return a->severity > b->severity ? -1 : 1;
    }
    if (a->first_us != b->first_us) {
        return a->first_us < b->first_us ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

static void count_streams(struct findings *findings)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        findings->items[i]->streams_exposed = 0;
    }
    for (uint32_t i = 0; i < findings->keyed_count; i++) {
        if (findings->keyed[i].finding != NULL) {
            findings->keyed[i].finding->streams_exposed += findings->keyed[i].streams;
        }
    }
}

static bool make_list(struct findings *findings)
{
    const struct finding **listed =
        realloc(findings->listed, (findings->count + (size_t)1) * sizeof(struct finding *));
    findings->listed = listed != NULL ? listed : findings->listed;
    count_streams(findings);
    return listed != NULL;
}

static void sort_list(struct findings *findings, uint32_t count, struct finding_list *ret_list)
{
    if (count > 1) {
        qsort(findings->listed, count, sizeof(struct finding *), compare);
    }
    *ret_list = (struct finding_list){ findings->listed, count, findings->dropped };
}

enum ov_status findings_list(struct findings *findings, bool all, struct finding_list *ret_list)
{
    uint32_t count = 0;
    if (!make_list(findings)) {
        return OV_NOMEM;
    }
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct finding *f = findings->items[i];
        if (f->flow_count > 0 && (all || needs_attention(f->verdict))) {
            findings->listed[count++] = f;
        }
    }
    sort_list(findings, count, ret_list);
    return OV_OK;
}

/* Sets the status that it is to be written with; false when it is not to be written now. */
static bool is_news(struct finding *f, bool last)
{
    if (f->flow_count == 0) {
        f->status = FINDING_RESOLVED;
        return f->told.written && f->told.flows > 0;
    }
    if (!f->told.written) {
        f->status = FINDING_OPEN;
        return true;
    }
    f->status = FINDING_CHANGED;
    return f->severity != f->told.severity || f->capture_complete != f->told.complete ||
           f->streams_exposed != f->told.streams || f->flow_count >= f->told.flows * 2 ||
           (last && (f->flow_count != f->told.flows || f->description != f->told.description));
}

enum ov_status findings_news(struct findings *findings, bool all, bool last,
                             struct finding_list *ret_list)
{
    uint32_t count = 0;
    if (!make_list(findings)) {
        return OV_NOMEM;
    }
    for (uint32_t i = 0; i < findings->count; i++) {
        struct finding *f = findings->items[i];
        if ((all || needs_attention(f->verdict)) && is_news(f, last)) {
            findings->listed[count++] = f;
            f->told.written = true;
            f->told.flows = f->flow_count;
            f->told.streams = f->streams_exposed;
            f->told.severity = f->severity;
            f->told.complete = f->capture_complete;
            f->told.description = f->description;
        }
    }
    sort_list(findings, count, ret_list);
    return OV_OK;
}
