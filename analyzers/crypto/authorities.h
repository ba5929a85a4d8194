/* analyzers/crypto/authorities.h: distinguished names of CAs, as a server lists those whose
 * certificates it takes (RFC 5246 7.4.4); printed once, as servers repeat them all day. */
#ifndef OVERT_ANALYZERS_CRYPTO_AUTHORITIES_H
#define OVERT_ANALYZERS_CRYPTO_AUTHORITIES_H

#include "base/bytes.h"
#include "base/text.h"

struct authorities;

/* Its users may be several threads. NULL without memory. */
struct authorities *authorities_new(void);
void authorities_free(struct authorities *authorities);
/* Appends a DER name in the form of certificate.issuer; false: it is none, or does not fit. */
bool authorities_name(struct authorities *authorities, struct bytes der, struct text *name);

#endif
