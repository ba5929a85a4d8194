/* analyzers/tls_outcome.h: what the handshake came to: resumption, client certificate, mutual
 * authentication, and whether both sides went on under keys. */
#ifndef OVERT_ANALYZERS_TLS_OUTCOME_H
#define OVERT_ANALYZERS_TLS_OUTCOME_H

#include "analyzers/tls_handshake.h"

/* Reports what has become certain, each thing once; at the end also what stays unknown. */
void tls_outcome_update(struct tls_handshake *hs, const struct segment *seg, bool end,
                        struct sink *sink);
/* A handshake inside the connection can be read: its outcome is reported anew. */
void tls_outcome_renew(struct tls_handshake *hs);
/* Has it become certain that the handshake took up an earlier session? Roles are known. */
bool tls_outcome_is_resumed(const struct tls_handshake *hs);
/* Is there nothing more to learn from this flow? */
bool tls_outcome_settled(const struct tls_handshake *hs);

#endif
