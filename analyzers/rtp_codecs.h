/* analyzers/rtp_codecs.h: the static payload types of RFC 3551 6. */
#ifndef OVERT_ANALYZERS_RTP_CODECS_H
#define OVERT_ANALYZERS_RTP_CODECS_H

#include <stdbool.h>
#include <stdint.h>

struct rtp_codec {
    const char *name;      /* encoding name of RFC 3551, NULL = not a static payload type */
    const char *kind;      /* audio video */
    uint16_t step;         /* timestamp units of one frame; 0 = frames have no constant size */
    uint16_t step_bytes;   /* payload bytes of one frame */
    uint16_t header_bytes; /* payload bytes before the first frame */
    bool companded;        /* G.711: each byte is one sample, its histogram is never flat */
};

/* The codec of a static payload type; NULL for the others. */
const struct rtp_codec *rtp_codecs_find(uint8_t payload_type);
/* Payload bytes that carry `step` timestamp units; 0 when the codec has no such rule or the step is
 * no whole number of frames. */
uint32_t rtp_codecs_bytes(const struct rtp_codec *codec, uint32_t step);

#endif
