/* rules/judge_rows.c: which rows of the table apply to a flow (traffic table 5). */
#include <stdlib.h>
#include <string.h>

#include "rules/judge_view.h"

enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

/* Of the subjects that are of one group, whatever the flow. */
static const enum row_group groups[SUBJECT_COUNT] = {
    [SUBJECT_SIGNALLING] = GROUP_TRANSPORT,
    [SUBJECT_IM] = GROUP_IM,
    [SUBJECT_SHARING] = GROUP_SHARING,
    [SUBJECT_MEDIA] = GROUP_MEDIA,
    [SUBJECT_WEB_CONFERENCE] = GROUP_TRANSPORT,
    [SUBJECT_DOWNLOAD] = GROUP_TRANSPORT,
    [SUBJECT_KEYS] = GROUP_KEYS,
    [SUBJECT_CERTIFICATE] = GROUP_CERTIFICATE,
    [SUBJECT_SERVICE] = GROUP_TRANSPORT,
    [SUBJECT_RELAY_CREDENTIALS] = GROUP_RELAY_CREDENTIALS,
    [SUBJECT_RELAY_CONTROL] = GROUP_RELAY_CONTROL,
    [SUBJECT_NAME_SERVICE] = GROUP_NAME_SERVICE,
    [SUBJECT_BEYOND] = GROUP_BEYOND,
    [SUBJECT_ALGORITHMS] = GROUP_ALGORITHMS,
    [SUBJECT_UNLISTED] = GROUP_UNLISTED,
};

/* A session's row stands beside those on signalling, or on media, by what the flow is. */
static enum row_group group_of(const struct view *view, const struct policy_row *row)
{
    if (row->subject == SUBJECT_SESSION) {
        bool veiled = view->veiled && row->when == WHEN_TRUNK_VPN;
        return view->tunnel || view->keying || veiled ? GROUP_TUNNEL
               : view->media                          ? GROUP_MEDIA
                                                      : GROUP_TRANSPORT;
    }
    return groups[row->subject];
}

/* May rows of the subject be in the group, for some flow? */
static bool is_in_group(const struct policy_row *row, enum row_group group)
{
    if (row->subject != SUBJECT_SESSION) {
        return groups[row->subject] == group;
    }
    return group == GROUP_TRANSPORT || group == GROUP_MEDIA ||
           (group == GROUP_TUNNEL && row->when == WHEN_TRUNK_VPN) ||
           (group == GROUP_LINK && row->when == WHEN_TRUNK_PRIVATE);
}

bool judge_rows_list(const struct policy *policy, struct row_lists *ret_lists)
{
    enum { GROUPS_MAX = 4 }; /* that one row is in */
    uint32_t rows = policy_row_count(policy), count = 0;
    *ret_lists = (struct row_lists){
        .items = calloc((size_t)rows * GROUPS_MAX + 1, sizeof *ret_lists->items),
    };
    for (unsigned group = 0; ret_lists->items != NULL && group < GROUP_COUNT; group++) {
        ret_lists->start[group] = count;
        for (uint32_t i = 0; i < rows; i++) {
            const struct policy_row *row = policy_row(policy, i);
            if (row->enabled && is_in_group(row, (enum row_group)group)) {
                ret_lists->items[count++].row = row;
            }
        }
    }
    ret_lists->start[GROUP_COUNT] = count;
    return ret_lists->items != NULL;
}

void judge_rows_done(struct row_lists *lists)
{
    free(lists->items);
}

unsigned judge_rows_strictness(const struct policy_row *row)
{
    if ((row->require & REQUIRE_NONE) != 0) {
        return 0;
    }
    bool mutual = (row->require & REQUIRE_MTLS) != 0 && (row->require & REQUIRE_TLS) == 0;
    return mutual ? 2 : 1;
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
    if (row->subject == SUBJECT_SIGNALLING || row->subject == SUBJECT_SESSION) {
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
    case SUBJECT_SESSION:
        return view->sip;
    case SUBJECT_SERVICE:
        return view->said && !view->sip && in_ports(row, view->port);
    case SUBJECT_IM:
    case SUBJECT_SHARING:
    case SUBJECT_MEDIA:
    case SUBJECT_KEYS:
    case SUBJECT_CERTIFICATE:
    case SUBJECT_RELAY_CREDENTIALS:
    case SUBJECT_RELAY_CONTROL:
    case SUBJECT_NAME_SERVICE:
    case SUBJECT_BEYOND:
    case SUBJECT_ALGORITHMS:
    case SUBJECT_UNLISTED:
    case SUBJECT_COUNT:
        break; /* of other groups */
    }
    return false;
}

/* Messages over MSRP that anybody on the path can read. */
static bool has_msrp_text(const struct view *view)
{
    return !view->tls && facts_true(view->facts, OBS_MSRP_TEXT);
}

static bool is_relay_port(const struct view *view, const struct policy_row *row)
{
    return row->port_count > 0 && in_ports(row, view->port);
}

/* Relay credentials are on this port of an Edge; elsewhere they must be readable to be known. */
static bool carries_relay_credentials(const struct view *view, const struct policy_row *row)
{
    return facts_true(view->facts, OBS_SIP_RELAY_CREDENTIALS) ||
           (view->tls && is_relay_port(view, row));
}

/* SIP that was read inside TLS under logged keys: what it carries is seen, and protected. */
static bool is_opened_sip(const struct view *view)
{
    return view->tls && !view->quic && facts_true(view->facts, OBS_SIP_DECRYPTED);
}

bool judge_rows_hide_sip(const struct view *view, const struct policy_row *row)
{
    bool signalling = row->subject == SUBJECT_SIGNALLING || row->subject == SUBJECT_SESSION;
    if (!view->tls || view->quic || !signalling) {
        return false;
    }
    if (facts_find(view->facts, OBS_CARRIES) != NULL) {
        return facts_is(view->facts, OBS_CARRIES, "sip");
    }
    bool access = view->port == 443 && judge_rows_strictness(row) == 1;
    return access || (view->port >= 5060 && view->port <= 5087); /* beside them: C3P, PSOM */
}

bool judge_rows_is_implied(const struct view *view, const struct policy_row *row)
{
    if (!view->implies) {
        return false;
    }
    if (row->subject == SUBJECT_IM || row->subject == SUBJECT_SHARING) {
        return !is_opened_sip(view) && !facts_true(view->facts, OBS_TLS_DECRYPTED);
    }
    return row->subject == SUBJECT_KEYS ||
           (row->subject == SUBJECT_RELAY_CREDENTIALS && !is_relay_port(view, row));
}

static bool has_messages(const struct view *view)
{
    return facts_true(view->facts, OBS_SIP_IM) || facts_true(view->facts, OBS_SIP_PRESENCE);
}

static bool is_relay_control(const struct view *view)
{
    return facts_find(view->facts, OBS_STUN_METHOD) != NULL ||
           strcmp(view->record->app, "pseudo_tls") == 0;
}

static bool has_credentials(const struct view *view)
{
    return facts_find(view->facts, OBS_CREDENTIALS_EXPOSED) != NULL ||
           (view->http && facts_true(view->facts, OBS_HTTP_CREDENTIALS_EXPOSED));
}

/* May any row of the group be about this flow? Most flows between strangers are for none. */
static bool may_fit(const struct view *view, enum row_group group)
{
    switch (group) {
    case GROUP_TUNNEL:
        return view->tunnel || view->keying || view->veiled;
    case GROUP_TRANSPORT:
        return view->tls ? !is_strange_tls(view)
                         : view->sip || view->http || view->opaque || view->said;
    case GROUP_IM:
        return view->sip || view->implies || has_msrp_text(view) || is_opened_sip(view);
    case GROUP_SHARING:
        return view->sip || view->implies || is_opened_sip(view);
    case GROUP_KEYS:
        return view->sip || view->implies;
    case GROUP_MEDIA:
        return view->media || view->hidden;
    case GROUP_CERTIFICATE:
        return view->tls;
    case GROUP_RELAY_CREDENTIALS:
    case GROUP_BEYOND:
        return view->sip || (view->tls && !is_strange_tls(view));
    case GROUP_RELAY_CONTROL:
        return is_relay_control(view);
    case GROUP_NAME_SERVICE:
        return strcmp(view->record->app, "dns") == 0 &&
               (!view->client.inferred || judge_names_contradict(view));
    case GROUP_LINK:
        return judge_session_is_stranger(view);
    case GROUP_ALGORITHMS:
        return judge_algorithms_concerns(view);
    case GROUP_UNLISTED:
        return has_credentials(view) || judge_unlisted_is_session(view);
    case GROUP_COUNT:
        break;
    }
    return false;
}

static bool has_stream(const struct view *view, const char *protection)
{
    return facts_has(view->facts, OBS_MEDIA_PROTECTION, protection);
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

/* Has the flow what the row is about? */
static bool fits(const struct view *view, const struct policy_row *row)
{
    const struct facts *facts = view->facts;
    if (row->subject == SUBJECT_SESSION && row->require == REQUIRE_NONE &&
        !is_clear(view, group_of(view, row))) {
        return false; /* what permits only: those that demand are about the rest */
    }
    if (judge_rows_is_implied(view, row)) {
        return true;
    }
    switch (group_of(view, row)) {
    case GROUP_TRANSPORT:
        return transport_fits(view, row);
    case GROUP_IM:
        return has_msrp_text(view) || has_messages(view);
    case GROUP_SHARING:
        return facts_true(facts, OBS_SIP_SHARING);
    case GROUP_KEYS:
        return view->sip &&
               (facts_true(facts, OBS_SIP_KEYS_EXPOSED) || facts_true(facts, OBS_SIP_FINGERPRINTS));
    case GROUP_MEDIA:
        return view->media || view->hidden;
    case GROUP_RELAY_CREDENTIALS:
        return carries_relay_credentials(view, row);
    case GROUP_BEYOND:
        return view->sip || in_ports(row, view->port);
    case GROUP_TUNNEL:
    case GROUP_RELAY_CONTROL:
    case GROUP_NAME_SERVICE:
    case GROUP_LINK:
    case GROUP_UNLISTED:
    case GROUP_CERTIFICATE:
    case GROUP_ALGORITHMS:
    case GROUP_COUNT:
        break; /* may_fit has said all there is */
    }
    return true;
}

/* Does what the row is subject to hold? */
static bool holds(const struct view *view, const struct policy_row *row)
{
    switch (row->when) {
    case WHEN_ALWAYS:
        break;
    case WHEN_TRUNK_PRIVATE:
        return judge_session_trunk(view) == TRUNK_PRIVATE;
    case WHEN_TRUNK_VPN:
        return judge_session_trunk(view) == TRUNK_VPN;
    case WHEN_TRUNK_PUBLIC:
        return judge_session_trunk(view) == TRUNK_PUBLIC ||
               judge_session_trunk(view) == TRUNK_UNKNOWN;
    case WHEN_WINDOWS_LIVE:
        return policy_settings(view->policy)->windows_live_av;
    case WHEN_FIPS:
        return policy_fips(view->policy) != NULL;
    }
    return true;
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
    if (row->rank == RANK_EXTENSION || row->subject > SUBJECT_CERTIFICATE || row->trusted) {
        return false;
    }
    return !both_unknown || row->rank <= 1 || row->subject == SUBJECT_IM;
}

static void add(struct candidates *c, const struct policy_row *row)
{
    if (c->count < CANDIDATES_MAX) {
        c->rows[c->count++] = row;
    }
}

/* A contradiction of a private link is about whoever is on it. */
static enum match match_group(const struct view *view, const struct policy_row *row,
                              enum row_group group)
{
    if (group == GROUP_LINK) {
        return MATCH_YES;
    }
    if (!holds(view, row) || !fits(view, row)) {
        return MATCH_NO;
    }
    return match_im(view, row, match_row(view, row));
}

static void collect(const struct view *view, enum row_group group, enum match want,
                    struct candidates *c)
{
    c->count = 0;
    c->certain = want == MATCH_YES;
    const struct row_lists *lists = view->lists;
    for (uint32_t i = lists->start[group]; i < lists->start[group + 1]; i++) {
        const struct policy_row *row = lists->items[i].row;
        if (group != GROUP_LINK && group_of(view, row) != group) {
            continue; /* a session's row: the flow is of its other kind */
        }
        enum match match = match_group(view, row, group);
        bool wanted = want == MATCH_YES ? match == MATCH_YES : match != MATCH_NO;
        if (wanted && (want == MATCH_YES || is_possible(view, row))) {
            add(c, row);
        }
    }
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
    /* readable downloads do not compete: each row is about other paths */
    bool path = !view->tls && row->subject == SUBJECT_DOWNLOAD;
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->rows[i]->rank > row->rank &&
            !(path && all->rows[i]->subject == SUBJECT_DOWNLOAD)) {
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
    bool clear = is_clear(view, group_of(view, row));
    bool permits = row->require == REQUIRE_NONE;
    for (uint32_t i = 0; i < all->count; i++) {
        bool other = all->rows[i]->require == REQUIRE_NONE;
        if (other != permits && all->rows[i]->subject == row->subject &&
            all->rows[i]->rank == row->rank && all->rows[i]->from == row->from &&
            all->rows[i]->to == row->to) {
            return permits ? clear : !clear || is_protected(view, group_of(view, row));
        }
    }
    return !permits || clear || row->subject >= SUBJECT_SERVICE;
}

/* TLS to a web server's port is taken as download: of the paths asked for, where it was opened,
 * else of whatever kind: the first such row speaks. */
static bool is_not_web(const struct view *view, const struct candidates *all,
                       const struct policy_row *row)
{
    const struct policy_row *download = NULL;
    bool by_path = false;
    for (uint32_t i = all->count; i > 0; i--) {
        bool is_download = all->rows[i - 1]->subject == SUBJECT_DOWNLOAD;
        download = is_download ? all->rows[i - 1] : download;
        by_path = by_path || (is_download && judge_download_concerns(view, all->rows[i - 1]));
    }
    if (!view->tls || download == NULL) {
        return true;
    }
    if (row->subject == SUBJECT_DOWNLOAD) {
        return by_path ? judge_download_concerns(view, row) : row == download;
    }
    return row->subject == SUBJECT_SIGNALLING && judge_rows_strictness(row) == 2;
}

/* Where messages between internal clients may pass servers in the clear, a hop that carries nothing
 * but messages is for that row alone: it permits the transport with them. */
static bool is_message_hop(const struct view *view)
{
    const struct facts *facts = view->facts;
    if (!view->sip || !policy_settings(view->policy)->internal_im_tcp ||
        !facts_true(facts, OBS_SIP_IM) || facts_true(facts, OBS_SIP_CREDENTIALS_EXPOSED)) {
        return false;
    }
    for (const struct fact *f = NULL; (f = facts_next(facts, OBS_SIP_METHOD, f)) != NULL;) {
        if (strcmp(facts_text(facts, f), "MESSAGE") != 0) {
            return false;
        }
    }
    struct candidates c;
    collect(view, GROUP_IM, MATCH_YES, &c);
    keep(view, &c, is_top_rank);
    return c.count > 0 && (c.rows[0]->require & REQUIRE_NONE) != 0;
}

static bool is_not_for_messages(const struct view *view, const struct candidates *all,
                                const struct policy_row *row)
{
    (void)all;
    return row->subject != SUBJECT_SIGNALLING || row->rank > 1 || !is_message_hop(view);
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
    keep(view, c, is_not_for_messages);
}
