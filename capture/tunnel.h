/* capture/tunnel.h: which tunnels a packet came through, outer first; each path is kept once. */
#ifndef OVERT_CAPTURE_TUNNEL_H
#define OVERT_CAPTURE_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/keyed_hash.h"
#include "base/status.h"
#include "capture/counters.h"

/* kind, name in flow records */
#define TUNNEL_KINDS(X)                                                                            \
    X(TUNNEL_IPIP, "ipip")           /* RFC 2003 */                                                \
    X(TUNNEL_4IN6, "4in6")           /* RFC 2473 */                                                \
    X(TUNNEL_6IN4, "6in4")           /* RFC 4213 */                                                \
    X(TUNNEL_6IN6, "6in6")           /* RFC 2473 */                                                \
    X(TUNNEL_GRE, "gre")             /* id: key, where there is one */                             \
    X(TUNNEL_PPTP, "pptp")           /* id: call */                                                \
    X(TUNNEL_EOIP, "eoip")           /* id: tunnel */                                              \
    X(TUNNEL_ERSPAN, "erspan")       /* id: session; type I has none */                            \
    X(TUNNEL_ETHERIP, "etherip")     /* RFC 3378 */                                                \
    X(TUNNEL_VXLAN, "vxlan")         /* id: VNI */                                                 \
    X(TUNNEL_VXLAN_GPE, "vxlan-gpe") /* id: VNI */                                                 \
    X(TUNNEL_GENEVE, "geneve")       /* id: VNI */                                                 \
    X(TUNNEL_GTP, "gtp")             /* id: TEID */                                                \
    X(TUNNEL_TEREDO, "teredo")                                                                     \
    X(TUNNEL_AYIYA, "ayiya")                                                                       \
    X(TUNNEL_L2TP, "l2tp") /* id: session */                                                       \
    X(TUNNEL_CAPWAP, "capwap")                                                                     \
    X(TUNNEL_MPLS, "mpls")   /* id: outermost label */                                             \
    X(TUNNEL_PPPOE, "pppoe") /* id: session */                                                     \
    X(TUNNEL_PBB, "pbb")     /* id: service */                                                     \
    X(TUNNEL_TRILL, "trill")                                                                       \
    X(TUNNEL_FABRICPATH, "fabricpath")                                                             \
    X(TUNNEL_NSH, "nsh") /* id: service path */

enum tunnel_kind {
#define X(kind, name) kind,
    TUNNEL_KINDS(X)
#undef X
        TUNNEL_KIND_COUNT,
};

enum { TUNNEL_HOPS = 6, TUNNEL_TEXT_SIZE = 24 };

/* Compared and hashed as bytes: no padding, what is unused is zero. */
struct tunnel_path {
    uint32_t id[TUNNEL_HOPS]; /* outer first */
    uint8_t kind[TUNNEL_HOPS];
    uint8_t has_id; /* bit per hop */
    uint8_t count;
};

_Static_assert(sizeof(struct tunnel_path) == 32, "tunnel_path is hashed as bytes: no padding");

struct tunnels;

OV_MUST_CHECK enum ov_status tunnels_new(struct hash_seed seed, struct tunnels **ret_tunnels);
void tunnels_free(struct tunnels *tunnels);
/* The number of a path, from 1, the same for the same path; 0 for the empty path. When there are
 * too many, a path loses its ids, which is counted, and at last its number. */
uint16_t tunnels_number(struct tunnels *tunnels, const struct tunnel_path *path,
                        struct counters *counters);
/* The path of a number; NULL for 0. Valid while the tunnels are. */
const struct tunnel_path *tunnels_path(const struct tunnels *tunnels, uint16_t number);
/* "vxlan:7" or "gre"; buffer has TUNNEL_TEXT_SIZE bytes; returns buffer. */
const char *tunnel_text(const struct tunnel_path *path, uint32_t hop, char *buffer);

#endif
