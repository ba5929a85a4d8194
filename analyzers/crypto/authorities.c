/* analyzers/crypto/authorities.c: a small table of printed names, by the hash of their DER. */
#include "analyzers/crypto/authorities.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

#include "analyzers/crypto/certificates_x509.h"
#include "base/keyed_hash.h"

enum { PLACES = 256, NAME_SIZE = 256 };

struct place {
    uint64_t hash; /* of the DER; 0 = empty */
    char name[NAME_SIZE];
};

struct authorities {
    pthread_mutex_t lock;
    struct hash_seed seed;
    struct place places[PLACES]; /* each hash has one place; the newest name takes it */
};

struct authorities *authorities_new(void)
{
    struct authorities *authorities = calloc(1, sizeof *authorities);
    if (authorities != NULL && pthread_mutex_init(&authorities->lock, NULL) != 0) {
        free(authorities);
        return NULL;
    }
    if (authorities != NULL) {
        authorities->seed = hash_seed_random();
    }
    return authorities;
}

void authorities_free(struct authorities *authorities)
{
    if (authorities != NULL) {
        pthread_mutex_destroy(&authorities->lock);
        free(authorities);
    }
}

/* false: not a name, or too long for a place. */
static bool print(const uint8_t *der, uint32_t size, struct place *place)
{
    const uint8_t *at = der;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)size);
    struct text text = text_into(place->name, sizeof place->name);
    bool good = name != NULL && at == der + size && certificates_x509_name(name, &text);
    X509_NAME_free(name);
    ERR_clear_error();
    return good;
}

bool authorities_name(struct authorities *authorities, struct bytes der, struct text *name)
{
    uint32_t size = bytes_left(&der);
    const uint8_t *at = bytes_skip(&der, size);
    if (at == NULL || size == 0) {
        return false;
    }
    uint64_t hash = keyed_hash(at, size, authorities->seed) | 1;
    pthread_mutex_lock(&authorities->lock);
    struct place *place = &authorities->places[(hash >> 1) % PLACES];
    bool good = place->hash == hash || print(at, size, place);
    place->hash = good ? hash : 0;
    if (good) {
        text_put(name, place->name);
    }
    pthread_mutex_unlock(&authorities->lock);
    return good && !name->cut;
}
