/* analyzers/joins/calls_relay.c: which call announced media that goes through a TURN relay?
 *
 * It was announced under the address that the relay gave to its client, and goes to peers beyond
 * the relay: the ends of the flow itself are in no SDP. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/joins/calls_internal.h"

enum { RELAY_PEERS = 16 }; /* peers of one allocation that are asked about */

/* "192.0.2.1:3478" or "[2001:db8::1]:3478", as OBS_STUN_RELAYED_* say it. */
static bool read_end(const char *text, struct flow_end *ret_end)
{
    const char *colon = strrchr(text, ':');
    uint32_t bracket = text[0] == '[';
    if (colon == NULL || colon - text <= (bracket != 0 ? 2 : 0)) {
        return false;
    }
    unsigned long port = strtoul(colon + 1, NULL, 10);
    uint32_t size = (uint32_t)(colon - text) - 2 * bracket;
    ret_end->port = (uint16_t)port;
    return port > 0 && port <= UINT16_MAX && address_parse(text + bracket, size, &ret_end->address);
}

struct call_match calls_relay_match(const struct calls *calls, const struct flow_record *record,
                                    const struct call_span *span)
{
    const struct facts *facts = record->facts;
    const uint8_t client = record->client & 1;
    const struct fact *own = facts_find(facts, OBS_STUN_RELAYED_ADDRESS);
    const struct fact *peer = facts_find(facts, OBS_STUN_RELAYED_PEER);
    struct flow_end end[2] = { record->side[0], record->side[1] };
    struct call_match match = { .call = POOL_NONE };
    if (own != NULL && !read_end(facts_text(facts, own), &end[client])) {
        own = NULL;
    }
    for (unsigned i = 0; i < RELAY_PEERS && peer != NULL && match.call == POOL_NONE; i++) {
        if (read_end(facts_text(facts, peer), &end[1 - client])) {
            match = calls_match_find(calls, end, span);
        }
        peer = facts_next(facts, OBS_STUN_RELAYED_PEER, peer);
    }
    return match.call == POOL_NONE && own != NULL ? calls_match_find(calls, end, span) : match;
}
