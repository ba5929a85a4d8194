/* rules/judge.c: one flow against the table: roles, rows, verdicts, coverage, findings. */
#include "rules/judge.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "rules/judge_state.h"
#include "rules/policy_model.h"

static void list_over(struct judge *judge)
{
    for (uint32_t i = 0; i < policy_row_count(judge->policy); i++) {
        const char *id = policy_row(judge->policy, i)->over;
        const struct policy_row *row = id == NULL ? NULL : policy_row_by_id(judge->policy, id);
        bool known = row == NULL || judge->over_count == OVER_MAX;
        for (uint32_t k = 0; k < judge->over_count; k++) {
            known = known || judge->over[k] == row;
        }
        if (!known) {
            judge->over[judge->over_count++] = row;
        }
    }
}

enum ov_status judge_new(const struct policy *policy, const struct certificates *certificates,
                         struct judge **ret_judge)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL) {
        return OV_NOMEM;
    }
    judge->policy = policy;
    judge->certificates = certificates;
    judge->coverage = calloc((size_t)policy_row_count(policy) + 1, sizeof *judge->coverage);
    judge->host_seen = calloc((size_t)policy_host_count(policy) + 1, sizeof *judge->host_seen);
    judge->waived = calloc((size_t)policy_waiver_count(policy) + 1, sizeof *judge->waived);
    list_over(judge);
    bool complete = judge->coverage != NULL && judge->host_seen != NULL && judge->waived != NULL &&
                    judge_rows_list(policy, &judge->lists) && legs_new(&judge->legs) == OV_OK &&
                    answers_new(&judge->answers) == OV_OK &&
                    identities_new(&judge->identities) == OV_OK &&
                    findings_new(&judge->findings) == OV_OK;
    if (complete && policy_is_builtin(policy)) {
        complete = infer_new(policy, &judge->infer) == OV_OK;
    }
    if (!complete) {
        judge_free(judge);
        return OV_NOMEM;
    }
    *ret_judge = judge;
    return OV_OK;
}

void judge_free(struct judge *judge)
{
    if (judge == NULL) {
        return;
    }
    infer_free(judge->infer);
    legs_free(judge->legs);
    answers_free(judge->answers);
    identities_free(judge->identities);
    judge_rows_done(&judge->lists);
    findings_free(judge->findings);
    free(judge->coverage);
    free(judge->host_seen);
    free(judge->waived);
    free(judge);
}

/* Addresses that are declared for single ports only: a connection that such a host opens from any
 * other port may come from each of its roles. */
static void resolve_initiator(const struct policy *policy, struct view_side *side)
{
    uint32_t count;
    const struct host_entry *entries = policy_entries_of(policy, &side->end->address, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct policy_host *host = &policy->hosts[entries[i].host];
        side->roles |= host->roles;
        side->host = side->host != NULL ? side->host : host;
    }
}

static struct view_side resolve(const struct judge *judge, const struct flow_end *end,
                                bool initiator)
{
    struct view_side side = {
        .end = end,
        .roles = policy_roles_at(judge->policy, end),
        .zone = policy_zone_at(judge->policy, &end->address),
        .host = policy_host_at(judge->policy, end),
    };
    if (side.roles == 0 && initiator) {
        resolve_initiator(judge->policy, &side);
    }
    if (side.roles == 0 && judge->infer != NULL) {
        side.roles = infer_roles(judge->infer, &end->address, &side.ground);
        side.inferred = side.roles != 0;
    }
    return side;
}

static bool has_media(const struct view *view)
{
    const struct facts *facts = view->facts;
    const struct fact *profile = facts_find(facts, OBS_TLS_USE_SRTP);
    const char *app = view->record->app;
    bool likely = strcmp(app, "rtp") == 0 || strcmp(app, "stun") == 0 || strcmp(app, "dtls") == 0 ||
                  strcmp(app, "pseudo_tls") == 0 || strcmp(app, "zrtp") == 0 ||
                  facts_true(facts, OBS_STUN_DECRYPTED) ||
                  facts_find(facts, OBS_MEDIA_CALL) != NULL;
    bool null_profile = profile != NULL && (profile->value == 5 || profile->value == 6 ||
                                            strstr(facts_text(facts, profile), "NULL") != NULL);
    return null_profile || (likely && facts_find(facts, OBS_MEDIA_SSRC) != NULL);
}

/* TURN over TLS (RFC 8656 3.1), not opened: a host that is a relay and nothing else. */
static bool is_hidden_relay(const struct view *view)
{
    bool port = view->port == 443 || view->port == 3478 || view->port == 5349;
    return view->tls && !view->quic && !view->media && port &&
           view->server.roles == role_bit(ROLE_EDGE_AV) &&
           facts_true(view->facts, OBS_TLS_ESTABLISHED) &&
           !facts_true(view->facts, OBS_TLS_DECRYPTED) &&
           facts_find(view->facts, OBS_CARRIES) == NULL;
}

/* Media must be SRTP whoever sends it: an end without a role is taken as a client of its zone.
 * Not beside a Mediation Server, whose peer may be a gateway with its own rule. */
static void assume_client(struct view_side *side, const struct view_side *peer)
{
    if (side->roles == 0 && (peer->roles & role_bit(ROLE_MEDIATION)) == 0) {
        bool external = side->zone == ZONE_EXTERNAL;
        side->roles = role_bit(external ? ROLE_CLIENT_EXTERNAL : ROLE_CLIENT_INTERNAL);
        side->inferred = true;
        side->ground = "sends or receives media";
    }
}

static void note_roleless(struct judge *judge, const struct view_side *side)
{
    for (uint32_t i = 0; i < judge->roleless_count; i++) {
        if (address_equal(&judge->roleless[i], &side->end->address)) {
            return;
        }
    }
    if (judge->roleless_count < ROLELESS_MAX) {
        judge->roleless[judge->roleless_count++] = side->end->address;
    }
}

/* Protocols that others may have a port for, read as such and without TLS. */
static bool is_other_clear_text(const struct view *view)
{
    const char *app = view->record->app;
    return !view->tls && facts_is(view->facts, OBS_STARTTLS_PROTOCOL, app);
}

static void look_at_protocols(struct view *view)
{
    const struct flow_record *r = view->record;
    const struct facts *facts = view->facts;
    bool tls_app = strcmp(r->app, "tls") == 0;
    const char *version = facts_text(facts, facts_find(facts, OBS_TLS_VERSION));
    /* not DTLS, which a relay carries, nor what a VPN agrees on its keys by */
    bool records = version[0] != '\0' && version[0] != 'D' && strcmp(r->app, "openvpn") != 0;
    bool opened = facts_true(facts, OBS_SIP_DECRYPTED) && strcmp(r->app, "sip") != 0;
    view->sip = !opened && (facts_find(facts, OBS_SIP_METHOD) != NULL ||
                            facts_find(facts, OBS_SIP_RESPONSE) != NULL ||
                            facts_find(facts, OBS_SIP_TRANSPORT) != NULL); /* one began */
    view->tls = r->l4 == IPPROTO_TCP && (tls_app || (strcmp(r->app, "pseudo_tls") != 0 && records));
    view->quic = r->l4 == IPPROTO_UDP && strcmp(r->app, "quic") == 0 && !view->sip &&
                 r->app_by != NULL && strcmp(r->app_by, "content") == 0;
    view->tls = (view->tls && !view->sip) || view->quic;
    view->tunnel = facts_find(facts, OBS_VPN_RATING) != NULL;
    view->keying = !view->tunnel && facts_find(facts, OBS_IKE_ENCRYPTION) != NULL;
    view->veiled = judge_tunnel_is_veiled(view);
    view->http = facts_find(facts, OBS_HTTP_PATH) != NULL && !view->tls;
    view->media = has_media(view);
    view->hidden = is_hidden_relay(view);
    view->said =
        strcmp(r->app, "unknown") != 0 || r->talked || (r->l4 != IPPROTO_TCP && r->both_directions);
    view->opaque = (r->talked && strcmp(r->app, "unknown") == 0) || is_other_clear_text(view);
}

static void look_at(const struct judge *judge, struct flow_record *record, struct view *ret_view)
{
    struct view *view = ret_view;
    *view = (struct view){
        .policy = judge->policy,
        .certificates = judge->certificates,
        .record = record,
        .legs = judge->legs,
        .issuers = &judge->issuers,
        .infer = judge->infer,
        .answers = judge->answers,
        .identities = judge->identities,
        .facts = record->facts,
        .waived = judge->waived,
        .lists = &judge->lists,
        .client = resolve(judge, &record->side[record->client], true),
        .server = resolve(judge, &record->side[flow_server(record)], false),
        .port = record->side[flow_server(record)].port,
    };
    look_at_protocols(view);
}

/* Signalling under a row that another row's media depends on. */
static void learn_leg(struct judge *judge, const struct view *view)
{
    for (uint32_t i = 0; i < judge->over_count; i++) {
        unsigned state = 0;
        if (judge_rows_concern(view, judge->over[i])) {
            state = judge_signalling_state(view);
        }
        if (state != 0) {
            legs_note(judge->legs, judge_signalling_host(&view->client),
                      judge_signalling_host(&view->server), (enum leg_signalling)state,
                      view->record);
            return;
        }
    }
}

/* Certificates of hosts that may be ours, and what resolvers tell hosts inside. */
static void learn_identities(struct judge *judge, const struct view *view)
{
    if (strcmp(view->record->app, "dns") == 0 && view->client.zone != ZONE_EXTERNAL) {
        answers_learn(judge->answers, view->record);
    }
    if (!view->tls) {
        return;
    }
    if (view->client.roles != 0 || view->client.zone != ZONE_EXTERNAL) {
        identities_learn(judge->identities, judge->certificates, view->record, false);
    }
    if (view->server.roles != 0 || view->server.zone != ZONE_EXTERNAL) {
        identities_learn(judge->identities, judge->certificates, view->record, true);
    }
}

void judge_restart(struct judge *judge)
{
    answers_restart(judge->answers);
    identities_restart(judge->identities);
}

void judge_learn(struct judge *judge, const struct flow_record *record)
{
    struct flow_record copy = *record;
    struct view view;
    if (judge->infer != NULL) {
        infer_learn(judge->infer, record);
    }
    issuers_learn(&judge->issuers, record->facts);
    look_at(judge, &copy, &view);
    learn_identities(judge, &view);
    if (view.sip || (view.tls && !view.quic)) {
        learn_leg(judge, &view);
    }
}

static void mark_seen(struct judge *judge, const struct address *address)
{
    uint32_t count;
    const struct host_entry *entries = policy_entries_of(judge->policy, address, &count);
    for (uint32_t i = 0; i < count; i++) {
        judge->host_seen[entries[i].host] = true;
    }
}

static void assess(const struct view *view, const struct policy_row *row, struct assessment *a)
{
    static judge_row *const judges[] = {
        [SUBJECT_SIGNALLING] = judge_signalling,
        [SUBJECT_IM] = judge_content,
        [SUBJECT_SHARING] = judge_content,
        [SUBJECT_MEDIA] = judge_media,
        [SUBJECT_WEB_CONFERENCE] = judge_signalling,
        [SUBJECT_DOWNLOAD] = judge_download,
        [SUBJECT_KEYS] = judge_content,
        [SUBJECT_CERTIFICATE] = judge_certificates,
        [SUBJECT_SESSION] = judge_session,
        [SUBJECT_SERVICE] = judge_service,
        [SUBJECT_RELAY_CREDENTIALS] = judge_relay_credentials,
        [SUBJECT_RELAY_CONTROL] = judge_relay_control,
        [SUBJECT_NAME_SERVICE] = judge_name_service,
        [SUBJECT_BEYOND] = judge_beyond,
        [SUBJECT_ALGORITHMS] = judge_algorithms,
        [SUBJECT_UNLISTED] = judge_unlisted,
    };
    uint64_t clients = role_bit(ROLE_CLIENT_INTERNAL) | role_bit(ROLE_CLIENT_EXTERNAL);
    struct policy_row owed = *row;
    if (row->of_clients != 0 && ((view->client.roles | view->server.roles) & clients) != 0) {
        owed.require = row->of_clients;
    }
    *a = (struct assessment){ .row = row, .observed = "unknown" };
    if (judge_rows_is_implied(view, row)) {
        judge_content_implied(view, &owed, a);
    } else {
        judges[row->subject](view, &owed, a);
    }
}

static const char *phrase_of(enum verdict verdict)
{
    return verdict == VERDICT_VIOLATION ? "a violation" : verdict_name(verdict);
}

static void note_unknown_role(const struct view *view, const struct assessment *loose,
                              const struct assessment *strict, struct assessment *ret_assessment)
{
    const struct view_side *side = view->server.roles == 0 ? &view->server : &view->client;
    char name[VIEW_NAME_SIZE];
    struct assessment *a = ret_assessment;
    *a = (struct assessment){
        .row = loose->row,
        .verdict = VERDICT_UNKNOWN,
        .evidence = EVIDENCE_INFERRED,
        .observed = loose->observed,
    };
    judge_notes_reason(a, "role.unknown",
                       "The role of %s is unknown: under %s this would be %s, under %s it would be "
                       "%s. Name the host in a policy file.",
                       judge_notes_name(side, name), strict->row->id, phrase_of(strict->verdict),
                       loose->row->id, phrase_of(loose->verdict));
    memcpy(a->proofs, strict->proofs, sizeof a->proofs);
    a->proof_count = strict->proof_count;
    for (uint32_t i = 0; i < strict->reason_count; i++) {
        judge_notes_reason(a, strict->reasons[i].code, "%s", strict->reasons[i].text);
    }
}

/* Of the possible rows the one that asks for least (or, sign -1, for most); the first of equals. */
static uint32_t extreme(const struct candidates *c, int sign)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < c->count; i++) {
        int here = (int)judge_rows_strictness(c->rows[i]) * sign;
        best = here < (int)judge_rows_strictness(c->rows[best]) * sign ? i : best;
    }
    return best;
}

/* Several rows are possible, one is right: they must agree, or it is unknown. A violation is shown
 * under the row that asks for least, compliance under the one that asks for most. */
static void assess_possible(const struct view *view, const struct candidates *c,
                            struct assessment *ret_assessment)
{
    uint32_t loose = extreme(c, 1), strict = extreme(c, -1);
    struct assessment a, b;
    assess(view, c->rows[loose], &a);
    assess(view, c->rows[strict], &b);
    for (uint32_t i = 0; i < c->count && a.verdict == b.verdict; i++) {
        assess(view, c->rows[i], &b);
    }
    if (a.verdict != b.verdict) {
        note_unknown_role(view, &a, &b, ret_assessment);
    } else if (a.verdict == VERDICT_COMPLIANT) {
        assess(view, c->rows[strict], ret_assessment);
    } else {
        *ret_assessment = a;
    }
}

/* Certificates that were not shown, and ciphers that are strong enough where nothing asks for them:
 * a VPN is not there for its keys being agreed on. Nor what is wrong with TLS once more, for what
 * may be inside. */
static bool is_nothing(const struct view *view, const struct assessment *a)
{
    if (a->verdict != VERDICT_COMPLIANT && judge_rows_is_implied(view, a->row)) {
        return true;
    }
    bool silent = a->row->subject == SUBJECT_CERTIFICATE || a->row->subject == SUBJECT_UNLISTED ||
                  (a->row->subject == SUBJECT_SESSION && view->keying);
    return silent && a->verdict == VERDICT_COMPLIANT && a->proof_count == 0;
}

static void append(const struct view *view, const struct assessment *a, struct judgement *judgement)
{
    if (!is_nothing(view, a) && judgement->count < ASSESSMENTS_MAX) {
        struct assessment *kept = &judgement->assessments[judgement->count++];
        *kept = *a;
        judge_waivers_servers(view, kept);
        judge_waivers_apply(view, kept);
        judge_notes_rate(view, kept);
    }
}

static void assess_group(const struct view *view, enum row_group group, struct judgement *judgement)
{
    struct candidates c;
    struct assessment a;
    judge_rows_select(view, group, &c);
    if (c.count > 0 && !c.certain) {
        if (!judge_rows_is_implied(view, c.rows[0])) { /* roles that are guessed imply nothing */
            assess_possible(view, &c, &a);
            append(view, &a, judgement);
        }
        return;
    }
    for (uint32_t i = 0; i < c.count; i++) {
        assess(view, c.rows[i], &a);
        append(view, &a, judgement);
    }
}

/* Certificates matter where another row was judged, or where the policy names whom to trust. */
static bool wants_certificates(const struct view *view, const struct judgement *judgement)
{
    const struct policy_host *client = view->client.host, *server = view->server.host;
    return judgement->count > 0 || (client != NULL && client->trust != NULL) ||
           (server != NULL && server->trust != NULL);
}

/* Some groups speak only where others did, or did not. */
static bool is_due(const struct view *view, enum row_group group, const struct judgement *judgement)
{
    if (group == GROUP_UNLISTED) {
        return judgement->count == 0;
    }
    return group != GROUP_CERTIFICATE || wants_certificates(view, judgement);
}

static void assess_all(struct view *view, struct judgement *judgement)
{
    for (unsigned group = 0; group < GROUP_COUNT; group++) {
        if (is_due(view, (enum row_group)group, judgement)) {
            assess_group(view, (enum row_group)group, judgement);
        }
        if (group == GROUP_TRANSPORT) {
            view->implies = judge_content_implies(view, judgement->assessments, judgement->count);
        }
    }
}

static void fill_party(const struct view_side *side, struct party *ret_party)
{
    ret_party->zone = zone_name(side->zone);
    roles_text(side->roles, ret_party->role, sizeof ret_party->role);
    ret_party->role_by = side->roles == 0 ? NULL : side->inferred ? "inferred" : "policy";
    ret_party->name = side->host == NULL ? NULL : side->host->name;
}

static void count(struct judge *judge, const struct assessment *a)
{
    struct row_coverage *coverage = &judge->coverage[a->row - policy_row(judge->policy, 0)];
    coverage->flows++;
    coverage->by_verdict[a->verdict]++;
    coverage->media_us += a->media_us;
}

/* Assesses what look_at made a view of. */
static void assess_view(struct view *view, struct judgement *judgement)
{
    judgement->count = 0;
    if (view->media) {
        struct view_side client = view->client;
        assume_client(&view->client, &view->server);
        assume_client(&view->server, &client);
    }
    judge_certificates_trust(view);
    assess_all(view, judgement);
    fill_party(&view->client, &judgement->client);
    fill_party(&view->server, &judgement->server);
}

void judge_open_flow(struct judge *judge, struct flow_record *record)
{
    struct judgement judgement;
    struct view view;
    look_at(judge, record, &view);
    assess_view(&view, &judgement);
    findings_take_back(judge->findings, record->id);
    for (uint32_t i = 0; i < judgement.count; i++) {
        const struct assessment *a = &judgement.assessments[i];
        if (a->verdict == VERDICT_VIOLATION && a->evidence == EVIDENCE_PROVEN) {
            findings_fold_open(judge->findings, record, a, &judgement);
        }
    }
}

void judge_flow(struct judge *judge, struct flow_record *record, const char *file,
                struct judgement *ret_judgement)
{
    struct judgement *judgement = ret_judgement;
    struct view view;
    look_at(judge, record, &view);
    mark_seen(judge, &view.client.end->address);
    mark_seen(judge, &view.server.end->address);
    bool client_roleless = view.client.roles == 0, server_roleless = view.server.roles == 0;
    assess_view(&view, judgement);
    findings_take_back(judge->findings, record->id);
    if (judgement->count > 0 && client_roleless) {
        note_roleless(judge, &view.client);
    }
    if (judgement->count > 0 && server_roleless) {
        note_roleless(judge, &view.server);
    }
    for (uint32_t i = 0; i < judgement->count; i++) {
        count(judge, &judgement->assessments[i]);
        findings_fold(judge->findings, record, &judgement->assessments[i], judgement, file);
    }
    findings_keyed(judge->findings, record);
    signature_tally_add(&judge->signatures, view.facts);
}

void judge_name_files(struct judge *judge, struct source_set *captures)
{
    findings_name_files(judge->findings, captures);
}

enum ov_status judge_findings(struct judge *judge, bool all, struct finding_list *ret_list)
{
    return findings_list(judge->findings, all, ret_list);
}

enum ov_status judge_news(struct judge *judge, bool all, bool last, struct finding_list *ret_list)
{
    return findings_news(judge->findings, all, last, ret_list);
}

const struct row_coverage *judge_coverage(const struct judge *judge, uint32_t row)
{
    return &judge->coverage[row < policy_row_count(judge->policy) ? row : 0];
}

const struct policy_host *judge_silent_host(const struct judge *judge, uint32_t i)
{
    for (uint32_t host = 0; host < policy_host_count(judge->policy); host++) {
        if (!judge->host_seen[host] && i-- == 0) {
            return policy_host(judge->policy, host);
        }
    }
    return NULL;
}

const struct policy_waiver *judge_unused_waiver(const struct judge *judge, uint32_t i)
{
    for (uint32_t waiver = 0; waiver < policy_waiver_count(judge->policy); waiver++) {
        if (!judge->waived[waiver] && i-- == 0) {
            return policy_waiver(judge->policy, waiver);
        }
    }
    return NULL;
}

bool judge_roleless(const struct judge *judge, uint32_t i, struct address *ret_address)
{
    if (i < judge->roleless_count) {
        *ret_address = judge->roleless[i];
        return true;
    }
    return false;
}

bool judge_inferred(const struct judge *judge, uint32_t i, struct address *ret_address,
                    uint64_t *ret_roles, const char **ret_ground)
{
    return judge->infer != NULL && infer_at(judge->infer, i, ret_address, ret_roles, ret_ground);
}

const struct signature_tally *judge_signatures(const struct judge *judge)
{
    return &judge->signatures;
}

uint64_t judge_inferred_dropped(const struct judge *judge)
{
    return judge->infer == NULL ? 0 : infer_dropped(judge->infer);
}

uint64_t judge_legs_dropped(const struct judge *judge)
{
    return legs_dropped(judge->legs);
}

uint64_t judge_answers_dropped(const struct judge *judge)
{
    return answers_dropped(judge->answers);
}

uint64_t judge_identities_dropped(const struct judge *judge)
{
    return identities_dropped(judge->identities);
}
