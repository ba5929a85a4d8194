/* analyzers/crypto/public_key.h: the public key of a certificate, made once and cheaply. */
#ifndef OVERT_ANALYZERS_CRYPTO_PUBLIC_KEY_H
#define OVERT_ANALYZERS_CRYPTO_PUBLIC_KEY_H

#include <stdbool.h>

struct x509_st;
struct X509_pubkey_st;
struct evp_pkey_st;

struct public_keys; /* what is needed to make keys; constant, for any number of threads */

/* NULL without memory. */
struct public_keys *public_keys_new(void);
void public_keys_free(struct public_keys *keys);

/* An X509 whose d2i_X509 leaves the key as bytes: OpenSSL 3 tries every decoder on it at once,
 * which costs ten times what the rest does. X509_get0_pubkey gives NULL. Caller owns it; NULL
 * without memory. */
struct x509_st *public_keys_x509(const struct public_keys *keys);
/* The key of such a certificate: caller owns it. NULL when it is of no kind that OpenSSL knows, is
 * none, or without memory. *ret_cheap: may it be tried on signatures? Strangers choose keys: huge
 * ones take milliseconds (OpenSSL itself bounds elliptic curves). */
struct evp_pkey_st *public_keys_make(const struct public_keys *keys,
                                     const struct X509_pubkey_st *from, bool *ret_cheap);

#endif
