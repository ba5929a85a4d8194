/* tests/fuzz/fuzz_certificates.c: any bytes as a certificate, twice, and through the name check. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/certificates.h"
#include "analyzers/crypto/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct certificates *all;
    if (size > 70000 || (all == NULL && certificates_new(4, &all) != OV_OK)) {
        return 0;
    }
    uint8_t *heap = malloc(size > 0 ? size : 1); /* its own block: one byte past is a red zone */
    if (heap == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(heap, data, size);
    }
    struct bytes der = bytes_of(heap, (uint32_t)size, (uint32_t)size);
    const struct certificate *first = certificates_add(all, der);
    if (first == NULL || first != certificates_add(all, der) ||
        first != certificates_find(all, first->sha256) ||
        (first->error == NULL) != (first->subject != NULL)) {
        abort();
    }
    (void)trust_name_check(all, first->sha256, "fe01.contoso.com", NULL);
    free(heap);
    return 0;
}
