/* analyzers/ndpi.h: nDPI's name for a flow that none of our analyzers claims. Never a verdict. */
#ifndef OVERT_ANALYZERS_NDPI_H
#define OVERT_ANALYZERS_NDPI_H

#include "base/bytes.h"
#include "base/status.h"
#include "capture/flow.h"

enum { NDPI_DOOR_PACKETS_TCP = 10, NDPI_DOOR_PACKETS_UDP = 6 };

struct ndpi_door; /* one per worker */

struct ndpi_name {
    const char *protocol;    /* nDPI's word for the outer protocol: "SMTP"; constant */
    const char *application; /* its word for what uses it, or NULL: "Teams"; constant */
    char app[32]; /* our word: "smtp"; "" when our own analyzers must say it themselves */
};

/* Loads the library's tables (tens of milliseconds). Caller owns. */
OV_MUST_CHECK enum ov_status ndpi_door_new(struct ndpi_door **ret_door);
void ndpi_door_free(struct ndpi_door *door);
/* Bytes of one flow's state inside nDPI, about 1 KB. */
size_t ndpi_door_flow_size(void);
/* One flow's state inside nDPI; NULL without memory. */
void *ndpi_door_flow_new(void);
void ndpi_door_flow_free(void *flow);
/* One datagram or segment of a flow. */
struct ndpi_packet {
    const struct flow_key *key;
    bool sender_low; /* key->addr[0] sent it */
    struct bytes payload;
    uint64_t time_us;
};

/* Shows one packet. True when nDPI has decided; ret_name is then filled in. */
bool ndpi_door_look(struct ndpi_door *door, void *flow, const struct ndpi_packet *packet,
                    struct ndpi_name *ret_name);
/* The library's version, "4.2.0". */
const char *ndpi_door_version(void);

#endif
