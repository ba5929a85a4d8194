/* analyzers/tls_session.c: session ids and tickets (RFC 5246 7.4.1.2, RFC 5077 3), never in words.
 */
#include "analyzers/tls_session.h"

#include "analyzers/once.h"

enum { IDENTITIES_MAX = 16 }; /* pre-shared keys of one hello that are looked at */

static void report(const struct segment *seg, enum observation_kind kind, uint16_t index,
                   uint64_t value, struct sink *sink)
{
    struct observation obs = observation_of(seg, kind);
    obs.index = index;
    obs.value = value;
    sink->put(sink, &obs);
}

void tls_session_report(const struct segment *seg, enum observation_kind kind, uint16_t index,
                        const struct bytes *name, struct sink *sink)
{
    if (bytes_left(name) > 0 && name->cut == 0) {
        report(seg, kind, index, once_digest(name, sink->digest_seed), sink);
    }
}

void tls_session_hello(const struct segment *seg, const struct bytes *session_id, struct sink *sink)
{
    report(seg, OBS_TLS_SESSION_OFFERED, TLS_SESSION_HELLO, 0, sink);
    tls_session_report(seg, OBS_TLS_SESSION_OFFERED, TLS_SESSION_ID, session_id, sink);
}

/* RFC 8446 4.2.11: length(2), then identity(2+) age(4). A key that no ticket brought has no age. */
void tls_session_keys(const struct segment *seg, struct bytes value, struct sink *sink)
{
    struct bytes list = bytes_take(&value, bytes_u16(&value));
    bool external = !bytes_ok(&value);
    for (unsigned i = 0; i < IDENTITIES_MAX && bytes_left(&list) > 0; i++) {
        bytes_take(&list, bytes_u16(&list));
        uint32_t age = bytes_u32(&list);
        external |= !bytes_ok(&list) || age == 0;
    }
    if (external || bytes_left(&list) > 0) {
        report(seg, OBS_TLS_SESSION_OFFERED, TLS_SESSION_EXTERNAL, 1, sink);
    }
}

/* RFC 5077 3.3: lifetime(4) ticket(2+). */
enum bytes_fault tls_session_ticket(const struct segment *seg, struct bytes body, struct sink *sink)
{
    bytes_u32(&body);
    struct bytes ticket = bytes_take(&body, bytes_u16(&body));
    enum bytes_fault fault = bytes_finish(&body);
    if (fault == BYTES_OK) {
        tls_session_report(seg, OBS_TLS_SESSION_ISSUED, TLS_SESSION_TICKET, &ticket, sink);
    }
    return fault;
}
