/* analyzers/tls_status.c: stapled OCSP responses (RFC 6066 8, RFC 6961). */
#include "analyzers/tls_status.h"

#include "analyzers/crypto/ocsp.h"

enum { STATUS_OCSP = 1, STATUS_OCSP_MULTI = 2 };

/* RFC 6066 8: type(1) length(3) response. RFC 6961 2.2: a list of such, the leaf's first. */
enum bytes_fault tls_status_message(const struct tls_handshake *hs, const struct segment *seg,
                                    struct bytes body, struct sink *sink)
{
    uint8_t type = bytes_u8(&body);
    if (bytes_ok(&body) && type != STATUS_OCSP && type != STATUS_OCSP_MULTI) {
        return BYTES_OK; /* of a later RFC: not for us to read */
    }
    struct bytes response = bytes_take(&body, bytes_u24(&body));
    enum bytes_fault fault = bytes_finish(&body);
    if (fault == BYTES_OK && type == STATUS_OCSP_MULTI) {
        response = bytes_take(&response, bytes_u24(&response));
    }
    if (fault != BYTES_OK || !bytes_ok(&response) || response.cut > 0) {
        return fault != BYTES_OK ? fault : response.cut > 0 ? BYTES_CUT : response.fault;
    }
    const struct tls_side *side = &hs->side[seg->from];
    if (sink->certificates != NULL && side->leaf_known && hs->issuer_known) {
        const char *word =
            ocsp_check(sink->certificates, side->leaf, hs->issuer, response, (int64_t)seg->time_us);
        observe_text(sink, seg, OBS_TLS_OCSP, word, 0);
    }
    return BYTES_OK;
}
