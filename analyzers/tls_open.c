/* analyzers/tls_open.c: which secret opens which records, and when the next one takes over (RFC
 * 8446 7.3, 4.6.3; RFC 5246 7.1; RFC 9001 5). */
#include "analyzers/tls_open.h"

#include <stdlib.h>

#include "analyzers/crypto/quic_keys.h"
#include "analyzers/tls_names.h"
#include "analyzers/tls_suites.h"

enum { AES_128_GCM = 0x1301, AES_256_GCM = 0x1302, CHACHA20 = 0x1303 };

enum {
    REFUSED_MAX = 16,          /* DTLS, QUIC: in a row that are not authentic */
    HELLOS_MAX = 64 * 1024,    /* bytes of the hellos of one connection */
    WAIT_US = 2 * 1000 * 1000, /* for a secret that is not in a growing key log yet */
    WAIT_MAX = 48 * 1024,      /* bytes that may wait with it; a stream keeps no more than 64 KiB */
    KEY_UPDATE = 24,
    END_OF_EARLY_DATA = 5,
};

/* What protects the records of a side. */
enum stage { STAGE_EARLY, STAGE_HANDSHAKE, STAGE_TRAFFIC };

struct tls_opener {
    struct keylog *keylog;         /* borrowed */
    struct budget *budget;         /* borrowed */
    struct key_schedule *schedule; /* owned */
    uint8_t text[RECORD_TEXT_MAX]; /* of the record opened last */
};

/* Of packets of QUIC, whose kinds come mixed. */
struct packet_keys {
    struct keylog_secret secret;
    struct quic_keys keys;
    int64_t largest; /* packet number so far; -1 = none */
};

struct direction {
    struct record_keys *keys;       /* owned; NULL = not yet, or no more */
    struct packet_keys *packets[2]; /* owned, likewise: of the handshake, of later ones */
    uint64_t waiting_us;            /* since when its first record waits; 0 = it does not */
    uint8_t stage;                  /* enum stage, TLS 1.3 */
    uint8_t refused;                /* DTLS, QUIC: in a row that were not authentic */
    bool opened;                    /* a record of this stage was */
    bool over;                      /* nothing more will be opened */
};

struct tls_open {
    struct direction side[2];
    struct handshake_hash *transcript; /* owned; TLS 1.3, from ServerHello on */
    uint8_t *hellos;                   /* owned: before ServerHello */
    uint32_t hellos_size, hellos_room;
    uint32_t first_hello_size; /* with HelloRetryRequest: of the first ClientHello */
    bool opened;               /* a record was */
};

enum ov_status tls_open_new(struct keylog *keylog, struct budget *budget,
                            struct tls_opener **ret_opener)
{
    struct tls_opener *o = calloc(1, sizeof *o);
    if (o == NULL || key_schedule_new(&o->schedule) != OV_OK) {
        free(o);
        return OV_NOMEM;
    }
    o->keylog = keylog;
    o->budget = budget;
    *ret_opener = o;
    return OV_OK;
}

void tls_open_free(struct tls_opener *o)
{
    if (o != NULL) {
        key_schedule_free(o->schedule);
        keylog_wipe(o->text, sizeof o->text);
        free(o);
    }
}

static void drop_hellos(struct tls_open *open)
{
    free(open->hellos);
    open->hellos = NULL;
    open->hellos_size = open->hellos_room = 0;
}

static void drop_keys(struct direction *d)
{
    record_keys_free(d->keys);
    d->keys = NULL;
}

static void drop_packet_keys(struct direction *d, struct tls_opener *o)
{
    for (unsigned i = 0; i < 2; i++) {
        if (d->packets[i] != NULL) {
            keylog_wipe(d->packets[i], sizeof *d->packets[i]);
            free(d->packets[i]);
            d->packets[i] = NULL;
            budget_give(o->budget, sizeof *d->packets[i]);
        }
    }
}

void tls_open_end(struct tls_handshake *hs, struct sink *sink)
{
    struct tls_open *open = hs->open;
    if (open != NULL) {
        for (unsigned i = 0; i < 2; i++) {
            drop_keys(&open->side[i]);
            drop_packet_keys(&open->side[i], sink->opener);
        }
        key_schedule_hash_free(open->transcript);
        drop_hellos(open);
        budget_give(sink->opener->budget, sizeof *open);
        free(open);
    }
    hs->open = NULL;
}

static struct tls_open *begin(struct tls_handshake *hs, struct sink *sink)
{
    struct tls_opener *o = sink->opener;
    if (hs->open == NULL && keylog_is_used(o->keylog) && budget_take(o->budget, sizeof *hs->open)) {
        hs->open = calloc(1, sizeof *hs->open);
        if (hs->open == NULL) {
            budget_give(o->budget, sizeof *hs->open);
        }
    }
    return hs->open;
}

static bool keep(struct tls_open *open, const void *data, uint32_t size)
{
    if (size > open->hellos_room - open->hellos_size) {
        uint32_t room = open->hellos_room + size + 1024;
        uint8_t *grown = room <= HELLOS_MAX ? realloc(open->hellos, room) : NULL;
        if (grown == NULL) {
            return false;
        }
        open->hellos = grown;
        open->hellos_room = room;
    }
    memcpy(open->hellos + open->hellos_size, data, size);
    open->hellos_size += size;
    return true;
}

/* RFC 8446 4: type(1) length(3) body. */
static bool keep_message(struct tls_open *open, uint8_t type, struct bytes body)
{
    uint32_t size = bytes_left(&body);
    const uint8_t header[] = { type, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size };
    return body.cut == 0 && keep(open, header, sizeof header) &&
           keep(open, bytes_skip(&body, size), size);
}

/* The suite is known now, and with it the hash. */
static void begin_transcript(struct tls_handshake *hs, const struct record_suite *suite)
{
    struct tls_open *open = hs->open;
    struct bytes all = bytes_of(open->hellos, open->hellos_size, open->hellos_size);
    struct bytes first = bytes_take(&all, open->first_hello_size);
    struct handshake_hash *hash = key_schedule_hash_new(suite->hash);
    bool good = hash != NULL && key_schedule_hash_add(hash, first);
    if (good && open->first_hello_size > 0) {
        good = key_schedule_hash_restart(hash);
    }
    if (!good || !key_schedule_hash_add(hash, all)) {
        key_schedule_hash_free(hash);
        hash = NULL;
    }
    open->transcript = hash;
}

void tls_open_hello(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                    struct bytes body, struct sink *sink)
{
    struct record_suite suite;
    bool client = type == CLIENT_HELLO;
    if (sink->opener == NULL || hs->pseudo || (client && begin(hs, sink) == NULL) ||
        hs->open == NULL || hs->datagram) {
        return;
    }
    struct tls_open *open = hs->open;
    if (open->transcript == NULL && !keep_message(open, type, body)) {
        drop_hellos(open);
    }
    if (client && !hs->hello_retry) {
        open->first_hello_size = open->hellos_size;
    } else if (client) {
        open->side[seg->from].stage = STAGE_HANDSHAKE; /* early data were refused */
    }
    if (type == SERVER_HELLO && hs->version != 0) {
        open->first_hello_size = hs->hello_retry ? open->first_hello_size : 0;
        if (tls_names_is_13(hs->version) && open->hellos_size > 0 && open->transcript == NULL &&
            record_suite_find(tls_suites_name(hs->cipher), &suite)) {
            begin_transcript(hs, &suite);
        }
        drop_hellos(open);
        open->side[seg->from].stage = STAGE_HANDSHAKE;
        bool early = hs->offers_early && open->side[1 - seg->from].stage == STAGE_EARLY;
        open->side[1 - seg->from].stage = early ? STAGE_EARLY : STAGE_HANDSHAKE;
    }
}

bool tls_open_is_on(const struct tls_handshake *hs, uint8_t from)
{
    return hs->open != NULL && hs->open->side[from].keys != NULL;
}

bool tls_open_may(const struct tls_handshake *hs, uint8_t from)
{
    return hs->open != NULL && !hs->open->side[from].over;
}

bool tls_open_is_active(const struct tls_handshake *hs)
{
    return (tls_open_may(hs, 0) || tls_open_may(hs, 1)) && hs->open->opened;
}

static enum keylog_label label_of(const struct tls_handshake *hs, uint8_t from)
{
    bool client = from == hs->client;
    if (!tls_names_is_13(hs->version) && hs->version != 0) {
        return KEYLOG_MASTER;
    }
    switch ((enum stage)hs->open->side[from].stage) {
    case STAGE_EARLY:
        return KEYLOG_CLIENT_EARLY;
    case STAGE_HANDSHAKE:
        return client ? KEYLOG_CLIENT_HANDSHAKE : KEYLOG_SERVER_HANDSHAKE;
    case STAGE_TRAFFIC:
        break;
    }
    return client ? KEYLOG_CLIENT_TRAFFIC : KEYLOG_SERVER_TRAFFIC;
}

static struct record_keys *derive(const struct tls_handshake *hs, uint8_t from,
                                  const struct record_suite *suite,
                                  const struct keylog_secret *secret, struct sink *sink)
{
    if (hs->version == 0 || tls_names_is_13(hs->version)) {
        return record_keys_traffic(sink->opener->schedule, suite, secret);
    }
    struct record_terms terms = {
        .suite = suite,
        .master = secret,
        .client_random = hs->side[hs->client].random,
        .server_random = hs->side[1 - hs->client].random,
        .version = hs->version,
        .client = from == hs->client,
        .encrypt_then_mac = hs->encrypt_then_mac,
    };
    return record_keys_master(sink->opener->schedule, &terms);
}

/* Nothing to be opened here, however long the wait: SSL 3.0, compressed, or who is who unknown. */
static bool is_hopeless(const struct tls_handshake *hs, uint8_t from)
{
    const struct tls_side *client = &hs->side[hs->client], *server = &hs->side[1 - hs->client];
    bool known = hs->roles_known && client->random_known;
    bool old = hs->version != 0 && !tls_names_is_13(hs->version);
    bool fit = old ? hs->version > SSL3_VERSION && server->random_known && !hs->compressed
                   : hs->version != 0 || hs->open->side[from].stage == STAGE_EARLY;
    bool hole = hs->side[from].lost && !hs->datagram; /* there, records tell their numbers */
    return !known || !fit || hole || (hs->version == 0 && !hs->offers_early);
}

static struct record_keys *derive_next(const struct tls_handshake *hs, uint8_t from,
                                       const struct keylog_secret *secret, struct sink *sink,
                                       uint16_t code)
{
    struct record_suite suite;
    return record_suite_find(tls_suites_name(code), &suite) ? derive(hs, from, &suite, secret, sink)
                                                            : NULL;
}

static bool may_wait(struct direction *d, const struct segment *seg, struct sink *sink)
{
    if (!keylog_is_growing(sink->opener->keylog) || !seg->open ||
        bytes_left(&seg->payload) > WAIT_MAX) {
        return false;
    }
    d->waiting_us = d->waiting_us > 0 ? d->waiting_us : seg->time_us;
    return seg->time_us - d->waiting_us < WAIT_US;
}

enum tls_open_answer tls_open_ready(struct tls_handshake *hs, const struct segment *seg,
                                    struct sink *sink)
{
    if (hs->open == NULL || hs->open->side[seg->from].over) {
        return TLS_OPEN_NO;
    }
    struct direction *d = &hs->open->side[seg->from];
    struct keylog_secret secret;
    if (d->keys != NULL) {
        return TLS_OPEN_YES;
    }
    if (is_hopeless(hs, seg->from)) {
        return TLS_OPEN_NO;
    }
    bool found = keylog_find(sink->opener->keylog, hs->side[hs->client].random,
                             label_of(hs, seg->from), seg->time_us, &secret);
    if (!found && d->stage == STAGE_EARLY && tls_names_is_13(hs->version)) {
        d->stage = STAGE_HANDSHAKE; /* early data that stay closed come before these */
        found = keylog_find(sink->opener->keylog, hs->side[hs->client].random,
                            label_of(hs, seg->from), seg->time_us, &secret);
    }
    if (!found) {
        bool early = d->stage == STAGE_EARLY && hs->version == 0;
        bool waits = !early && may_wait(d, seg, sink);
        d->over = !waits && !early;
        return waits ? TLS_OPEN_WAIT : TLS_OPEN_NO;
    }
    d->waiting_us = 0;
    uint16_t suite = hs->version != 0              ? hs->cipher
                     : secret.size == KEY_HASH_MAX ? AES_256_GCM
                                                   : AES_128_GCM;
    d->keys = derive_next(hs, seg->from, &secret, sink, suite);
    keylog_wipe(&secret, sizeof secret);
    if (d->keys == NULL) {
        tls_open_stop(hs, seg, "unsupported-cipher", sink);
    }
    return d->keys != NULL ? TLS_OPEN_YES : TLS_OPEN_NO;
}

void tls_open_stop(struct tls_handshake *hs, const struct segment *seg, const char *reason,
                   struct sink *sink)
{
    if (hs->open == NULL || hs->open->side[seg->from].over) {
        return;
    }
    hs->open->side[seg->from].over = true;
    drop_keys(&hs->open->side[seg->from]);
    drop_packet_keys(&hs->open->side[seg->from], sink->opener);
    observe_text(sink, seg, OBS_TLS_DECRYPTION_STOPPED, reason, 0);
}

static bool open_now(const struct direction *d, const struct record_head *head, struct bytes body,
                     struct sink *sink, struct tls_opened *ret_opened)
{
    uint32_t size = 0;
    bool good = record_keys_open(d->keys, head, body, sink->opener->text, &size, &ret_opened->type);
    ret_opened->text = bytes_of(sink->opener->text, good ? size : 0, good ? size : 0);
    return good;
}

/* Early data (RFC 8446 4.2.10) did not open: by another suite, as the server has not chosen yet; or
 * it refused them, and the handshake follows. true: there are other keys to try. */
static bool change_early(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    struct direction *d = &hs->open->side[seg->from];
    struct keylog_secret secret = *record_keys_secret(d->keys);
    bool answered = hs->version != 0, other = !answered && !d->opened;
    drop_keys(d);
    if (answered || d->opened) {
        d->stage = STAGE_HANDSHAKE;
        d->opened = false;
    }
    if (other) {
        d->keys = derive_next(hs, seg->from, &secret, sink, CHACHA20);
    }
    keylog_wipe(&secret, sizeof secret);
    return answered ? tls_open_ready(hs, seg, sink) == TLS_OPEN_YES : d->keys != NULL;
}

/* What did not open: is that the end? */
static void refuse(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    struct direction *d = &hs->open->side[seg->from];
    bool early = hs->offers_early && seg->from == hs->client && !d->opened &&
                 d->stage != STAGE_TRAFFIC; /* early data without their secret, stepped over */
    d->refused = (uint8_t)(d->refused + (d->refused < UINT8_MAX));
    if (early && hs->version == 0) {
        drop_keys(d);
    } else if (!early && !(hs->datagram && d->refused < REFUSED_MAX)) {
        tls_open_stop(hs, seg, "not-authentic", sink);
    }
}

static bool is_early(const struct tls_handshake *hs, const struct direction *d)
{
    return d->stage == STAGE_EARLY && !hs->datagram &&
           (hs->version == 0 || tls_names_is_13(hs->version));
}

static void note_opened(struct tls_handshake *hs, const struct segment *seg, struct sink *sink)
{
    struct direction *d = &hs->open->side[seg->from];
    d->refused = 0;
    d->opened = true;
    if (!hs->open->opened) {
        hs->open->opened = true;
        observe_value(sink, seg, OBS_TLS_DECRYPTED, 1);
    }
}

bool tls_open_record(struct tls_handshake *hs, const struct segment *seg,
                     const struct record_head *head, struct bytes body, struct sink *sink,
                     struct tls_opened *ret_opened)
{
    struct direction *d = &hs->open->side[seg->from];
    bool good = open_now(d, head, body, sink, ret_opened);
    if (!good && is_early(hs, d) && change_early(hs, seg, sink)) {
        good = open_now(d, head, body, sink, ret_opened);
    }
    if (!good) {
        refuse(hs, seg, sink);
        return false;
    }
    note_opened(hs, seg, sink);
    return true;
}

/* The secret is not there: may it still come? */
static bool may_come(struct tls_open *open, const struct segment *seg, struct sink *sink)
{
    struct direction *d = &open->side[seg->from];
    d->waiting_us = d->waiting_us > 0 ? d->waiting_us : seg->time_us;
    return keylog_is_growing(sink->opener->keylog) && seg->time_us - d->waiting_us < WAIT_US;
}

static struct packet_keys *make_packet_keys(const struct tls_handshake *hs,
                                            const struct tls_packet *packet,
                                            const struct keylog_secret *secret, struct sink *sink)
{
    struct tls_opener *o = sink->opener;
    struct record_suite suite;
    struct packet_keys *k = budget_take(o->budget, sizeof *k) ? calloc(1, sizeof *k) : NULL;
    bool good = k != NULL && record_suite_find(tls_suites_name(hs->cipher), &suite) &&
                quic_keys_derive(o->schedule, &suite, packet->protection, secret, &k->keys);
    if (good) {
        k->secret = *secret;
        k->largest = -1;
        return k;
    }
    if (k != NULL) {
        keylog_wipe(k, sizeof *k);
        free(k);
        budget_give(o->budget, sizeof *k);
    }
    return NULL;
}

/* NULL: they are not known. */
static struct packet_keys *keys_of_packet(struct tls_handshake *hs, const struct segment *seg,
                                          const struct tls_packet *packet, struct sink *sink)
{
    struct tls_open *open = hs->open;
    struct packet_keys **at = &open->side[seg->from].packets[packet->later];
    struct keylog_secret secret;
    if (*at != NULL || open->side[seg->from].over) {
        return *at;
    }
    open->side[seg->from].stage = packet->later ? STAGE_TRAFFIC : STAGE_HANDSHAKE;
    if (!keylog_find(sink->opener->keylog, hs->side[hs->client].random, label_of(hs, seg->from),
                     seg->time_us, &secret)) {
        if (!may_come(open, seg, sink)) {
            open->side[0].over |= packet->later; /* nothing more will come of either */
            open->side[1].over |= packet->later;
            open->side[seg->from].over = true;
        }
        return NULL;
    }
    *at = make_packet_keys(hs, packet, &secret, sink);
    keylog_wipe(&secret, sizeof secret);
    if (*at == NULL) {
        tls_open_stop(hs, seg, "unsupported-cipher", sink);
    }
    return *at;
}

bool tls_open_packet(struct tls_handshake *hs, const struct segment *seg,
                     const struct tls_packet *packet, struct sink *sink, struct bytes *ret_frames)
{
    bool fit = hs->roles_known && hs->side[hs->client].random_known &&
               tls_names_is_13(hs->version) && packet->whole.cut == 0;
    if (hs->open == NULL || !fit) {
        return false;
    }
    struct packet_keys *k = keys_of_packet(hs, seg, packet, sink);
    struct direction *d = &hs->open->side[seg->from];
    if (k == NULL) {
        return false;
    }
    if (!quic_initial_open(sink->initial, &k->keys, packet->whole, packet->number_at, &k->largest,
                           ret_frames)) {
        if (++d->refused == REFUSED_MAX) {
            tls_open_stop(hs, seg, "not-authentic", sink);
        }
        return false;
    }
    note_opened(hs, seg, sink);
    return true;
}

static void next_stage(struct direction *d, enum stage stage)
{
    drop_keys(d);
    d->stage = (uint8_t)stage;
    d->opened = false;
}

void tls_open_message(struct tls_handshake *hs, const struct segment *seg, uint8_t type,
                      struct sink *sink)
{
    struct direction *d = hs->open != NULL ? &hs->open->side[seg->from] : NULL;
    if (d == NULL || d->keys == NULL) {
        return;
    }
    if (type == END_OF_EARLY_DATA && d->stage == STAGE_EARLY) {
        next_stage(d, STAGE_HANDSHAKE);
    } else if (type == FINISHED && d->stage == STAGE_HANDSHAKE) {
        next_stage(d, STAGE_TRAFFIC);
    } else if (type == KEY_UPDATE && d->stage == STAGE_TRAFFIC &&
               !record_keys_update(sink->opener->schedule, d->keys)) {
        tls_open_stop(hs, seg, "no-memory", sink);
    }
}

void tls_open_change(struct tls_handshake *hs, uint8_t from)
{
    if (hs->open != NULL) {
        drop_keys(&hs->open->side[from]);
    }
}

struct handshake_hash *tls_open_transcript(const struct tls_handshake *hs)
{
    return hs->open != NULL ? hs->open->transcript : NULL;
}

/* Of the handshake at hand; NULL: not known. */
static const struct keylog_secret *secret_of(const struct tls_handshake *hs, uint8_t from)
{
    const struct direction *d = hs->open != NULL ? &hs->open->side[from] : NULL;
    if (d != NULL && d->packets[0] != NULL) {
        return &d->packets[0]->secret;
    }
    return d != NULL && d->keys != NULL ? record_keys_secret(d->keys) : NULL;
}

bool tls_open_is_finished(const struct tls_handshake *hs, const struct segment *seg,
                          const uint8_t *value, struct bytes finished, const struct sink *sink)
{
    struct record_suite suite;
    const struct keylog_secret *secret = secret_of(hs, seg->from);
    return secret != NULL && record_suite_find(tls_suites_name(hs->cipher), &suite) &&
           key_schedule_finished(sink->opener->schedule, suite.hash, secret, value, finished);
}

void tls_open_forget_transcript(struct tls_handshake *hs)
{
    if (hs->open != NULL) {
        key_schedule_hash_free(hs->open->transcript);
        hs->open->transcript = NULL;
    }
}
