/* analyzers/rtcp.h: RTCP packets of a media flow: in clear, or SRTCP? */
#ifndef OVERT_ANALYZERS_RTCP_H
#define OVERT_ANALYZERS_RTCP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    RTCP_SENDERS = 6,   /* SSRCs whose SRTCP index is followed at a time */
    RTCP_TRAILERS = 10, /* places where the SRTCP index may be, see rtcp.c */
};

struct rtcp_sender {
    uint32_t ssrc;
    uint32_t used;                 /* rtcp.packets at its last packet; 0 = free */
    uint32_t index[RTCP_TRAILERS]; /* word at that place in the last packet: E bit and index */
    uint16_t steps[RTCP_TRAILERS]; /* packets in a row whose index went on */
    uint8_t from;                  /* side that sends */
};

/* Zeroed = nothing seen. */
struct rtcp {
    uint32_t packets; /* datagrams */
    uint32_t clear;   /* that are RTCP to their last byte */
    uint32_t named;   /* of them with a readable CNAME */
    uint32_t opaque;  /* that are RTCP in the first header only */
    uint32_t indexed; /* of them most in a row, of one sender, with an SRTCP index and E = 1 */
    uint32_t bare;    /* the same with E = 0: authenticated, not encrypted */
    struct rtcp_sender senders[RTCP_SENDERS];
};

/* Does the datagram start as RTCP does (RFC 5761 4: second byte 192..223, length within it)? */
bool rtcp_is(const struct bytes *datagram);
/* Takes one datagram for which rtcp_is is true. */
void rtcp_take(struct rtcp *rtcp, const struct bytes *datagram, uint8_t from);
/* Is it certain that these are RTCP or SRTCP packets? */
bool rtcp_is_certain(const struct rtcp *rtcp);

struct rtcp_ground {
    const char *test;   /* rtcp-cname rtcp-compound srtcp-index srtcp-not-encrypted */
    const char *result; /* srtp rtp */
    uint32_t packets;
};

struct rtcp_verdict {
    const char *protection; /* srtp rtp unknown */
    const char *evidence;   /* proven inferred; NULL when unknown */
    uint8_t ground_count;
    struct rtcp_ground grounds[4];
};

void rtcp_judge(const struct rtcp *rtcp, struct rtcp_verdict *ret_verdict);

#endif
