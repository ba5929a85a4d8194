/* analyzers/ike_names.c: tables of the IANA registries "IKEv2 Parameters" and "IPSEC". */
#include "analyzers/ike_names.h"

#include <stddef.h>
#include <stdio.h>

struct name {
    uint16_t code;
    const char *text;
};

/* RFC 7296 3.3.2, 5282, 5529, 7634; from 29 on RFC 8750 (ESP only) and RFC 9227 (GOST). */
static const struct name encryption[] = {
    { ENCR_DES_IV64, "ENCR_DES_IV64" },
    { ENCR_DES, "ENCR_DES" },
    { ENCR_3DES, "ENCR_3DES" },
    { ENCR_RC5, "ENCR_RC5" },
    { ENCR_IDEA, "ENCR_IDEA" },
    { ENCR_CAST, "ENCR_CAST" },
    { ENCR_BLOWFISH, "ENCR_BLOWFISH" },
    { ENCR_3IDEA, "ENCR_3IDEA" },
    { ENCR_DES_IV32, "ENCR_DES_IV32" },
    { ENCR_NULL, "ENCR_NULL" },
    { ENCR_AES_CBC, "ENCR_AES_CBC" },
    { ENCR_AES_CTR, "ENCR_AES_CTR" },
    { 14, "ENCR_AES_CCM_8" },
    { 15, "ENCR_AES_CCM_12" },
    { 16, "ENCR_AES_CCM_16" },
    { 18, "ENCR_AES_GCM_8" },
    { 19, "ENCR_AES_GCM_12" },
    { 20, "ENCR_AES_GCM_16" },
    { ENCR_NULL_AUTH_AES_GMAC, "ENCR_NULL_AUTH_AES_GMAC" },
    { ENCR_CAMELLIA_CBC, "ENCR_CAMELLIA_CBC" },
    { 24, "ENCR_CAMELLIA_CTR" },
    { 25, "ENCR_CAMELLIA_CCM_8" },
    { 26, "ENCR_CAMELLIA_CCM_12" },
    { 27, "ENCR_CAMELLIA_CCM_16" },
    { ENCR_CHACHA20_POLY1305, "ENCR_CHACHA20_POLY1305" },
    { 29, "ENCR_AES_CCM_8_IIV" },
    { 30, "ENCR_AES_GCM_16_IIV" },
    { 31, "ENCR_CHACHA20_POLY1305_IIV" },
    { 32, "ENCR_KUZNYECHIK_MGM_KTREE" },
    { 33, "ENCR_MAGMA_MGM_KTREE" },
    { ENCR_KUZNYECHIK_MGM_MAC_KTREE, "ENCR_KUZNYECHIK_MGM_MAC_KTREE" },
    { ENCR_MAGMA_MGM_MAC_KTREE, "ENCR_MAGMA_MGM_MAC_KTREE" },
    { 0, NULL },
};

/* RFC 7296 3.3.2, 4434, 4868, 4615, 9385. */
static const struct name prf[] = {
    { 1, "PRF_HMAC_MD5" },          { 2, "PRF_HMAC_SHA1" },
    { 3, "PRF_HMAC_TIGER" },        { 4, "PRF_AES128_XCBC" },
    { 5, "PRF_HMAC_SHA2_256" },     { 6, "PRF_HMAC_SHA2_384" },
    { 7, "PRF_HMAC_SHA2_512" },     { 8, "PRF_AES128_CMAC" },
    { 9, "PRF_HMAC_STREEBOG_512" }, { 0, NULL },
};

static const struct name integrity[] = {
    { 1, "AUTH_HMAC_MD5_96" },
    { 2, "AUTH_HMAC_SHA1_96" },
    { 3, "AUTH_DES_MAC" },
    { 4, "AUTH_KPDK_MD5" },
    { 5, "AUTH_AES_XCBC_96" },
    { 6, "AUTH_HMAC_MD5_128" },
    { 7, "AUTH_HMAC_SHA1_160" },
    { 8, "AUTH_AES_CMAC_96" },
    { 9, "AUTH_AES_128_GMAC" },
    { 10, "AUTH_AES_192_GMAC" },
    { 11, "AUTH_AES_256_GMAC" },
    { 12, "AUTH_HMAC_SHA2_256_128" },
    { 13, "AUTH_HMAC_SHA2_384_192" },
    { 14, "AUTH_HMAC_SHA2_512_256" },
    { 0, NULL },
};

/* The registry describes groups in sentences; these are the words that implementations use. 3 and 4
 * are of RFC 2409 6.3 and 6.4, and reserved since; 33 and 34 of RFC 9385; 35 to 37 of
 * draft-ietf-ipsecme-ikev2-mlkem. 6 to 13 had two drafts, and no RFC. */
static const struct name groups[] = {
    { 1, "modp768" },
    { 2, "modp1024" },
    { 3, "ec2n155" },
    { 4, "ec2n185" },
    { 5, "modp1536" },
    { 14, "modp2048" },
    { 15, "modp3072" },
    { 16, "modp4096" },
    { 17, "modp6144" },
    { 18, "modp8192" },
    { 19, "ecp256" },
    { 20, "ecp384" },
    { 21, "ecp521" },
    { 22, "modp1024_160" },
    { 23, "modp2048_224" },
    { 24, "modp2048_256" },
    { 25, "ecp192" },
    { 26, "ecp224" },
    { 27, "brainpoolP224r1" },
    { 28, "brainpoolP256r1" },
    { 29, "brainpoolP384r1" },
    { 30, "brainpoolP512r1" },
    { 31, "curve25519" },
    { 32, "curve448" },
    { 33, "gost3410_2012_256" },
    { 34, "gost3410_2012_512" },
    { 35, "mlkem512" },
    { 36, "mlkem768" },
    { 37, "mlkem1024" },
    { 0, NULL },
};

/* RFC 2408 3.1, RFC 2409 5. */
static const struct name exchanges1[] = {
    { 1, "base" },       { 2, "main" },       { 3, "authentication_only" },
    { 4, "aggressive" }, { 5, "info" },       { 6, "transaction" },
    { 32, "quick" },     { 33, "new_group" }, { 0, NULL },
};

/* RFC 7296 3.1, RFC 5723, RFC 9838, RFC 9242, RFC 9370. */
static const struct name exchanges2[] = {
    { 34, "ike_sa_init" },      { 35, "ike_auth" },           { 36, "create_child_sa" },
    { 37, "informational" },    { 38, "ike_session_resume" }, { 39, "gsa_auth" },
    { 40, "gsa_registration" }, { 41, "gsa_rekey" },          { 42, "gsa_inband_rekey" },
    { 43, "ike_intermediate" }, { 44, "ike_followup_ke" },    { 0, NULL },
};

/* RFC 2408 3.14.1, RFC 2407 4.6.3, RFC 3706 6. */
static const struct name notifies1[] = {
    { 1, "invalid_payload_type" },
    { 2, "doi_not_supported" },
    { 3, "situation_not_supported" },
    { 4, "invalid_cookie" },
    { 5, "invalid_major_version" },
    { 6, "invalid_minor_version" },
    { 7, "invalid_exchange_type" },
    { 8, "invalid_flags" },
    { 9, "invalid_message_id" },
    { 10, "invalid_protocol_id" },
    { 11, "invalid_spi" },
    { 12, "invalid_transform_id" },
    { 13, "attributes_not_supported" },
    { 14, "no_proposal_chosen" },
    { 15, "bad_proposal_syntax" },
    { 16, "payload_malformed" },
    { 17, "invalid_key" },
    { 18, "invalid_id" },
    { 19, "invalid_cert_encoding" },
    { 20, "invalid_certificate" },
    { 21, "cert_type_unsupported" },
    { 22, "invalid_cert_authority" },
    { 23, "invalid_hash" },
    { 24, "authentication_failed" },
    { 25, "invalid_signature" },
    { 26, "address_notification" },
    { 27, "notify_sa_lifetime" },
    { 28, "certificate_unavailable" },
    { 29, "unsupported_exchange_type" },
    { 30, "unequal_payload_lengths" },
    { 16384, "connected" },
    { 24576, "responder_lifetime" },
    { 24577, "replay_status" },
    { 24578, "initial_contact" },
    { 36136, "r_u_there" },
    { 36137, "r_u_there_ack" },
    { 0, NULL },
};

/* RFC 7296 3.10.1; 40 to 42 and 16396 to 16402 of RFC 4555 and 5026; then by number RFC 4478, 4739,
 * 5685, 5723, 5739, 5840, 5857, 5998, 6023, 6290, 6311, 6467, 6631, 6867, TS 24.303, RFC 7383,
 * 7427, 7791, 8019, 8784, 9242, 8983, 9370, 9347, 9593, 9611. */
static const struct name notifies2[] = {
    { 1, "unsupported_critical_payload" },
    { 4, "invalid_ike_spi" },
    { 5, "invalid_major_version" },
    { 7, "invalid_syntax" },
    { 9, "invalid_message_id" },
    { 11, "invalid_spi" },
    { 14, "no_proposal_chosen" },
    { 17, "invalid_ke_payload" },
    { 24, "authentication_failed" },
    { 34, "single_pair_required" },
    { 35, "no_additional_sas" },
    { 36, "internal_address_failure" },
    { 37, "failed_cp_required" },
    { 38, "ts_unacceptable" },
    { 39, "invalid_selectors" },
    { 40, "unacceptable_addresses" },
    { 41, "unexpected_nat_detected" },
    { 42, "use_assigned_hoa" },
    { 43, "temporary_failure" },
    { 44, "child_sa_not_found" },
    { 16384, "initial_contact" },
    { 16385, "set_window_size" },
    { 16386, "additional_ts_possible" },
    { 16387, "ipcomp_supported" },
    { 16388, "nat_detection_source_ip" },
    { 16389, "nat_detection_destination_ip" },
    { 16390, "cookie" },
    { 16391, "use_transport_mode" },
    { 16392, "http_cert_lookup_supported" },
    { 16393, "rekey_sa" },
    { 16394, "esp_tfc_padding_not_supported" },
    { 16395, "non_first_fragments_also" },
    { 16396, "mobike_supported" },
    { 16397, "additional_ip4_address" },
    { 16398, "additional_ip6_address" },
    { 16399, "no_additional_addresses" },
    { 16400, "update_sa_addresses" },
    { 16401, "cookie2" },
    { 16402, "no_nats_allowed" },
    { 16403, "auth_lifetime" },
    { 16404, "multiple_auth_supported" },
    { 16405, "another_auth_follows" },
    { 16406, "redirect_supported" },
    { 16407, "redirect" },
    { 16408, "redirected_from" },
    { 16409, "ticket_lt_opaque" },
    { 16410, "ticket_request" },
    { 16411, "ticket_ack" },
    { 16412, "ticket_nack" },
    { 16413, "ticket_opaque" },
    { 16414, "link_id" },
    { 16415, "use_wesp_mode" },
    { 16416, "rohc_supported" },
    { 16417, "eap_only_authentication" },
    { 16418, "childless_ikev2_supported" },
    { 16419, "quick_crash_detection" },
    { 16420, "ikev2_message_id_sync_supported" },
    { 16421, "ipsec_replay_counter_sync_supported" },
    { 16422, "ikev2_message_id_sync" },
    { 16423, "ipsec_replay_counter_sync" },
    { 16424, "secure_password_methods" },
    { 16425, "psk_persist" },
    { 16426, "psk_confirm" },
    { 16427, "erx_supported" },
    { 16428, "ifom_capability" },
    { 16430, "ikev2_fragmentation_supported" },
    { 16431, "signature_hash_algorithms" },
    { 16432, "clone_ike_sa_supported" },
    { 16433, "clone_ike_sa" },
    { 16434, "puzzle" },
    { 16435, "use_ppk" },
    { 16436, "ppk_identity" },
    { 16437, "no_ppk_auth" },
    { 16438, "intermediate_exchange_supported" },
    { 16439, "ip4_allowed" },
    { 16440, "ip6_allowed" },
    { 16441, "additional_key_exchange" },
    { 16442, "use_aggfrag" },
    { 16443, "supported_auth_methods" },
    { 16444, "sa_resource_info" },
    { 0, NULL },
};

/* RFC 2409 appendix A, RFC 4754, draft-ietf-ipsec-isakmp-hybrid-auth-05 3.2.1,
 * draft-ietf-ipsec-isakmp-xauth-06 7.2. */
static const struct name authentications[] = {
    { 1, "psk" },
    { 2, "dss_signature" },
    { 3, "rsa_signature" },
    { 4, "rsa_encryption" },
    { 5, "revised_rsa_encryption" },
    { 9, "ecdsa_sha256_p256" },
    { 10, "ecdsa_sha384_p384" },
    { 11, "ecdsa_sha512_p521" },
    { 64221, "hybrid_rsa_initiator" },
    { 64222, "hybrid_rsa_responder" },
    { 64223, "hybrid_dss_initiator" },
    { 64224, "hybrid_dss_responder" },
    { 65001, "xauth_psk_initiator" },
    { 65002, "xauth_psk_responder" },
    { 65003, "xauth_dss_initiator" },
    { 65004, "xauth_dss_responder" },
    { 65005, "xauth_rsa_initiator" },
    { 65006, "xauth_rsa_responder" },
    { 65007, "xauth_rsa_encryption_initiator" },
    { 65008, "xauth_rsa_encryption_responder" },
    { 65009, "xauth_revised_rsa_initiator" },
    { 65010, "xauth_revised_rsa_responder" },
    { 0, NULL },
};

static const char *find(const struct name *names, uint32_t code, char *buffer)
{
    for (; names->text != NULL; names++) {
        if (names->code == code) {
            return names->text;
        }
    }
    (void)snprintf(buffer, IKE_NAME_SIZE, "0x%04x", (unsigned)(code & 0xffff));
    return buffer;
}

const char *ike_names_transform(uint8_t type, uint16_t id, char *buffer)
{
    switch (type) {
    case IKE_TYPE_ENCRYPTION:
        return find(encryption, id, buffer);
    case IKE_TYPE_PRF:
        return find(prf, id, buffer);
    case IKE_TYPE_INTEGRITY:
        return find(integrity, id, buffer);
    default:
        return find(groups, id, buffer);
    }
}

const char *ike_names_exchange(uint8_t version, uint8_t code, char *buffer)
{
    return find(version == 1 ? exchanges1 : exchanges2, code, buffer);
}

const char *ike_names_notify(uint8_t version, uint16_t code, char *buffer)
{
    return find(version == 1 ? notifies1 : notifies2, code, buffer);
}

const char *ike_names_authentication(uint16_t code, char *buffer)
{
    return find(authentications, code, buffer);
}

/* RFC 2409 appendix A: DES, IDEA, Blowfish, RC5, 3DES, CAST, then AES (RFC 3602), Camellia
 * (RFC 4312). */
uint16_t ike_names_old_encryption(uint16_t code)
{
    static const uint16_t as[] = { 0,         ENCR_DES,  ENCR_IDEA,    ENCR_BLOWFISH,    ENCR_RC5,
                                   ENCR_3DES, ENCR_CAST, ENCR_AES_CBC, ENCR_CAMELLIA_CBC };
    return code < sizeof as / sizeof as[0] ? as[code] : 0;
}

/* RFC 2409 appendix A: MD5, SHA, Tiger, then SHA2-256, -384, -512. */
uint16_t ike_names_old_prf(uint16_t code)
{
    static const uint16_t as[] = { 0, 1, 2, 3, 5, 6, 7 };
    return code < sizeof as / sizeof as[0] ? as[code] : 0;
}
