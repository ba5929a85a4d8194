/* analyzers/ndpi.c: the one door to libndpi.
 *
 * nDPI wants whole IP packets: each payload gets headers made from the flow's tuple, so that it
 * sees the innermost packet whatever carried it. */
#include "analyzers/ndpi.h"

#include <ctype.h>
#include <ndpi/ndpi_api.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 60, PAYLOAD_MAX = 1460 };

struct ndpi_door {
    struct ndpi_detection_module_struct *module;
    uint8_t packet[HEADERS_MAX + PAYLOAD_MAX]; /* scratch */
};

/* nDPI's words that are not ours in lower case. An empty word: our own analyzer decides on it. */
static const struct {
    const char *theirs, *ours;
} words[] = {
    { "TLS", "" },
    { "DTLS", "" },
    { "RTP", "" },
    { "RTCP", "" },
    { "SIP", "" },
    { "HTTP", "" },
    { "STUN", "" },
    { "Unknown", "" },
    { "MsSQL-TDS", "tds" },
    { "SMBv1", "smb" },
    { "SMBv23", "smb" },
    { "IPsec", "ike" },
    { "PostgreSQL", "postgres" },
    { "FTP_CONTROL", "ftp" },
    { "FTP_DATA", "ftp" },
    { "DCE_RPC", "dcerpc" },
};

/* The first module also readies libgcrypt, which aborts when two threads do that at once. */
static struct ndpi_detection_module_struct *new_module(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    struct ndpi_detection_module_struct *module = ndpi_init_detection_module(ndpi_no_prefs);
    if (module != NULL) {
        NDPI_PROTOCOL_BITMASK all;
        NDPI_BITMASK_SET_ALL(all);
        ndpi_set_protocol_detection_bitmask2(module, &all);
        ndpi_finalize_initialization(module);
    }
    pthread_mutex_unlock(&lock);
    return module;
}

enum ov_status ndpi_door_new(struct ndpi_door **ret_door)
{
    struct ndpi_door *door = calloc(1, sizeof *door);
    if (door == NULL) {
        return OV_NOMEM;
    }
    door->module = new_module();
    if (door->module == NULL) {
        free(door);
        return OV_NOMEM;
    }
    *ret_door = door;
    return OV_OK;
}

void ndpi_door_free(struct ndpi_door *door)
{
    if (door != NULL) {
        ndpi_exit_detection_module(door->module);
        free(door);
    }
}

size_t ndpi_door_flow_size(void)
{
    return ndpi_detection_get_sizeof_ndpi_flow_struct();
}

void *ndpi_door_flow_new(void)
{
    size_t size = ndpi_door_flow_size();
    void *flow = ndpi_flow_malloc(size);
    if (flow != NULL) {
        memset(flow, 0, size);
    }
    return flow;
}

void ndpi_door_flow_free(void *flow)
{
    ndpi_free_flow(flow);
}

static uint8_t *put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

/* RFC 791 3.1: version and length(1) tos(1) total(2) id(2) fragment(2) ttl(1) protocol(1) sum(2).
 */
static uint8_t *put_ipv4(uint8_t *at, const struct flow_key *key, unsigned from, size_t size)
{
    *at++ = 0x45;
    *at++ = 0;
    at = put_u16(at, 20 + size);
    at = put_u16(at, 0);
    at = put_u16(at, 0);
    *at++ = 64;
    *at++ = key->l4;
    at = put_u16(at, 0);
    memcpy(at, key->addr[from].byte + 12, 4);
    memcpy(at + 4, key->addr[1 - from].byte + 12, 4);
    return at + 8;
}

/* RFC 8200 3: version, class, label(4) length(2) next(1) hops(1) source(16) destination(16). */
static uint8_t *put_ipv6(uint8_t *at, const struct flow_key *key, unsigned from, size_t size)
{
    *at++ = 0x60;
    memset(at, 0, 3);
    at = put_u16(at + 3, size);
    *at++ = key->l4;
    *at++ = 64;
    memcpy(at, key->addr[from].byte, 16);
    memcpy(at + 16, key->addr[1 - from].byte, 16);
    return at + 32;
}

/* The payload with made-up headers in door->packet; returns its size. */
static size_t make_packet(struct ndpi_door *door, const struct ndpi_packet *packet)
{
    const struct flow_key *key = packet->key;
    struct bytes payload = packet->payload;
    unsigned from = packet->sender_low ? 0 : 1;
    uint32_t size = bytes_left(&payload) < PAYLOAD_MAX ? bytes_left(&payload) : PAYLOAD_MAX;
    size_t transport = key->l4 == IPPROTO_TCP ? 20 : key->l4 == IPPROTO_UDP ? 8 : 0;
    uint8_t *at = address_is_ipv4(&key->addr[0])
                      ? put_ipv4(door->packet, key, from, transport + size)
                      : put_ipv6(door->packet, key, from, transport + size);
    if (transport > 0) {
        memset(at, 0, transport);
        put_u16(at, key->port[from]);
        put_u16(at + 2, key->port[1 - from]);
        if (key->l4 == IPPROTO_TCP) {
            at[12] = 5 << 4; /* header words */
            at[13] = 0x18;   /* PSH ACK */
        } else {
            put_u16(at + 4, transport + size);
        }
        at += transport;
    }
    bytes_copy(&payload, at, size);
    return (size_t)(at - door->packet) + size;
}

static void name_of(struct ndpi_door *door, ndpi_protocol found, struct ndpi_name *ret_name)
{
    bool two = found.master_protocol != NDPI_PROTOCOL_UNKNOWN &&
               found.master_protocol != found.app_protocol;
    uint16_t outer = two ? found.master_protocol : found.app_protocol;
    ret_name->protocol = ndpi_get_proto_name(door->module, outer);
    ret_name->application = two ? ndpi_get_proto_name(door->module, found.app_protocol) : NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].theirs, ret_name->protocol) == 0) {
            size_t size = strlen(words[i].ours) + 1;
            memcpy(ret_name->app, words[i].ours, size);
            return;
        }
    }
    size_t i = 0;
    for (; ret_name->protocol[i] != '\0' && i + 1 < sizeof ret_name->app; i++) {
        unsigned char c = (unsigned char)ret_name->protocol[i];
        ret_name->app[i] = isalnum(c) ? (char)tolower(c) : '-';
    }
    ret_name->app[i] = '\0';
}

#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 4)
static ndpi_protocol ask(struct ndpi_door *door, void *flow, size_t size, uint64_t time_ms)
{
    return ndpi_detection_process_packet(door->module, flow, door->packet, (unsigned short)size,
                                         time_ms, NULL);
}
#else
static ndpi_protocol ask(struct ndpi_door *door, void *flow, size_t size, uint64_t time_ms)
{
    return ndpi_detection_process_packet(door->module, flow, door->packet, (unsigned short)size,
                                         time_ms);
}
#endif

bool ndpi_door_look(struct ndpi_door *door, void *flow, const struct ndpi_packet *packet,
                    struct ndpi_name *ret_name)
{
    size_t size = make_packet(door, packet);
    ndpi_protocol found = ask(door, flow, size, packet->time_us / 1000);
    if (found.app_protocol == NDPI_PROTOCOL_UNKNOWN &&
        found.master_protocol == NDPI_PROTOCOL_UNKNOWN) {
        return false;
    }
    name_of(door, found, ret_name);
    return true;
}

const char *ndpi_door_version(void)
{
    return ndpi_revision();
}
