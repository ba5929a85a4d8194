/* analyzers/rtp_codecs.c: the static payload types of RFC 3551 6, tables 4 and 5. */
#include "analyzers/rtp_codecs.h"

#include <stddef.h>

enum { PAYLOAD_TYPES = 35, STEP_MAX = 9600 /* timestamp units: longer is a pause, not a frame */ };

/* G.723.1 has frames of 24 and 20 bytes: 20 and a 32-bit tag look like 24, so it has no rule. */
/* clang-format off */
static const struct rtp_codec codecs[PAYLOAD_TYPES] = {
    /*        name    kind    step  bytes header companded */
    [0]  = { "PCMU", "audio",    1,   1,  0, true },
    [3]  = { "GSM",  "audio",  160,  33,  0, false },
    [4]  = { "G723", "audio",    0,   0,  0, false },
    [5]  = { "DVI4", "audio",    2,   1,  4, false },
    [6]  = { "DVI4", "audio",    2,   1,  4, false },
    [7]  = { "LPC",  "audio",    0,   0,  0, false },
    [8]  = { "PCMA", "audio",    1,   1,  0, true },
    [9]  = { "G722", "audio",    1,   1,  0, false },
    [10] = { "L16",  "audio",    1,   4,  0, false },
    [11] = { "L16",  "audio",    1,   2,  0, false },
    [12] = { "QCELP", "audio",   0,   0,  0, false },
    [13] = { "CN",   "audio",    0,   0,  0, false },
    [14] = { "MPA",  "audio",    0,   0,  0, false },
    [15] = { "G728", "audio",   20,   5,  0, false },
    [16] = { "DVI4", "audio",    2,   1,  4, false },
    [17] = { "DVI4", "audio",    2,   1,  4, false },
    [18] = { "G729", "audio",   80,  10,  0, false },
    [25] = { "CelB", "video",    0,   0,  0, false },
    [26] = { "JPEG", "video",    0,   0,  0, false },
    [28] = { "nv",   "video",    0,   0,  0, false },
    [31] = { "H261", "video",    0,   0,  0, false },
    [32] = { "MPV",  "video",    0,   0,  0, false },
    [33] = { "MP2T", "video",    0,   0,  0, false },
    [34] = { "H263", "video",    0,   0,  0, false },
};
/* clang-format on */

const struct rtp_codec *rtp_codecs_find(uint8_t payload_type)
{
    if (payload_type >= PAYLOAD_TYPES || codecs[payload_type].name == NULL) {
        return NULL;
    }
    return &codecs[payload_type];
}

uint32_t rtp_codecs_bytes(const struct rtp_codec *codec, uint32_t step)
{
    if (codec->step == 0 || step == 0 || step > STEP_MAX || step % codec->step != 0) {
        return 0;
    }
    return codec->header_bytes + step / codec->step * codec->step_bytes;
}
