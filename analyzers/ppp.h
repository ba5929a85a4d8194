/* analyzers/ppp.h: what PPP inside a tunnel says of its protection: who logs in how, and MPPE. */
#ifndef OVERT_ANALYZERS_PPP_H
#define OVERT_ANALYZERS_PPP_H

#include "analyzers/analyzer.h"

/* Zeroed = nothing seen. */
struct ppp {
    uint32_t encrypted; /* packets under MPPE */
    uint32_t packets;
    uint8_t told; /* bit: PAP was told */
};

/* Reads one frame of PPP (RFC 1661 2) from its address, control or protocol field on. */
void ppp_read(struct ppp *ppp, const struct segment *seg, struct sink *sink, struct bytes in);
/* The flow ended; seg: the last one, without its payload. */
void ppp_close(const struct ppp *ppp, const struct segment *seg, struct sink *sink);

#endif
