/* analyzers/joins/calls_talk.c: hosts whose SIP is readable, for media that no SDP announced.
 *
 * Where SIP goes in clear, SDES keys do too. A capture that kept only a part of each packet, or
 * began after the call did, shows encrypted media and not its keys; others on the path have both.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/calls_internal.h"

enum {
    CALL_TALKERS = 1 << 14, /* where two hosts share a place, the later one has it */
};

enum ov_status calls_talk_init(struct calls *calls)
{
    calls->talkers = calloc(CALL_TALKERS, sizeof *calls->talkers);
    return calls->talkers != NULL ? OV_OK : OV_NOMEM;
}

void calls_talk_restart(struct calls *calls)
{
    memset(calls->talkers, 0, CALL_TALKERS * sizeof *calls->talkers);
}

static uint64_t hash_of(const struct calls *calls, const struct flow_end *end)
{
    uint64_t hash = keyed_hash(end->address.byte, sizeof end->address.byte, calls->seed);
    return hash != 0 ? hash : 1;
}

void calls_talk_note(struct calls *calls, const struct flow_end end[2],
                     const struct observation *obs)
{
    const struct call_draft *draft = &calls->draft;
    bool unread = obs->kind == OBS_SIP_MESSAGE_END && draft->method == METHOD_INVITE &&
                  draft->status == 0 && draft->line_count == 0;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t host = hash_of(calls, &end[side]);
        struct call_talker *talker = &calls->talkers[host % CALL_TALKERS];
        if (talker->host != host) {
            *talker = (struct call_talker){ .host = host };
        }
        talker->read_us = obs->time_us;
        talker->unread_us = unread ? obs->time_us : talker->unread_us;
    }
}

static bool is_recent(uint64_t then_us, uint64_t start_us)
{
    return then_us != 0 && then_us + (uint64_t)CALLS_SILENT_S * 1000000 >= start_us;
}

bool calls_talk_hides(const struct calls *calls, const struct flow_end end[2], uint64_t start_us)
{
    unsigned talk = 0;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t host = hash_of(calls, &end[side]);
        const struct call_talker *talker = &calls->talkers[host % CALL_TALKERS];
        if (talker->host == host && is_recent(talker->unread_us, start_us)) {
            return true;
        }
        talk += talker->host == host && is_recent(talker->read_us, start_us);
    }
    return talk == 2;
}
