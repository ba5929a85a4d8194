/* rules/judge_rows.c: which rows of the table apply to a flow (traffic table 5). */
#include "rules/judge_view.h"

enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

static enum row_group group_of(enum row_subject subject)
{
    switch (subject) {
    case SUBJECT_IM:
        return GROUP_IM;
    case SUBJECT_SHARING:
        return GROUP_SHARING;
    case SUBJECT_KEYS:
        return GROUP_KEYS;
    case SUBJECT_MEDIA:
        return GROUP_MEDIA;
    case SUBJECT_CERTIFICATE:
        return GROUP_CERTIFICATE;
    case SUBJECT_SIGNALLING:
    case SUBJECT_WEB_CONFERENCE:
    case SUBJECT_DOWNLOAD:
        break;
    }
    return GROUP_TRANSPORT;
}

unsigned judge_rows_strictness(const struct policy_row *row)
{
    if ((row->require & REQUIRE_NONE) != 0) {
        return 0;
    }
    return (row->require & (REQUIRE_TLS | REQUIRE_HTTPS | REQUIRE_SRTP)) != 0 ? 1 : 2;
}

static bool in_ports(const struct policy_row *row, uint16_t port)
{
    for (uint32_t i = 0; i < row->port_count; i++) {
        if (port >= row->ports[i].low && port <= row->ports[i].high) {
            return true;
        }
    }
    return row->port_count == 0;
}

bool judge_rows_is_uc_port(uint16_t port)
{
    return (port >= 5060 && port <= 5087) || port == 5041 || port == 8057 || port == 8058 ||
           port == 8404;
}

/* TLS to a port and a host that nothing ties to UC. */
static bool is_strange_tls(const struct view *view)
{
    return view->tls && !judge_rows_is_uc_port(view->port) && view->server.roles == 0;
}

/* TLS says nothing of what it carries: ALPN does, else the port suggests it. */
static bool tls_fits(const struct view *view, const struct policy_row *row)
{
    if (is_strange_tls(view)) {
        return false;
    }
    bool http = facts_is(view->facts, OBS_CARRIES, "http");
    if (view->quic && !http && facts_find(view->facts, OBS_TLS_OFFER_ALPN) != NULL) {
        return false; /* its ALPN is never missing: DNS, SMB, not of the table */
    }
    if (row->subject == SUBJECT_SIGNALLING) {
        return facts_is(view->facts, OBS_CARRIES, "sip") ||
               (in_ports(row, view->port) && (!http || judge_rows_strictness(row) == 2));
    }
    return in_ports(row, view->port) && !facts_is(view->facts, OBS_CARRIES, "sip");
}

static bool transport_fits(const struct view *view, const struct policy_row *row)
{
    bool both_known = view->client.roles != 0 && view->server.roles != 0;
    if (view->tls) {
        return tls_fits(view, row);
    }
    switch (row->subject) {
    case SUBJECT_SIGNALLING:
        return view->sip || (view->http && both_known && in_ports(row, view->port) &&
                             judge_rows_strictness(row) == 2);
    case SUBJECT_WEB_CONFERENCE:
        return view->opaque && view->port != 443 && in_ports(row, view->port) &&
               view->server.roles != 0;
    case SUBJECT_DOWNLOAD:
        return view->http && view->server.roles != 0 && judge_download_concerns(view, row);
    case SUBJECT_IM:
    case SUBJECT_SHARING:
    case SUBJECT_MEDIA:
    case SUBJECT_KEYS:
    case SUBJECT_CERTIFICATE:
        break;
    }
    return false;
}

/* Messages over MSRP that anybody on the path can read. */
static bool has_msrp_text(const struct view *view)
{
    return !view->tls && facts_true(view->facts, OBS_MSRP_TEXT);
}

/* May any row of the group be about this flow? Most flows between strangers are for none. */
static bool may_fit(const struct view *view, enum row_group group)
{
    switch (group) {
    case GROUP_TRANSPORT:
        return view->tls ? !is_strange_tls(view) : view->sip || view->http || view->opaque;
    case GROUP_IM:
        return view->sip || has_msrp_text(view);
    case GROUP_SHARING:
    case GROUP_KEYS:
        return view->sip;
    case GROUP_MEDIA:
        return view->media || view->hidden;
    case GROUP_CERTIFICATE:
        return view->tls;
    case GROUP_COUNT:
        break;
    }
    return false;
}

/* Has the flow what the row is about? */
static bool fits(const struct view *view, const struct policy_row *row)
{
    const struct facts *facts = view->facts;
    switch (group_of(row->subject)) {
    case GROUP_TRANSPORT:
        return transport_fits(view, row);
    case GROUP_IM:
        return has_msrp_text(view) || (view->sip && (facts_true(facts, OBS_SIP_IM) ||
                                                     facts_true(facts, OBS_SIP_PRESENCE)));
    case GROUP_SHARING:
        return view->sip && facts_true(facts, OBS_SIP_SHARING);
    case GROUP_KEYS:
        return view->sip &&
               (facts_true(facts, OBS_SIP_KEYS_EXPOSED) || facts_true(facts, OBS_SIP_FINGERPRINTS));
    case GROUP_MEDIA:
        return view->media || view->hidden;
    case GROUP_CERTIFICATE:
        return view->tls;
    case GROUP_COUNT:
        break;
    }
    return false;
}

static enum match match_side(const struct view_side *side, uint64_t roles,
                             const struct network *networks, uint32_t count)
{
    if (roles == UINT64_MAX || (side->roles & roles) != 0) {
        return MATCH_YES;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (address_in(&side->end->address, &networks[i].address, networks[i].bits)) {
            return MATCH_YES;
        }
    }
    return side->roles == 0 && roles != 0 ? MATCH_MAYBE : MATCH_NO;
}

static enum match match_order(const struct policy_row *row, const struct view_side *from,
                              const struct view_side *to)
{
    enum match a = match_side(from, row->from, row->from_networks, row->from_network_count);
    enum match b = match_side(to, row->to, row->to_networks, row->to_network_count);
    return a < b ? a : b;
}

/* Who opened the connection is certain only by SYN or ClientHello: else both orders are tried. */
static bool may_swap(const struct view *view, const struct policy_row *row)
{
    const char *by = view->record->initiator_by;
    bool certain = by != NULL && (by[0] == 's' || by[0] == 'h');
    return row->either_way || !certain;
}

static enum match match_row(const struct view *view, const struct policy_row *row)
{
    enum match straight = match_order(row, &view->client, &view->server);
    if (straight == MATCH_YES || !may_swap(view, row)) {
        return straight;
    }
    enum match swapped = match_order(row, &view->server, &view->client);
    return swapped > straight ? swapped : straight;
}

bool judge_rows_between(const struct view *view, const struct policy_row *row)
{
    return match_row(view, row) == MATCH_YES;
}

bool judge_rows_concern(const struct view *view, const struct policy_row *row)
{
    return fits(view, row) && judge_rows_between(view, row);
}

/* Messages through a server come under the row for messages between internal clients only where
 * the policy says so; and that row never reaches outside. */
static enum match match_im(const struct view *view, const struct policy_row *row, enum match match)
{
    bool internal = view->client.zone == ZONE_INTERNAL && view->server.zone == ZONE_INTERNAL;
    uint64_t inside = role_bit(ROLE_CLIENT_INTERNAL);
    if (row->subject != SUBJECT_IM || (row->require & REQUIRE_NONE) == 0) {
        return match;
    }
    if (!internal) {
        return MATCH_NO;
    }
    bool one_client = ((view->client.roles | view->server.roles) & inside) != 0;
    bool through = policy_settings(view->policy)->internal_im_tcp && one_client &&
                   view->client.roles != 0 && view->server.roles != 0;
    return through ? MATCH_YES : match;
}

/* An exception must be earned: with both roles unknown only the published rows are possible (and
 * the one exception for messages that needs no server). */
static bool is_possible(const struct view *view, const struct policy_row *row)
{
    bool both_unknown = view->client.roles == 0 && view->server.roles == 0;
    return !both_unknown || row->rank <= 1 || row->subject == SUBJECT_IM;
}

static void add(struct candidates *c, const struct policy_row *row)
{
    if (c->count < CANDIDATES_MAX) {
        c->rows[c->count++] = row;
    }
}

static void collect(const struct view *view, enum row_group group, enum match want,
                    struct candidates *c)
{
    c->count = 0;
    c->certain = want == MATCH_YES;
    for (uint32_t i = 0; i < policy_row_count(view->policy); i++) {
        const struct policy_row *row = policy_row(view->policy, i);
        if (!row->enabled || group_of(row->subject) != group || !fits(view, row)) {
            continue;
        }
        enum match match = match_im(view, row, match_row(view, row));
        bool wanted = want == MATCH_YES ? match == MATCH_YES : match != MATCH_NO;
        if (wanted && (want == MATCH_YES || is_possible(view, row))) {
            add(c, row);
        }
    }
}

static bool has_stream(const struct view *view, const char *protection)
{
    const struct facts *facts = view->facts;
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_MEDIA_PROTECTION, f)) != NULL;) {
        if (strcmp(facts_text(facts, f), protection) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_clear(const struct view *view, enum row_group group)
{
    return group == GROUP_MEDIA ? has_stream(view, "rtp") : !view->tls;
}

/* Media may be both: one direction in clear, the other protected. */
static bool is_protected(const struct view *view, enum row_group group)
{
    return group == GROUP_MEDIA ? has_stream(view, "srtp") : view->tls;
}

typedef bool keep_row(const struct view *view, const struct candidates *all,
                      const struct policy_row *row);

static void keep(const struct view *view, struct candidates *c, keep_row *wanted)
{
    struct candidates all = *c;
    c->count = 0;
    for (uint32_t i = 0; i < all.count; i++) {
        if (wanted(view, &all, all.rows[i])) {
            c->rows[c->count++] = all.rows[i];
        }
    }
}

static bool is_top_rank(const struct view *view, const struct candidates *all,
                        const struct policy_row *row)
{
    (void)view;
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->rows[i]->rank > row->rank) {
            return false;
        }
    }
    return true;
}

/* A pair of rows for one link, one for cleartext and one for protection in use: what is on the
 * wire chooses between them. */
static bool is_for_what_is_seen(const struct view *view, const struct candidates *all,
                                const struct policy_row *row)
{
    bool clear = is_clear(view, group_of(row->subject));
    bool permits = row->require == REQUIRE_NONE;
    for (uint32_t i = 0; i < all->count; i++) {
        bool other = all->rows[i]->require == REQUIRE_NONE;
        if (other != permits && all->rows[i]->rank == row->rank &&
            all->rows[i]->from == row->from && all->rows[i]->to == row->to) {
            return permits ? clear : !clear || is_protected(view, group_of(row->subject));
        }
    }
    return !permits || clear;
}

/* TLS to a web server's port is taken as download, of whatever kind: the first such row speaks. */
static bool is_not_web(const struct view *view, const struct candidates *all,
                       const struct policy_row *row)
{
    const struct policy_row *download = NULL;
    for (uint32_t i = all->count; i > 0; i--) {
        download = all->rows[i - 1]->subject == SUBJECT_DOWNLOAD ? all->rows[i - 1] : download;
    }
    if (!view->tls || download == NULL || row == download) {
        return true;
    }
    return row->subject == SUBJECT_SIGNALLING && judge_rows_strictness(row) == 2;
}

void judge_rows_select(const struct view *view, enum row_group group,
                       struct candidates *ret_candidates)
{
    struct candidates *c = ret_candidates;
    c->count = 0;
    c->certain = false;
    if (!may_fit(view, group)) {
        return;
    }
    collect(view, group, MATCH_YES, c);
    if (c->count > 0) {
        keep(view, c, is_top_rank);
    } else {
        collect(view, group, MATCH_MAYBE, c);
    }
    keep(view, c, is_for_what_is_seen);
    keep(view, c, is_not_web);
}
