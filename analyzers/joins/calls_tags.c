/* analyzers/joins/calls_tags.c: what the tags of a flow's packets say, as facts of it. */
#include <string.h>

#include "analyzers/joins/calls_internal.h"

enum { REFUTE_PACKETS = 2, SURE_BYTES = 10 }; /* packets; of a tag that chance does not meet */

enum call_tags calls_tags_of(const struct call_stream *seen, bool checkable)
{
    if (seen == NULL) {
        return TAGS_NONE;
    }
    uint32_t least = seen->tag_size < SURE_BYTES ? 2 : 1;
    if (seen->verified >= least) {
        return seen->waiting_count > 0 ? TAGS_MIXED : TAGS_VERIFIED;
    }
    bool none = seen->verified == 0 && seen->waiting_count >= REFUTE_PACKETS;
    return none && checkable ? TAGS_MISMATCH : TAGS_NONE;
}

static void put(struct facts *facts, struct observation obs, enum observation_kind kind,
                const char *text)
{
    obs.kind = kind;
    obs.text = text;
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    facts_put(facts, &obs);
}

/* Grounds of a stream (of RTCP: all) that are there already. */
static uint16_t count(const struct facts *facts, enum observation_kind kind, uint16_t index)
{
    uint16_t count = 0;
    for (const struct fact *f = NULL; (f = facts_next(facts, kind, f)) != NULL;) {
        count = (uint16_t)(count + (kind == OBS_MEDIA_RTCP_GROUND_TEST || f->index == index));
    }
    return count;
}

void calls_tags_put(struct facts *facts, const struct observation *place, enum call_tags tags,
                    const struct call_stream *seen)
{
    static const char *const words[] = { "", "verified", "mixed", "mismatch" };
    const struct call_place *at = tags == TAGS_VERIFIED ? &seen->fitted : &seen->waiting_at[0];
    struct observation obs = *place;
    obs.packet = at->packet;
    obs.time_us = at->time_us;
    put(facts, obs, OBS_MEDIA_TAG, words[tags]);
    obs.sub = count(facts, OBS_MEDIA_GROUND_TEST, obs.index);
    put(facts, obs, OBS_MEDIA_GROUND_TEST, "srtp-tag");
    put(facts, obs, OBS_MEDIA_GROUND_RESULT, tags == TAGS_VERIFIED ? "srtp" : "unknown");
    obs.value = tags == TAGS_MISMATCH ? seen->waiting_count : seen->verified;
    put(facts, obs, OBS_MEDIA_GROUND_PACKETS, NULL);
}

void calls_tags_reports(struct calls *calls, struct flow_record *record)
{
    bool bare = false;
    uint32_t packets = calls_proof_reports(calls, record, &bare);
    const struct fact *told = facts_find(record->facts, OBS_MEDIA_RTCP_PROTECTION);
    if (packets == 0 || told == NULL) {
        return;
    }
    struct observation obs = { .from = told->from,
                               .packet = told->packet,
                               .time_us = told->time_us };
    if (!bare) {
        put(record->facts, obs, OBS_MEDIA_RTCP_PROTECTION, "srtp");
        put(record->facts, obs, OBS_MEDIA_RTCP_EVIDENCE, "proven");
    }
    obs.index = count(record->facts, OBS_MEDIA_RTCP_GROUND_TEST, 0);
    put(record->facts, obs, OBS_MEDIA_RTCP_GROUND_TEST, "srtcp-tag");
    put(record->facts, obs, OBS_MEDIA_RTCP_GROUND_RESULT, "srtp");
    obs.value = packets;
    put(record->facts, obs, OBS_MEDIA_RTCP_GROUND_PACKETS, NULL);
}
