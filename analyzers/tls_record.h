/* analyzers/tls_record.h: the TLS record header, and whether bytes look like TLS. */
#ifndef OVERT_ANALYZERS_TLS_RECORD_H
#define OVERT_ANALYZERS_TLS_RECORD_H

#include "analyzers/analyzer.h"

enum { TLS_RECORD_HEADER_SIZE = 5 };

struct tls_record {
    uint8_t type; /* CONTENT_* */
    uint16_t version;
    uint16_t length; /* bytes of the body */
};

/* Reads a header; BYTES_MALFORMED when it cannot be one. */
struct tls_record tls_record_read(struct bytes *in);
/* Do the bytes start with a ClientHello or ServerHello, or with another record that ends where they
 * end or where the next record starts? */
enum claim tls_record_claim(struct bytes in);
/* Do the captured bytes of a handshake record start with a ClientHello or ServerHello? */
bool tls_record_is_hello(const struct bytes *body);

#endif
