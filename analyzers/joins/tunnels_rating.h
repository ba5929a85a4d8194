/* analyzers/joins/tunnels_rating.h: how strong is a tunnel, compared with AES and keys of 128 bits?
 */
#ifndef OVERT_ANALYZERS_JOINS_TUNNELS_RATING_H
#define OVERT_ANALYZERS_JOINS_TUNNELS_RATING_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzers/facts.h"

/* From the worst on, but for the first. */
enum rating { RATING_UNKNOWN, RATING_NONE, RATING_WEAK, RATING_OK128, RATING_STRONG };

/* A rating, whether bytes prove it (else it is inferred), and the word for why. */
struct tunnel_rating {
    enum rating rating;
    bool proven;
    const char *reason; /* constant: see OBS_VPN_REASON */
};

/* "unknown", "none", "weak", "ok128", "strong". */
const char *tunnels_rating_name(enum rating rating);
/* An IKE SA by its transform, key bits and group, packed as OBS_TUNNEL_SEEN has them; proven, as
 * they are readable. 0: unknown. */
struct tunnel_rating tunnels_rating_ike(uint64_t sa);
/* ESP or AH by its own facts, and the IKE SA of its hosts (0: none was seen). */
struct tunnel_rating tunnels_rating_ipsec(const struct facts *facts, uint64_t sa);
struct tunnel_rating tunnels_rating_openvpn(const struct facts *facts);
/* PPP inside PPTP or L2TP: MPPE is RC4, and nothing else there encrypts. */
struct tunnel_rating tunnels_rating_ppp(const struct facts *facts);
/* SSH by the names of its cipher in one direction and its key exchange. */
enum rating tunnels_rating_ssh(const char *cipher, const char *kex);
/* A VPN in TLS or DTLS by the cipher suite; proven: its packets could be read, under logged keys or
 * because there is no TLS. */
struct tunnel_rating tunnels_rating_records(const struct facts *facts, bool proven);
struct tunnel_rating tunnels_rating_wireguard(const struct facts *facts);

#endif
