/* analyzers/joins/tunnels.c: a bounded table of pairs of hosts, with the tunnels between them. */
#include "analyzers/joins/tunnels.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/tunnels_rating.h"

struct pair {
    struct address end[2]; /* in order */
    uint32_t next;         /* of the same bucket: place + 1 */
    bool tunnel;           /* something came through one; else keys were only spoken about */
    bool agreed;           /* sa is filled in */
    bool records;          /* it is inside of TLS or DTLS, of the service at `service` */
    struct flow_end service;
    uint64_t flow_id; /* of the first flow of the tunnel, else of its key exchange */
    uint64_t sa;      /* weakest IKE SA, as OBS_TUNNEL_SEEN has it */
    uint64_t sa_flow_id;
};

struct tunnels_join {
    struct pair
        *pairs;        /* owned; most places, used one after another and then anew from the first */
    uint32_t *buckets; /* owned; place + 1 of the first pair, 0 = none; mask + 1 of them */
    uint32_t most, mask, count;
    uint32_t oldest; /* the place to be used next once all are */
    uint32_t with_tunnel;
    uint64_t dropped;
    struct hash_seed seed;
};

enum ov_status tunnels_join_new(uint32_t pairs_max, struct hash_seed seed,
                                struct tunnels_join **ret_join)
{
    *ret_join = NULL;
    struct tunnels_join *join = calloc(1, sizeof *join);
    if (join == NULL) {
        return OV_NOMEM;
    }
    join->seed = seed;
    join->most = pairs_max > 0 ? pairs_max : 1;
    uint32_t buckets = 16;
    while (buckets < join->most && buckets < 1u << 20) {
        buckets *= 2;
    }
    join->mask = buckets - 1;
    join->pairs = calloc(join->most, sizeof *join->pairs); /* untouched pages cost nothing */
    join->buckets = calloc(buckets, sizeof *join->buckets);
    if (join->pairs == NULL || join->buckets == NULL) {
        tunnels_join_free(join);
        return OV_NOMEM;
    }
    *ret_join = join;
    return OV_OK;
}

void tunnels_join_free(struct tunnels_join *join)
{
    if (join != NULL) {
        free(join->pairs);
        free(join->buckets);
        free(join);
    }
}

void tunnels_join_restart(struct tunnels_join *join)
{
    memset(join->buckets, 0, ((size_t)join->mask + 1) * sizeof *join->buckets);
    join->count = 0;
    join->oldest = 0;
    join->with_tunnel = 0;
}

static void order(const struct flow_end end[2], struct address ret_end[2])
{
    bool swap = memcmp(&end[0].address, &end[1].address, sizeof(struct address)) > 0;
    ret_end[0] = end[swap ? 1 : 0].address;
    ret_end[1] = end[swap ? 0 : 1].address;
}

static uint32_t *bucket_of(const struct tunnels_join *join, const struct address end[2])
{
    return &join->buckets[keyed_hash(end, 2 * sizeof *end, join->seed) & join->mask];
}

static struct pair *find(const struct tunnels_join *join, const struct flow_end end[2])
{
    struct address ends[2];
    order(end, ends);
    uint32_t place = *bucket_of(join, ends);
    while (place != 0 && memcmp(join->pairs[place - 1].end, ends, sizeof ends) != 0) {
        place = join->pairs[place - 1].next;
    }
    return place != 0 ? &join->pairs[place - 1] : NULL;
}

static void forget(struct tunnels_join *join, uint32_t place)
{
    const struct pair *pair = &join->pairs[place - 1];
    uint32_t *at = bucket_of(join, pair->end);
    while (*at != place) {
        at = &join->pairs[*at - 1].next;
    }
    *at = pair->next;
    join->with_tunnel -= pair->tunnel;
    join->dropped++;
}

static struct pair *add(struct tunnels_join *join, const struct flow_end end[2])
{
    uint32_t place;
    if (join->count < join->most) {
        place = ++join->count;
    } else {
        place = join->oldest + 1;
        join->oldest = place % join->most;
        forget(join, place);
    }
    struct pair *pair = &join->pairs[place - 1];
    *pair = (struct pair){ .next = 0 };
    order(end, pair->end);
    uint32_t *bucket = bucket_of(join, pair->end);
    pair->next = *bucket;
    *bucket = place;
    return pair;
}

/* Of several SAs the weakest counts: which of them keys what nobody can tell. */
static void take_sa(struct pair *pair, uint64_t sa, uint64_t flow_id)
{
    if (!pair->agreed || tunnels_rating_ike(sa).rating < tunnels_rating_ike(pair->sa).rating) {
        pair->agreed = true;
        pair->sa = sa;
        pair->sa_flow_id = flow_id;
    }
}

void tunnels_join_observe(struct tunnels_join *join, uint64_t flow_id, const struct flow_end end[2],
                          const struct observation *obs)
{
    if (join == NULL || obs->kind != OBS_TUNNEL_SEEN) {
        return;
    }
    bool ike = observation_says(obs, "ike");
    struct pair *pair = find(join, end);
    if (pair == NULL) {
        pair = add(join, end);
        pair->flow_id = flow_id;
    }
    if (ike && obs->value != 0) {
        take_sa(pair, obs->value, flow_id);
    } else if (!ike && !pair->tunnel) {
        pair->tunnel = true;
        pair->flow_id = flow_id;
        join->with_tunnel++;
    }
    if (observation_says(obs, "anyconnect") || observation_says(obs, "sstp")) {
        pair->records = true;
        pair->service = end[end[0].port < end[1].port ? 0 : 1]; /* clients have the high ones */
    }
}

/* The fact that a rating rests on: its packet becomes that of what is put. */
static void put(struct flow_record *record, const struct fact *ground, enum observation_kind kind,
                const char *text, uint64_t value)
{
    struct observation obs = { .kind = kind, .text = text, .value = value };
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    obs.packet = ground != NULL ? ground->packet : record->packet_first;
    obs.time_us = ground != NULL ? ground->time_us : record->start_us;
    facts_put(record->facts, &obs);
}

static void put_flow(struct flow_record *record, enum observation_kind kind, uint64_t flow_id)
{
    char text[24];
    (void)snprintf(text, sizeof text, "f:%016" PRIx64, flow_id);
    put(record, NULL, kind, text, 0);
}

static void put_rating(struct flow_record *record, const char *protocol,
                       const struct tunnel_rating *rating, enum observation_kind by)
{
    const struct fact *found = facts_find(record->facts, by);
    struct fact copy = found != NULL ? *found : (struct fact){ 0 }; /* putting facts moves them */
    const struct fact *ground = found != NULL ? &copy : NULL;
    put(record, ground, OBS_VPN_PROTOCOL, protocol, 0);
    put(record, ground, OBS_VPN_RATING, tunnels_rating_name(rating->rating), 0);
    put(record, ground, OBS_VPN_EVIDENCE, rating->proven ? "proven" : "inferred", 0);
    put(record, ground, OBS_VPN_REASON, rating->reason, 0);
}

static void put_inside_tcp(struct flow_record *record)
{
    if (record->l4 == IPPROTO_TCP) {
        put(record, NULL, OBS_VPN_INSIDE_TCP, NULL, 1);
    }
}

static void conclude_ipsec(const struct pair *pair, struct flow_record *record)
{
    const struct facts *facts = record->facts;
    uint64_t sa = pair != NULL && pair->agreed ? pair->sa : 0;
    if (facts_find(facts, OBS_IKE_ENCRYPTION) != NULL) {
        struct tunnel_rating ike = tunnels_rating_ike(sa);
        put(record, NULL, OBS_IKE_RATING, tunnels_rating_name(ike.rating), 0);
    }
    bool ah = facts_find(facts, OBS_AH_SPI) != NULL;
    if (facts_find(facts, OBS_ESP_CLASS) == NULL && !ah) {
        return;
    }
    struct tunnel_rating rating = tunnels_rating_ipsec(facts, sa);
    put_rating(record, ah ? "ah" : "esp", &rating, ah ? OBS_AH_SPI : OBS_ESP_CLASS);
    put_inside_tcp(record);
    if (sa != 0 && pair->sa_flow_id != record->id) {
        put_flow(record, OBS_VPN_KEYED_BY, pair->sa_flow_id);
    }
}

/* Of the two directions the weaker one; unknown before all. It is no tunnel of the table: what is
 * inside nobody can tell. */
static void conclude_ssh(struct flow_record *record)
{
    const struct facts *facts = record->facts;
    const char *kex = facts_text(facts, facts_find(facts, OBS_SSH_KEX));
    const char *there = facts_text(facts, facts_find(facts, OBS_SSH_CIPHER));
    const char *back = facts_text(facts, facts_find(facts, OBS_SSH_CIPHER_BACK));
    enum rating a = tunnels_rating_ssh(there, kex), b = tunnels_rating_ssh(back, kex);
    put(record, NULL, OBS_SSH_RATING, tunnels_rating_name(a < b ? a : b), 0);
}

/* What a trunk is made of: signalling and media, and what they are inside of. */
static bool may_be_trunk(const struct flow_record *record)
{
    static const char *const apps[] = { "sip", "rtp", "tls", "dtls", "quic", "stun", "zrtp" };
    for (unsigned i = 0; i < sizeof apps / sizeof apps[0]; i++) {
        if (strcmp(record->app, apps[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A connection to the service whose tunnel stands in TLS or DTLS: the log-in, the control channel,
 * or the tunnel itself, which only its keys would show. */
static bool is_at_service(const struct pair *pair, const struct flow_record *record)
{
    const struct flow_end *server = &record->side[flow_server(record)];
    return pair != NULL && pair->records && strcmp(record->app, "tls") == 0 &&
           !facts_is(record->facts, OBS_CARRIES, "sip") && server->port == pair->service.port &&
           address_equal(&server->address, &pair->service.address);
}

/* What tells that the flow is, or is part of, a VPN in records; OBS_TLS_CIPHER: nothing of its own.
 */
static enum observation_kind ground_of(const struct facts *facts)
{
    static const enum observation_kind kinds[] = { OBS_SSTP_MESSAGE, OBS_ANYCONNECT_MESSAGE,
                                                   OBS_ANYCONNECT_SIGN };
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (facts_find(facts, kinds[i]) != NULL) {
            return kinds[i];
        }
    }
    return OBS_TLS_CIPHER;
}

static void conclude_records(const struct pair *pair, struct flow_record *record)
{
    enum observation_kind ground = ground_of(record->facts);
    bool shown = ground == OBS_SSTP_MESSAGE || ground == OBS_ANYCONNECT_MESSAGE;
    struct tunnel_rating rating = tunnels_rating_records(record->facts, shown);
    put_rating(record, ground == OBS_SSTP_MESSAGE ? "sstp" : "anyconnect", &rating, ground);
    if (shown && facts_has(record->facts, ground, "data")) {
        put_inside_tcp(record);
    }
    if (ground == OBS_TLS_CIPHER && pair->flow_id != record->id) {
        put_flow(record, OBS_VPN_CONTROLS, pair->flow_id);
    }
}

static void conclude_other(const struct tunnels_join *join, const struct pair *pair,
                           struct flow_record *record)
{
    uint32_t elsewhere = join->with_tunnel - (pair != NULL && pair->tunnel);
    if (pair != NULL) {
        put_flow(record, OBS_VPN_BESIDE, pair->flow_id);
    }
    if (elsewhere > 0) {
        put(record, NULL, OBS_VPN_ELSEWHERE, NULL, elsewhere);
    }
}

void tunnels_join_conclude(const struct tunnels_join *join, struct flow_record *record)
{
    const struct facts *facts = record->facts;
    if (facts_find(facts, OBS_SSH_KEX) != NULL) {
        conclude_ssh(record);
    }
    if (join->count == 0) {
        return;
    }
    const struct pair *pair = find(join, record->side);
    if (facts_find(facts, OBS_IKE_VERSION) != NULL || facts_find(facts, OBS_ESP_SPI) != NULL ||
        facts_find(facts, OBS_AH_SPI) != NULL) {
        conclude_ipsec(pair, record);
    } else if (facts_find(facts, OBS_OPENVPN_CLASS) != NULL) {
        struct tunnel_rating rating = tunnels_rating_openvpn(facts);
        put_rating(record, "openvpn", &rating, OBS_OPENVPN_CLASS);
        put_inside_tcp(record);
    } else if (facts_find(facts, OBS_PPP_PACKETS) != NULL) {
        struct tunnel_rating rating = tunnels_rating_ppp(facts);
        put_rating(record, record->app, &rating, OBS_PPP_PACKETS);
    } else if (facts_has(facts, OBS_WIREGUARD_MESSAGE, "data")) {
        struct tunnel_rating rating = tunnels_rating_wireguard(facts);
        put_rating(record, "wireguard", &rating, OBS_WIREGUARD_MESSAGE);
    } else if (ground_of(facts) != OBS_TLS_CIPHER || is_at_service(pair, record)) {
        conclude_records(pair, record);
    } else if (may_be_trunk(record)) {
        conclude_other(join, pair, record);
    }
}

uint64_t tunnels_join_dropped(const struct tunnels_join *join)
{
    return join->dropped;
}
