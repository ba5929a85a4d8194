/* analyzers/ike_names.h: code points of IKE as text, for both versions by the names that the IANA
 * registry of IKEv2 parameters has for them. */
#ifndef OVERT_ANALYZERS_IKE_NAMES_H
#define OVERT_ANALYZERS_IKE_NAMES_H

#include <stdint.h>

enum { IKE_NAME_SIZE = 24 }; /* longest text that is not a constant, with its NUL */

/* Transform types of IKEv2 (RFC 7296 3.3.2, RFC 9370 4). */
enum {
    IKE_TYPE_ENCRYPTION = 1,
    IKE_TYPE_PRF = 2,
    IKE_TYPE_INTEGRITY = 3,
    IKE_TYPE_GROUP = 4,
    IKE_TYPE_ADDITIONAL_FIRST = 6,
    IKE_TYPE_ADDITIONAL_LAST = 12,
};

/* Encryption transforms (IANA, "Transform Type 1") that others than the names care for. */
enum {
    ENCR_DES_IV64 = 1,
    ENCR_DES = 2,
    ENCR_3DES = 3,
    ENCR_RC5 = 4,
    ENCR_IDEA = 5,
    ENCR_CAST = 6,
    ENCR_BLOWFISH = 7,
    ENCR_3IDEA = 8,
    ENCR_DES_IV32 = 9,
    ENCR_NULL = 11,
    ENCR_AES_CBC = 12,
    ENCR_AES_CTR = 13,
    ENCR_AES_CCM_8 = 14,
    ENCR_AES_CCM_16 = 16,
    ENCR_AES_GCM_8 = 18,
    ENCR_AES_GCM_16 = 20,
    ENCR_NULL_AUTH_AES_GMAC = 21,
    ENCR_CAMELLIA_CBC = 23,
    ENCR_CAMELLIA_CCM_16 = 27,
    ENCR_CHACHA20_POLY1305 = 28,
    ENCR_KUZNYECHIK_MGM_MAC_KTREE = 34, /* integrity alone (RFC 9227 4) */
    ENCR_MAGMA_MGM_MAC_KTREE = 35,
};

/* The name of a transform of a type; "0x1234" in buffer (IKE_NAME_SIZE bytes) when it is not known.
 * Additional key exchanges are named as groups. */
const char *ike_names_transform(uint8_t type, uint16_t id, char *buffer);
/* Exchange types and notify messages of version 1 or 2, in lower case; "0x1234" as above. */
const char *ike_names_exchange(uint8_t version, uint8_t code, char *buffer);
const char *ike_names_notify(uint8_t version, uint16_t code, char *buffer);
/* Authentication methods of IKEv1 (RFC 2409 appendix A). */
const char *ike_names_authentication(uint16_t code, char *buffer);
/* The IKEv2 transforms that stand for an encryption or hash algorithm of IKEv1; 0 = none. The hash
 * gives the PRF (RFC 2409 5). */
uint16_t ike_names_old_encryption(uint16_t code);
uint16_t ike_names_old_prf(uint16_t code);

#endif
