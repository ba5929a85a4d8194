/* analyzers/credentials.h: what authentication headers of SIP and HTTP show (RFC 9110 11,
 * RFC 3261 22, [MS-SIPAE]); never the secret itself. */
#ifndef OVERT_ANALYZERS_CREDENTIALS_H
#define OVERT_ANALYZERS_CREDENTIALS_H

#include "base/bytes.h"

/* The scheme a challenge (value of WWW-Authenticate, ...) asks for; empty when it has none. */
struct bytes credentials_challenge(struct bytes value);
/* The scheme of sent credentials (value of Authorization, ...); empty when it is not a known one:
 * the word could be the secret itself. */
struct bytes credentials_scheme(struct bytes value);
/* Were credentials sent: a password, a response to a challenge, a token? */
bool credentials_sent(struct bytes value);

#endif
