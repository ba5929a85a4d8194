/* analyzers/tls_session.h: names of sessions that hellos and tickets show, as keyed digests: they
 * lead from a resumed session back to the handshake that made it (joins/resumption.h). */
#ifndef OVERT_ANALYZERS_TLS_SESSION_H
#define OVERT_ANALYZERS_TLS_SESSION_H

#include "analyzers/tls_handshake.h"

/* Index of OBS_TLS_SESSION_OFFERED and _ISSUED: what kind of name it is. */
enum {
    TLS_SESSION_HELLO,    /* a ClientHello was read; value: nothing */
    TLS_SESSION_ID,       /* value: keyed digest */
    TLS_SESSION_TICKET,   /* value: keyed digest */
    TLS_SESSION_EXTERNAL, /* TLS 1.3: among the keys offered is one that no ticket brought */
};

/* A session id or ticket, offered by a client or issued by a server. Empty ones are no names. */
void tls_session_report(const struct segment *seg, enum observation_kind kind, uint16_t index,
                        const struct bytes *name, struct sink *sink);
/* The ClientHello of seg was read. */
void tls_session_hello(const struct segment *seg, const struct bytes *session_id,
                       struct sink *sink);
/* Extension pre_shared_key of a ClientHello. */
void tls_session_keys(const struct segment *seg, struct bytes value, struct sink *sink);
/* Message NewSessionTicket, before TLS 1.3. */
enum bytes_fault tls_session_ticket(const struct segment *seg, struct bytes body,
                                    struct sink *sink);

#endif
