/* tests/unit/test_strength_profiles.c: the built-in strength profiles value by value, as their
 * documents say it, and what must hold of all of them. */
#include "analyzers/tls_names.h"
#include "analyzers/tls_suites.h"
#include "rules/strength_read.h"
#include "tests/unit/judge_case.h"

/* Words, each a value: NAME, NAME:BITS or, for a suite with encrypt-then-MAC, NAME/etm. */
struct document {
    const char *profile;
    enum strength_kind kind;
    const char *good, *acceptable, *weak, *forbidden, *unknown;
};

static const struct document documents[] = {
    /* rfc9325: RFC 9325 3.1, RFC 8996 */
    { "rfc9325", STRENGTH_VERSION, .good = "TLSv1.2 TLSv1.3 DTLSv1.2 DTLSv1.3",
      .forbidden = "TLSv1.1 TLSv1.0 DTLSv1.0 SSLv3", .unknown = "0x0305" },
    /* rfc9325: RFC 9325 4.1 and 4.2, RFC 8446 9.1, RFC 10015 */
    { "rfc9325", STRENGTH_SUITE,
      .good = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 "
              "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 "
              "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 "
              "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256 "
              "TLS_CHACHA20_POLY1305_SHA256",
      .acceptable = "TLS_AES_128_CCM_8_SHA256 "
                    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256/etm",
      .weak = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 "
              "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256 "
              "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
      .forbidden = "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 "
                   "TLS_RSA_WITH_AES_256_GCM_SHA384 "
                   "TLS_DH_RSA_WITH_AES_128_GCM_SHA256 "
                   "TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_RSA_EXPORT_WITH_RC4_40_MD5 "
                   "TLS_RSA_WITH_NULL_SHA256 TLS_ECDH_anon_WITH_AES_128_CBC_SHA "
                   "TLS_SHA256_SHA256 SSL_CK_DES_192_EDE3_CBC_WITH_MD5",
      .unknown = "TLS_SM4_GCM_SM3 0x1a2b" },
    /* rfc9325: RFC 9325 4.2.1 and 4.5, RFC 8422 5.1.1, RFC 10024 */
    { "rfc9325", STRENGTH_GROUP, .good = "secp256r1 x25519 X25519MLKEM768 ffdhe3072",
      .acceptable = "DHE:2048", .weak = "sect283k1 secp224r1",
      .forbidden = "DHE:2047 secp192r1 sect163k1", .unknown = "DHE:0 curveSM2" },
    /* rfc9325: RFC 8446 4.2.3, RFC 9155 */
    { "rfc9325", STRENGTH_SIGNATURE, .good = "ecdsa_secp256r1_sha256 rsa_pkcs1_sha256 ed25519",
      .forbidden = "ecdsa_sha1 rsa_pkcs1_md5 rsa_pkcs1_sha224 dsa_sha256",
      .unknown = "sm2sig_sm3" },
    /* rfc9325: RFC 9325 4.5 */
    { "rfc9325", STRENGTH_KEY, .good = "RSA:2048 EC/P-256:256",
      .weak = "EC/secp224r1:224 EC/secp256k1:256",
      .forbidden = "RSA:2047 EC/secp192r1:192 DSA:2048", .unknown = "RSA:0 EC:256" },
    { "rfc9325", STRENGTH_CERTIFICATE_SIGNATURE, .good = "sha256WithRSAEncryption rsassaPss-SHA256",
      .forbidden = "rsassaPss-SHA1 sha1WithRSAEncryption md5WithRSAEncryption "
                   "ecdsa-with-SHA1",
      .unknown = "rsassaPss-unknown 1.2.3.4" },
    /* rfc9325: RFC 7714, RFC 3711 5, 7.5 and 4.1.3 */
    { "rfc9325", STRENGTH_SRTP, .good = "AEAD_AES_256_GCM AES_CM_128_HMAC_SHA1_80",
      .acceptable = "SRTP_AES128_CM_HMAC_SHA1_32", .forbidden = "NULL_HMAC_SHA1_80",
      .unknown = "AES_CM_4_HMAC_SHA1_80 ROT13" },
    /* rfc9325: RFC 8247 2, RFC 9395 5 */
    { "rfc9325", STRENGTH_IKE_ENCRYPTION,
      .good = "ENCR_AES_CBC:128 ENCR_AES_GCM_16:256 ENCR_CHACHA20_POLY1305",
      .weak = "ENCR_3DES ENCR_BLOWFISH:128",
      .forbidden = "ENCR_DES ENCR_NULL ENCR_NULL_AUTH_AES_GMAC:128",
      .unknown = "ENCR_AES_CBC:0 ENCR_AES_GCM_16_IIV:256 ENCR_AES_CCM_8_IIV:256 0x0021" },
    { "rfc9325", STRENGTH_IKE_PRF, .good = "PRF_HMAC_SHA2_256", .acceptable = "PRF_HMAC_SHA1",
      .weak = "PRF_HMAC_TIGER", .forbidden = "PRF_HMAC_MD5" },
    { "rfc9325", STRENGTH_IKE_INTEGRITY, .good = "AUTH_HMAC_SHA2_512_256",
      .acceptable = "AUTH_HMAC_SHA1_96", .weak = "AUTH_HMAC_MD5_128",
      .forbidden = "AUTH_HMAC_MD5_96 AUTH_DES_MAC" },
    { "rfc9325", STRENGTH_IKE_GROUP, .good = "ecp256 curve25519", .acceptable = "modp2048",
      .weak = "modp1536 modp1024 modp2048_224", .forbidden = "modp768 modp1024_160",
      .unknown = "0x0021" },
    { "rfc9325", STRENGTH_VPN, .weak = "block64", .forbidden = "null" },
    /* rfc9325: RFC 9142 4, RFC 8332, RFC 8758, RFC 4253 6 */
    { "rfc9325", STRENGTH_SSH_KEX,
      .good = "curve25519-sha256 ecdh-sha2-nistp521 "
              "diffie-hellman-group14-sha256",
      .acceptable = "diffie-hellman-group15-sha512 "
                    "diffie-hellman-group-exchange-sha256",
      .weak = "diffie-hellman-group14-sha1 diffie-hellman-group1-sha1 "
              "diffie-hellman-group-exchange-sha1",
      .forbidden = "rsa1024-sha1", .unknown = "curve25519-sha256@example.org" },
    { "rfc9325", STRENGTH_SSH_HOST_KEY, .good = "rsa-sha2-256 ssh-ed25519",
      .weak = "ssh-rsa ssh-dss", .unknown = "my-ecdsa-sha2-nistp256" },
    { "rfc9325", STRENGTH_SSH_CIPHER, .good = "aes256-gcm@openssh.com aes128-ctr",
      .acceptable = "aes128-cbc", .weak = "3des-cbc", .forbidden = "arcfour256 none",
      .unknown = "aes128-gcm@example.org" },
    { "rfc9325", STRENGTH_SSH_MAC, .good = "hmac-sha2-256", .acceptable = "hmac-sha1",
      .weak = "hmac-md5", .forbidden = "none" },
    /* rfc9325: [MS-RDPBCGR] 5.3.2, RFC 7465 */
    { "rfc9325", STRENGTH_RDP, .weak = "fips", .forbidden = "40bit 128bit none",
      .unknown = "0x20" },
    /* nist-800-52r2: 3.1 */
    { "nist-800-52r2", STRENGTH_VERSION, .good = "TLSv1.3 TLSv1.2", .weak = "TLSv1.1",
      .forbidden = "TLSv1.0 SSLv3", .unknown = "0x0305" },
    /* nist-800-52r2: 3.3.1, 3.4.2, 4.4.2 */
    { "nist-800-52r2", STRENGTH_SUITE,
      .good = "TLS_AES_128_CCM_8_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 "
              "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
      .acceptable = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA/etm "
                    "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384 "
                    "TLS_DH_DSS_WITH_AES_128_GCM_SHA256",
      .weak = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
      .forbidden = "TLS_RSA_WITH_AES_128_GCM_SHA256 "
                   "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA "
                   "TLS_CHACHA20_POLY1305_SHA256 "
                   "TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256 TLS_SM4_GCM_SM3",
      .unknown = "0x1a2b" },
    { "nist-800-52r2", STRENGTH_GROUP, .good = "secp256r1 secp521r1 ffdhe2048",
      .forbidden = "x25519 brainpoolP256r1 DHE:1024 sect163k1", .unknown = "0x9999" },
    { "nist-800-52r2", STRENGTH_SIGNATURE, .good = "ecdsa_secp256r1_sha256", .weak = "dsa_sha256",
      .forbidden = "rsa_pkcs1_sha1", .unknown = "0x9999" },
    /* nist-800-52r2: 3.2.1 */
    { "nist-800-52r2", STRENGTH_KEY, .good = "RSA:2048 EC/P-256:256", .acceptable = "EC/P-521:521",
      .forbidden = "RSA:1024 EC/secp192r1:192" },
    { "nist-800-52r2", STRENGTH_CERTIFICATE_SIGNATURE, .good = "ecdsa-with-SHA224",
      .forbidden = "rsassaPss-SHA1 md5WithRSAEncryption" },
    { "nist-800-52r2", STRENGTH_SRTP, .good = "AEAD_AES_128_GCM", .weak = "SEED_128_GCM_96",
      .forbidden = "SRTP_NULL_HMAC_SHA1_32", .unknown = "ROT13" },
    { "nist-800-52r2", STRENGTH_IKE_ENCRYPTION, .good = "ENCR_AES_CBC:256",
      .forbidden = "ENCR_3DES", .unknown = "ENCR_AES_CBC:0" },
    { "nist-800-52r2", STRENGTH_IKE_GROUP, .good = "ecp384", .forbidden = "modp1024" },
    { "nist-800-52r2", STRENGTH_IKE_PRF, .forbidden = "PRF_HMAC_MD5" },
    { "nist-800-52r2", STRENGTH_IKE_INTEGRITY, .forbidden = "AUTH_HMAC_MD5_96" },
    { "nist-800-52r2", STRENGTH_SSH_KEX, .good = "ecdh-sha2-nistp256",
      .forbidden = "diffie-hellman-group1-sha1" },
    { "nist-800-52r2", STRENGTH_SSH_HOST_KEY, .forbidden = "ssh-rsa" },
    { "nist-800-52r2", STRENGTH_SSH_CIPHER, .forbidden = "3des-cbc" },
    { "nist-800-52r2", STRENGTH_SSH_MAC, .good = "hmac-sha2-512" },
    { "nist-800-52r2", STRENGTH_RDP, .forbidden = "128bit fips" },
    /* bsi-tr-02102-2: 3.2 */
    { "bsi-tr-02102-2", STRENGTH_VERSION, .good = "TLSv1.2 TLSv1.3",
      .weak = "TLSv1.1 TLSv1.0 SSLv3", .unknown = "0x0305" },
    /* bsi-tr-02102-2: 3.3.1, 3.4.4 */
    { "bsi-tr-02102-2", STRENGTH_SUITE,
      .good = "TLS_AES_128_CCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 "
              "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256 "
              "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256/etm",
      .weak = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 "
              "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA "
              "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA/etm "
              "TLS_RSA_WITH_AES_128_GCM_SHA256 "
              "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
      .forbidden = "TLS_ECDHE_RSA_WITH_RC4_128_SHA", .unknown = "TLS_CHACHA20_POLY1305_SHA256" },
    /* bsi-tr-02102-2: 3.3.3, 3.6 */
    { "bsi-tr-02102-2", STRENGTH_GROUP, .good = "secp256r1 brainpoolP256r1tls13 ffdhe3072",
      .acceptable = "DHE:3000", .weak = "ffdhe2048 DHE:2048", .forbidden = "secp192r1",
      .unknown = "x25519" },
    { "bsi-tr-02102-2", STRENGTH_SIGNATURE, .good = "rsa_pss_rsae_sha256 ecdsa_secp384r1_sha384",
      .forbidden = "ecdsa_sha1", .unknown = "ed25519" },
    { "bsi-tr-02102-2", STRENGTH_KEY, .good = "RSA:3000 EC/brainpoolP256r1:256", .weak = "RSA:2048",
      .forbidden = "RSA:1024 EC/secp224r1:224" },
    { "bsi-tr-02102-2", STRENGTH_CERTIFICATE_SIGNATURE,
      .good = "ecdsa-with-SHA256 rsassaPss-SHA256", .forbidden = "sha1WithRSAEncryption" },
    { "bsi-tr-02102-2", STRENGTH_SRTP, .good = "AEAD_AES_128_GCM",
      .weak = "AES_CM_128_HMAC_SHA1_32", .forbidden = "NULL_HMAC_SHA1_80", .unknown = "ROT13" },
    /* bsi-tr-02102-2: TR-02102-3 3.2 */
    { "bsi-tr-02102-2", STRENGTH_IKE_ENCRYPTION, .good = "ENCR_AES_GCM_16:128",
      .weak = "ENCR_AES_GCM_8:128", .forbidden = "ENCR_3DES" },
    { "bsi-tr-02102-2", STRENGTH_IKE_PRF, .good = "PRF_AES128_CMAC", .forbidden = "PRF_HMAC_MD5" },
    { "bsi-tr-02102-2", STRENGTH_IKE_INTEGRITY, .forbidden = "AUTH_HMAC_MD5_96" },
    { "bsi-tr-02102-2", STRENGTH_IKE_GROUP, .weak = "modp2048", .forbidden = "modp1024" },
    /* bsi-tr-02102-2: TR-02102-4 */
    { "bsi-tr-02102-2", STRENGTH_SSH_KEX, .good = "ecdh-sha2-nistp256",
      .weak = "diffie-hellman-group14-sha256", .forbidden = "diffie-hellman-group14-sha1",
      .unknown = "curve25519-sha256" },
    { "bsi-tr-02102-2", STRENGTH_SSH_HOST_KEY, .good = "ecdsa-sha2-nistp256",
      .forbidden = "ssh-rsa" },
    { "bsi-tr-02102-2", STRENGTH_SSH_CIPHER, .good = "aes128-ctr", .forbidden = "arcfour" },
    { "bsi-tr-02102-2", STRENGTH_SSH_MAC, .forbidden = "hmac-md5" },
    { "bsi-tr-02102-2", STRENGTH_RDP, .forbidden = "128bit" },
    /* pci-dss-4: appendix A2, glossary: AES 128, TDES, RSA 2048, ECC 224, DSA and D-H 2048 */
    { "pci-dss-4", STRENGTH_VERSION, .good = "TLSv1.2", .forbidden = "TLSv1.0 SSLv3",
      .unknown = "0x0305" },
    { "pci-dss-4", STRENGTH_SUITE, .good = "TLS_CHACHA20_POLY1305_SHA256",
      .acceptable = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
      .weak = "TLS_RSA_WITH_AES_128_GCM_SHA256 "
              "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
      .forbidden = "TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_DES_CBC_SHA "
                   "TLS_SHA384_SHA384",
      .unknown = "0x1234" },
    { "pci-dss-4", STRENGTH_GROUP, .good = "x25519", .acceptable = "secp224r1 DHE:2048",
      .forbidden = "secp192r1 DHE:2047" },
    { "pci-dss-4", STRENGTH_SIGNATURE, .good = "ed25519", .acceptable = "dsa_sha256",
      .forbidden = "rsa_pkcs1_md5" },
    { "pci-dss-4", STRENGTH_KEY, .good = "RSA:2048", .acceptable = "EC/secp224r1:224 DSA:2048",
      .forbidden = "RSA:2047 EC/secp192r1:192 DSA:1024" },
    { "pci-dss-4", STRENGTH_CERTIFICATE_SIGNATURE, .good = "sha256WithRSAEncryption",
      .forbidden = "sha1WithRSAEncryption" },
    { "pci-dss-4", STRENGTH_SRTP, .good = "AES_CM_128_HMAC_SHA1_80",
      .forbidden = "NULL_HMAC_SHA1_80", .unknown = "ROT13" },
    { "pci-dss-4", STRENGTH_IKE_ENCRYPTION, .good = "ENCR_AES_CBC:128", .weak = "ENCR_3DES",
      .forbidden = "ENCR_DES" },
    { "pci-dss-4", STRENGTH_IKE_GROUP, .acceptable = "modp2048", .forbidden = "modp1536" },
    { "pci-dss-4", STRENGTH_IKE_PRF, .good = "PRF_HMAC_SHA2_256" },
    { "pci-dss-4", STRENGTH_IKE_INTEGRITY, .good = "AUTH_HMAC_SHA2_256_128" },
    { "pci-dss-4", STRENGTH_SSH_KEX, .acceptable = "diffie-hellman-group14-sha256",
      .forbidden = "diffie-hellman-group1-sha1" },
    { "pci-dss-4", STRENGTH_SSH_HOST_KEY, .good = "rsa-sha2-256", .forbidden = "ssh-dss" },
    { "pci-dss-4", STRENGTH_SSH_CIPHER, .good = "aes128-ctr", .weak = "3des-cbc",
      .forbidden = "arcfour" },
    { "pci-dss-4", STRENGTH_SSH_MAC, .good = "hmac-sha2-256" },
    { "pci-dss-4", STRENGTH_RDP, .weak = "fips", .forbidden = "128bit" },
    /* cnsa-1: RFC 9151 5, 6 and 7 */
    { "cnsa-1", STRENGTH_VERSION, .good = "TLSv1.2 DTLSv1.3", .forbidden = "TLSv1.1 DTLSv1.0",
      .unknown = "0x0305" },
    { "cnsa-1", STRENGTH_SUITE,
      .good = "TLS_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 "
              "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
      .acceptable = "TLS_RSA_WITH_AES_256_GCM_SHA384",
      .forbidden = "TLS_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 "
                   "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384 "
                   "TLS_CHACHA20_POLY1305_SHA256",
      .unknown = "0x1234" },
    { "cnsa-1", STRENGTH_GROUP, .good = "secp384r1 ffdhe4096", .weak = "ffdhe8192",
      .forbidden = "secp256r1 secp521r1 DHE:3072", .unknown = "0x9999" },
    { "cnsa-1", STRENGTH_SIGNATURE, .good = "ecdsa_secp384r1_sha384 rsa_pkcs1_sha384",
      .forbidden = "rsa_pss_rsae_sha256 ed25519" },
    /* cnsa-1: RFC 8603 4.1 */
    { "cnsa-1", STRENGTH_KEY, .good = "EC/P-384:384 RSA:3072 RSA:4096", .weak = "RSA:8192",
      .forbidden = "RSA:2048 EC/P-256:256" },
    { "cnsa-1", STRENGTH_CERTIFICATE_SIGNATURE, .good = "ecdsa-with-SHA384",
      .acceptable = "rsassaPss-SHA384", .forbidden = "rsassaPss-SHA256 sha256WithRSAEncryption" },
    { "cnsa-1", STRENGTH_SRTP, .good = "AEAD_AES_256_GCM",
      .forbidden = "AEAD_AES_128_GCM AES_CM_128_HMAC_SHA1_80", .unknown = "ROT13" },
    /* cnsa-1: RFC 9206 4, 5, 8 and 12 */
    { "cnsa-1", STRENGTH_IKE_ENCRYPTION, .good = "ENCR_AES_GCM_16:256",
      .acceptable = "ENCR_AES_CBC:256", .forbidden = "ENCR_AES_GCM_16:128 ENCR_CHACHA20_POLY1305",
      .unknown = "ENCR_AES_GCM_16:0" },
    { "cnsa-1", STRENGTH_IKE_PRF, .good = "PRF_HMAC_SHA2_384 PRF_HMAC_SHA2_512",
      .forbidden = "PRF_HMAC_SHA2_256" },
    { "cnsa-1", STRENGTH_IKE_INTEGRITY, .acceptable = "AUTH_HMAC_SHA2_384_192",
      .forbidden = "AUTH_HMAC_SHA1_96" },
    { "cnsa-1", STRENGTH_IKE_GROUP, .good = "ecp384 modp3072", .forbidden = "ecp256 modp2048" },
    { "cnsa-1", STRENGTH_VPN, .forbidden = "wireguard" },
    /* cnsa-1: RFC 9212 5 */
    { "cnsa-1", STRENGTH_SSH_KEX, .good = "ecdh-sha2-nistp384 diffie-hellman-group16-sha512",
      .forbidden = "diffie-hellman-group14-sha256 curve25519-sha256" },
    { "cnsa-1", STRENGTH_SSH_HOST_KEY, .good = "ecdsa-sha2-nistp384 rsa-sha2-512",
      .forbidden = "rsa-sha2-256" },
    { "cnsa-1", STRENGTH_SSH_CIPHER, .good = "aes256-gcm@openssh.com", .forbidden = "aes256-ctr" },
    { "cnsa-1", STRENGTH_SSH_MAC, .good = "AEAD_AES_256_GCM", .forbidden = "hmac-sha2-512" },
    { "cnsa-1", STRENGTH_RDP, .forbidden = "fips" },
    /* cnsa-2: the drafts of the NSA: ML-KEM-1024, ML-DSA-87, AES-256, SHA-384 or SHA-512 */
    { "cnsa-2", STRENGTH_VERSION, .good = "TLSv1.3 DTLSv1.3", .forbidden = "TLSv1.2",
      .unknown = "0x0305" },
    { "cnsa-2", STRENGTH_SUITE, .good = "TLS_AES_256_GCM_SHA384",
      .weak = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      .forbidden = "TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256", .unknown = "0x1234" },
    { "cnsa-2", STRENGTH_GROUP, .good = "MLKEM1024", .weak = "SecP384r1MLKEM1024 secp384r1",
      .forbidden = "MLKEM768 X25519MLKEM768 x25519", .unknown = "0x9999" },
    { "cnsa-2", STRENGTH_SIGNATURE, .good = "mldsa87", .weak = "ecdsa_secp384r1_sha384",
      .forbidden = "mldsa65 rsa_pss_rsae_sha256" },
    { "cnsa-2", STRENGTH_KEY, .good = "2.16.840.1.101.3.4.3.19:0", .weak = "EC/P-384:384",
      .forbidden = "2.16.840.1.101.3.4.3.18:0 EC/P-256:256 RSA:2048" },
    { "cnsa-2", STRENGTH_CERTIFICATE_SIGNATURE, .good = "2.16.840.1.101.3.4.3.19",
      .weak = "ecdsa-with-SHA384", .forbidden = "ecdsa-with-SHA256" },
    { "cnsa-2", STRENGTH_SRTP, .good = "SRTP_AEAD_AES_256_GCM",
      .forbidden = "SRTP_AES128_CM_HMAC_SHA1_80", .unknown = "ROT13" },
    { "cnsa-2", STRENGTH_IKE_ENCRYPTION, .good = "ENCR_AES_GCM_16:256",
      .forbidden = "ENCR_AES_GCM_16:128 ENCR_CHACHA20_POLY1305" },
    { "cnsa-2", STRENGTH_IKE_PRF, .good = "PRF_HMAC_SHA2_512", .forbidden = "PRF_HMAC_SHA2_256" },
    { "cnsa-2", STRENGTH_IKE_INTEGRITY, .acceptable = "AUTH_HMAC_SHA2_512_256",
      .forbidden = "AUTH_HMAC_SHA2_256_128" },
    { "cnsa-2", STRENGTH_IKE_GROUP, .good = "mlkem1024", .weak = "ecp384",
      .forbidden = "mlkem768 curve25519" },
    { "cnsa-2", STRENGTH_SSH_KEX, .weak = "ecdh-sha2-nistp384",
      .forbidden = "mlkem768x25519-sha256" },
    { "cnsa-2", STRENGTH_SSH_HOST_KEY, .forbidden = "ssh-ed25519" },
    { "cnsa-2", STRENGTH_SSH_CIPHER, .good = "aes256-gcm@openssh.com", .forbidden = "aes128-ctr" },
    { "cnsa-2", STRENGTH_SSH_MAC, .forbidden = "hmac-sha2-256" },
    { "cnsa-2", STRENGTH_RDP, .forbidden = "128bit" },
    { "fips-140-3", STRENGTH_VERSION, .good = "TLSv1.3 TLSv1.2", .forbidden = "SSLv3",
      .unknown = "0x0305" },
    { "fips-140-3", STRENGTH_SUITE,
      .good = "TLS_AES_128_CCM_8_SHA256 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
      .forbidden = "TLS_CHACHA20_POLY1305_SHA256 TLS_RSA_WITH_AES_128_GCM_SHA256 "
                   "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA "
                   "TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256",
      .unknown = "TLS_SRP_SHA_WITH_AES_128_CBC_SHA" },
    { "fips-140-3", STRENGTH_GROUP, .good = "secp224r1 secp521r1 ffdhe2048 MLKEM768",
      .acceptable = "X25519MLKEM768", .forbidden = "x25519 brainpoolP256r1 DHE:1024",
      .unknown = "DHE:2048" },
    { "fips-140-3", STRENGTH_SIGNATURE, .good = "ed448 rsa_pkcs1_sha224",
      .forbidden = "rsa_pkcs1_sha1 dsa_sha256" },
    { "fips-140-3", STRENGTH_KEY, .good = "RSA:2048 EC/P-256:256",
      .forbidden = "RSA:1024 EC/brainpoolP256r1:256 DSA:2048" },
    { "fips-140-3", STRENGTH_CERTIFICATE_SIGNATURE,
      .good = "rsassaPss-SHA224 sha256WithRSAEncryption", .forbidden = "rsassaPss-SHA1" },
    { "fips-140-3", STRENGTH_SRTP, .good = "AES_256_CM_HMAC_SHA1_80",
      .weak = "AES_CM_128_HMAC_SHA1_32",
      .forbidden = "SRTP_ARIA_128_CTR_HMAC_SHA1_80 NULL_HMAC_SHA1_80", .unknown = "0x1234" },
    { "fips-140-3", STRENGTH_IKE_ENCRYPTION, .good = "ENCR_AES_CBC:128",
      .forbidden = "ENCR_3DES ENCR_CHACHA20_POLY1305", .unknown = "ENCR_AES_CBC:0" },
    { "fips-140-3", STRENGTH_IKE_PRF, .good = "PRF_HMAC_SHA1", .forbidden = "PRF_HMAC_MD5" },
    { "fips-140-3", STRENGTH_IKE_INTEGRITY, .good = "AUTH_AES_CMAC_96",
      .forbidden = "AUTH_AES_XCBC_96" },
    { "fips-140-3", STRENGTH_IKE_GROUP, .good = "modp2048 ecp256",
      .forbidden = "modp1536 curve25519" },
    { "fips-140-3", STRENGTH_VPN, .forbidden = "wireguard" },
    { "fips-140-3", STRENGTH_SSH_KEX, .good = "ecdh-sha2-nistp256",
      .forbidden = "curve25519-sha256" },
    { "fips-140-3", STRENGTH_SSH_HOST_KEY, .good = "rsa-sha2-256", .forbidden = "ssh-rsa" },
    { "fips-140-3", STRENGTH_SSH_CIPHER, .good = "aes128-ctr",
      .forbidden = "chacha20-poly1305@openssh.com 3des-cbc" },
    { "fips-140-3", STRENGTH_SSH_MAC, .good = "hmac-sha2-256", .forbidden = "hmac-md5" },
    { "fips-140-3", STRENGTH_RDP, .forbidden = "128bit fips" },
    { "legacy-ocs", STRENGTH_VERSION, .good = "TLSv1.2", .weak = "TLSv1.0 TLSv1.1",
      .forbidden = "SSLv3 DTLSv1.0", .unknown = "0x0305" },
    { "legacy-ocs", STRENGTH_SUITE, .good = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      .weak = "TLS_RSA_WITH_AES_128_CBC_SHA",
      .forbidden = "TLS_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_NULL_SHA", .unknown = "0x1234" },
    { "legacy-ocs", STRENGTH_GROUP, .good = "secp256r1" },
    { "legacy-ocs", STRENGTH_SIGNATURE, .forbidden = "rsa_pkcs1_sha1" },
    { "legacy-ocs", STRENGTH_KEY, .forbidden = "RSA:1024" },
    { "legacy-ocs", STRENGTH_CERTIFICATE_SIGNATURE, .forbidden = "sha1WithRSAEncryption" },
    { "legacy-ocs", STRENGTH_SRTP, .good = "AES_CM_128_HMAC_SHA1_80",
      .forbidden = "NULL_HMAC_SHA1_80", .unknown = "ROT13" },
    { "legacy-ocs", STRENGTH_IKE_ENCRYPTION, .weak = "ENCR_3DES" },
    { "legacy-ocs", STRENGTH_SSH_KEX, .weak = "diffie-hellman-group1-sha1" },
    { "legacy-ocs", STRENGTH_RDP, .forbidden = "128bit" },
};

static struct policy *policy_with(const char *strength)
{
    char text[256];
    struct policy *policy = NULL;
    snprintf(text, sizeof text, "overt: 1\nextends: lync-2010\nstrength: %s\n", strength);
    if (policy_read_text("strength.yaml", text, strlen(text), stderr, &policy) != OV_OK) {
        exit(EXIT_FAILURE);
    }
    return policy;
}

static enum strength_grade grade_of(const struct policy *policy, enum strength_kind kind,
                                    const char *name, uint32_t bits, bool etm)
{
    struct strength_finding finding;
    struct strength_value value = { .kind = kind, .name = name, .bits = bits, .etm = etm };
    return strength_grade(policy_strength(policy), &value, &finding);
}

/* One word of a document; the name goes to `name`. */
static enum strength_grade grade_word(const struct policy *policy, enum strength_kind kind,
                                      char *name)
{
    char *bits = strchr(name, ':'), *etm = strstr(name, "/etm");
    uint32_t size = bits == NULL ? 0 : (uint32_t)strtoul(bits + 1, NULL, 10);
    if (bits != NULL) {
        *bits = '\0';
    }
    if (etm != NULL) {
        *etm = '\0';
    }
    return grade_of(policy, kind, name, size, etm != NULL);
}

static unsigned check_words(const struct policy *policy, const struct document *d,
                            const char *words, enum strength_grade want)
{
    unsigned count = 0;
    while (words != NULL && *words != '\0') {
        char name[96], *end = name;
        size_t size = strcspn(words, " ");
        snprintf(name, sizeof name, "%.*s", (int)size, words);
        enum strength_grade got = grade_word(policy, d->kind, end);
        if (got != want) {
            fprintf(stderr, "%s %s: %.*s is %s, want %s\n", d->profile, strength_kind_name(d->kind),
                    (int)size, words, strength_grade_name(got), strength_grade_name(want));
        }
        CHECK_EQ(got, want);
        words += size + strspn(words + size, " ");
        count++;
    }
    return count;
}

/* A name of strength_builtin_names, which is moved on; false at the end. */
static bool next_profile(const char **names, char *name, size_t room)
{
    size_t size = strcspn(*names, ",");
    snprintf(name, room, "%.*s", (int)size, *names);
    *names += size + ((*names)[size] == ',' ? 2 : 0);
    return size > 0;
}

static void every_profile_grades_as_its_documents_do(void)
{
    const char *names = strength_builtin_names;
    char name[32];
    while (next_profile(&names, name, sizeof name)) {
        struct policy *policy = policy_with(name);
        unsigned count = 0;
        for (unsigned i = 0; i < sizeof documents / sizeof *documents; i++) {
            const struct document *d = &documents[i];
            if (strcmp(d->profile, name) == 0) {
                count += check_words(policy, d, d->good, STRENGTH_GOOD);
                count += check_words(policy, d, d->acceptable, STRENGTH_ACCEPTABLE);
                count += check_words(policy, d, d->weak, STRENGTH_WEAK);
                count += check_words(policy, d, d->forbidden, STRENGTH_FORBIDDEN);
                count += check_words(policy, d, d->unknown, STRENGTH_UNKNOWN);
            }
        }
        CHECK(count >= 20);
        CHECK(strcmp(policy_strength(policy)->name, name) == 0);
        policy_free(policy);
    }
}

static void every_builtin_entry_has_a_source_and_every_profile_its_day(void)
{
    const char *names = strength_builtin_names;
    char name[32];
    while (next_profile(&names, name, sizeof name)) {
        struct policy *policy = policy_with(name);
        for (const struct strength_profile *p = policy_strength(policy); p != NULL; p = p->base) {
            CHECK(p->count > 0 && p->title[0] != '\0');
            CHECK(p->checked != NULL && strlen(p->checked) == 10);
            for (uint32_t i = 0; i < p->count; i++) {
                CHECK(p->entries[i].source[0] != '\0' && p->entries[i].names[0] != NULL);
            }
        }
        policy_free(policy);
    }
}

static bool has_any(const char *text, const char *const *words)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strstr(text, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* No wildcard lets through what is broken, whatever stands beside it in the name. */
static void no_profile_passes_a_broken_suite_that_iana_names(void)
{
    static const char *const broken[] = { "_NULL_",        "_anon_",        "_EXPORT", "_RC4_",
                                          "_RC2_",         "_DES_",         "_DES40_", "_MD5",
                                          "SHA256_SHA256", "SHA384_SHA384", NULL };
    static const char *const short_blocks[] = { "_3DES_", "_IDEA_", NULL };
    const char *names = strength_builtin_names;
    char profile[32], name[TLS_NAME_SIZE];
    while (next_profile(&names, profile, sizeof profile)) {
        struct policy *policy = policy_with(profile);
        unsigned known = 0;
        for (unsigned code = 0; code <= 2 * (UINT16_MAX + 1) - 1; code++) {
            bool etm = code > UINT16_MAX;
            const char *suite = tls_names_cipher((uint16_t)code, name);
            enum strength_grade grade = grade_of(policy, STRENGTH_SUITE, suite, 0, etm);
            known += strncmp(suite, "TLS_", 4) == 0;
            if (strncmp(suite, "0x", 2) == 0) {
                CHECK_EQ(grade, STRENGTH_UNKNOWN);
            } else if (has_any(suite, broken)) {
                CHECK_EQ(grade, STRENGTH_FORBIDDEN);
            } else if (has_any(suite, short_blocks)) {
                CHECK(grade == STRENGTH_WEAK || grade == STRENGTH_FORBIDDEN);
            }
        }
        CHECK(known > 600); /* more than 300 suites, each twice */
        policy_free(policy);
    }
}

static void code_points_without_a_name_are_unknown_to_every_profile(void)
{
    static const char *const strange[] = { "0x7777", "0x0000", "x", "" };
    const char *names = strength_builtin_names;
    char profile[32];
    while (next_profile(&names, profile, sizeof profile)) {
        struct policy *policy = policy_with(profile);
        for (unsigned kind = 0; kind < STRENGTH_KINDS; kind++) {
            for (unsigned i = 0; i < sizeof strange / sizeof *strange; i++) {
                CHECK_EQ(grade_of(policy, kind, strange[i], 0, false), STRENGTH_UNKNOWN);
                CHECK_EQ(grade_of(policy, kind, strange[i], 4096, true), STRENGTH_UNKNOWN);
            }
        }
        policy_free(policy);
    }
}

/* What is read off the wire as it stands: anybody may call his cipher as he likes. */
static bool is_free_text(enum strength_kind kind)
{
    return kind == STRENGTH_SRTP || kind == STRENGTH_SSH_KEX || kind == STRENGTH_SSH_HOST_KEY ||
           kind == STRENGTH_SSH_CIPHER || kind == STRENGTH_SSH_MAC || kind == STRENGTH_RDP;
}

/* RFC 8732: gss-KEX-HASH is followed by a digest of the mechanism, whatever it be. */
static bool passes_by_wildcard(const struct strength_entry *entry)
{
    for (unsigned i = 0; entry->names[i] != NULL && entry->grade < STRENGTH_WEAK; i++) {
        if (strchr(entry->names[i], '*') != NULL && strncmp(entry->names[i], "gss-", 4) != 0) {
            return true;
        }
    }
    return false;
}

static void names_that_peers_make_up_pass_by_no_wildcard(void)
{
    const char *names = strength_builtin_names;
    char profile[32];
    while (next_profile(&names, profile, sizeof profile)) {
        struct policy *policy = policy_with(profile);
        for (const struct strength_profile *p = policy_strength(policy); p != NULL; p = p->base) {
            for (uint32_t i = 0; i < p->count; i++) {
                CHECK(!is_free_text(p->entries[i].kind) || !passes_by_wildcard(&p->entries[i]));
            }
        }
        policy_free(policy);
    }
}

int main(void)
{
    every_profile_grades_as_its_documents_do();
    every_builtin_entry_has_a_source_and_every_profile_its_day();
    no_profile_passes_a_broken_suite_that_iana_names();
    code_points_without_a_name_are_unknown_to_every_profile();
    names_that_peers_make_up_pass_by_no_wildcard();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
