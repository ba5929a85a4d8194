/* capture/counters.h: what happened to packets that did not become part of a flow as sent. */
#ifndef OVERT_CAPTURE_COUNTERS_H
#define OVERT_CAPTURE_COUNTERS_H

#include <stdint.h>

/* kind, name in the coverage record, English explanation */
#define CAPTURE_COUNTERS(X)                                                                        \
    X(COUNT_PACKETS, "packets", "packets read")                                                    \
    X(COUNT_BYTES, "bytes", "frame bytes as sent")                                                 \
    X(COUNT_DAMAGED_PLACES, "damaged-places", "parts of capture files that could not be read")     \
    X(COUNT_DAMAGED_BYTES, "damaged-bytes", "bytes of capture files that could not be read")       \
    X(COUNT_CUT, "cut", "packets of which the capture kept only a part")                           \
    X(COUNT_DUPLICATES, "duplicates", "packets mirrored twice, judged once")                       \
    X(COUNT_LINK_UNKNOWN, "link-type-unknown", "link type that is not decoded")                    \
    X(COUNT_LINK_SHORT, "link-header-short", "frame ends inside its link header")                  \
    X(COUNT_NOT_IP, "not-ip", "frame carries no IP (ARP, LLDP, ...)")                              \
    X(COUNT_LINK_ENCRYPTED, "link-encrypted", "frame encrypted on its link (Wi-Fi, MACsec)")       \
    X(COUNT_LINK_OTHER, "link-not-decoded", "Wi-Fi fragment, compressed PPP and the like")         \
    X(COUNT_LINK_AGGREGATED, "link-aggregated",                                                    \
      "Wi-Fi frames of several packets of which only the first is decoded")                        \
    X(COUNT_IP_MALFORMED, "ip-malformed", "IP header lengths are wrong")                           \
    X(COUNT_IP_CUT, "ip-cut", "capture kept less than the headers")                                \
    X(COUNT_L4_MALFORMED, "transport-malformed", "TCP or UDP header lengths are wrong")            \
    X(COUNT_L4_CUT, "transport-cut", "capture kept less than the TCP or UDP header")               \
    X(COUNT_L4_OTHER, "transport-other", "IP protocol without ports (ICMP, ESP, GRE, ...)")        \
    X(COUNT_FRAGMENTS, "fragments", "IP fragments read")                                           \
    X(COUNT_FRAGMENTS_JOINED, "fragments-joined", "datagrams put together from fragments")         \
    X(COUNT_FRAGMENTS_LOST, "fragments-lost", "fragments given up: incomplete, overlapping, cap")  \
    X(COUNT_TOO_DEEP, "encapsulation-too-deep", "more nested headers than are followed")           \
    X(COUNT_TUNNEL_UNREAD, "tunnel-not-decoded",                                                   \
      "tunnel packets that stay with the outer flow: their inside is not decoded")                 \
    X(COUNT_TUNNEL_IDS, "tunnel-ids-dropped", "tunnel ids not kept: there are too many")           \
    X(COUNT_TCP_MISSING, "tcp-missing-bytes",                                                      \
      "TCP bytes sent, not captured, of streams still read")                                       \
    X(COUNT_TCP_DROPPED, "tcp-dropped-bytes", "TCP bytes given up at a memory cap")                \
    X(COUNT_TCP_CONFLICTS, "tcp-conflicts",                                                        \
      "TCP segments whose bytes differ from those that came first at their place")                 \
    X(COUNT_FLOWS, "flows", "flows begun")                                                         \
    X(COUNT_FLOWS_EVICTED, "flows-evicted", "flows closed early because the table was full")       \
    X(COUNT_FACTS_DROPPED, "facts-dropped", "facts not kept at a flow's cap")

enum capture_counter {
#define X(kind, name, text) kind,
    CAPTURE_COUNTERS(X)
#undef X
        COUNT_KINDS,
};

struct counters {
    uint64_t value[COUNT_KINDS];
};

/* Constant texts of a counter; kind is below COUNT_KINDS. */
const char *counter_name(enum capture_counter kind);
const char *counter_text(enum capture_counter kind);

#endif
