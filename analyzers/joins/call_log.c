/* analyzers/joins/call_log.c: entries one after another, each with its text behind it. */
#include "analyzers/joins/call_log.h"

#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/srtp_key.h"

enum { FIRST_ROOM = 16 * 1024, ALIGNMENT = 8 };

struct entry {
    uint64_t flow_id;
    struct flow_end end[2];
    struct observation obs; /* its text is not a pointer to follow: it stands behind the entry */
};

static size_t size_of(uint32_t text_size)
{
    size_t size = sizeof(struct entry) + text_size;
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void wipe(struct call_log *log, size_t from, size_t to)
{
    if (log->secret && to > from) {
        srtp_key_wipe(log->bytes + from, to - from);
    }
}

/* realloc, but that it leaves no key behind. */
static uint8_t *grow(struct call_log *log, size_t room)
{
    uint8_t *grown = log->secret ? malloc(room) : realloc(log->bytes, room);
    if (grown != NULL && log->secret) {
        memcpy(grown, log->bytes, log->used);
        wipe(log, 0, log->used);
        free(log->bytes);
    }
    return grown;
}

static bool make_room(struct call_log *log, size_t size)
{
    size_t room = log->room > 0 ? log->room : FIRST_ROOM;
    while (room - log->used < size) {
        room *= 2;
    }
    if (room == log->room) {
        return true;
    }
    uint8_t *grown = room <= CALL_LOG_MAX ? grow(log, room) : NULL;
    if (grown == NULL) {
        return false;
    }
    log->bytes = grown;
    log->room = room;
    return true;
}

void call_log_put(struct call_log *log, uint64_t flow_id, const struct flow_end end[2],
                  const struct observation *obs)
{
    size_t size = size_of(obs->text_size);
    if (!make_room(log, size)) {
        log->dropped++;
        return;
    }
    struct entry entry = { .flow_id = flow_id, .end = { end[0], end[1] }, .obs = *obs };
    memcpy(log->bytes + log->used, &entry, sizeof entry);
    if (obs->text_size > 0) {
        memcpy(log->bytes + log->used + sizeof entry, obs->text, obs->text_size);
    }
    log->used += size;
    log->secret = log->secret || obs->kind == OBS_SDP_CRYPTO_KEY;
}

static struct entry entry_at(const struct call_log *log, size_t at)
{
    struct entry entry;
    memcpy(&entry, log->bytes + at, sizeof entry);
    return entry;
}

uint64_t call_log_packet(const struct call_log *log, size_t at)
{
    return entry_at(log, at).obs.packet;
}

uint64_t call_log_time(const struct call_log *log, size_t at)
{
    return entry_at(log, at).obs.time_us;
}

void call_log_append(struct call_log *log, const struct call_log *from, size_t begin, size_t end)
{
    if (begin == end) {
        return;
    }
    if (!make_room(log, end - begin)) {
        log->dropped++;
        return;
    }
    memcpy(log->bytes + log->used, from->bytes + begin, end - begin);
    log->used += end - begin;
    log->secret = log->secret || from->secret;
}

void call_log_drop(struct call_log *log, size_t size)
{
    if (size > 0) {
        memmove(log->bytes, log->bytes + size, log->used - size);
        log->used -= size;
        wipe(log, log->used, log->used + size);
        log->secret = log->secret && log->used > 0;
    }
}

size_t call_log_replay(const struct call_log *log, size_t at, const struct joins *joins)
{
    struct entry entry = entry_at(log, at);
    if (entry.obs.text != NULL) {
        entry.obs.text = (const char *)log->bytes + at + sizeof entry;
    }
    calls_observe(joins->calls, entry.flow_id, entry.end, &entry.obs);
    resumption_observe(joins->resumption, entry.flow_id, entry.end, &entry.obs);
    names_observe(joins->names, &entry.obs);
    tunnels_join_observe(joins->tunnels, entry.flow_id, entry.end, &entry.obs);
    return at + size_of(entry.obs.text_size);
}

void call_log_reset(struct call_log *log)
{
    wipe(log, 0, log->used);
    log->used = 0;
    log->dropped = 0;
    log->secret = false;
}

void call_log_done(struct call_log *log)
{
    wipe(log, 0, log->used);
    free(log->bytes);
    *log = (struct call_log){ 0 };
}
