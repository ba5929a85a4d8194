/* analyzers/tls_flight.h: what sizes of records tell of the certificate of a TLS 1.3 client.
 *
 * TLS 1.3 hides CertificateRequest and the client's Certificate, but not how long the first records
 * of the client are, and the one that follows ServerHello starts with Certificate or is Finished.
 */
#ifndef OVERT_ANALYZERS_TLS_FLIGHT_H
#define OVERT_ANALYZERS_TLS_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TLS_FLIGHT_RECORDS = 24,    /* records of the client that are looked at */
    TLS_FLIGHT_LATER = 4,       /* records after the flight that show whether sizes are padded */
    TLS_FLIGHT_TEXT_SIZE = 160, /* their sizes in words, the NUL included */
};

/* What the client did about a certificate, as far as sizes tell. */
enum tls_flight_word {
    TLS_FLIGHT_OPEN,    /* more records may tell */
    TLS_FLIGHT_UNCLEAR, /* no record will */
    TLS_FLIGHT_NONE,    /* Finished came first: the server did not ask */
    TLS_FLIGHT_EMPTY,   /* the Certificate was empty */
    TLS_FLIGHT_SHOWN,   /* a certificate, and the server went on */
    TLS_FLIGHT_REFUSED, /* a certificate, and the server said no more than an alert */
};

/* Zeroed = nothing seen. */
struct tls_flight {
    uint16_t sizes[TLS_FLIGHT_RECORDS]; /* of the client's records under keys since ServerHello */
    uint8_t count;                      /* of sizes */
    uint8_t later_count;
    uint16_t later[TLS_FLIGHT_LATER]; /* DTLS: of the client's first records after the flight */
    bool early;        /* records of the client came before ServerHello: early data, or disorder */
    bool client_ended; /* the client was the first to send what is as long as an alert */
    bool went_on;      /* the server answered the flight by more than an alert */
    bool alerted;      /* the server answered it by what is as long as an alert */
};

/* A record under keys after the ServerHello that chose `cipher`; size: bytes of its body. */
void tls_flight_record(struct tls_flight *f, uint16_t cipher, bool client, uint32_t size);
/* The same of DTLS 1.3, where the header tells the two low bits of the epoch (RFC 9147 4). */
void tls_flight_datagram(struct tls_flight *f, bool client, uint8_t epoch, uint32_t size);
/* end: no more records will come. */
enum tls_flight_word tls_flight_judge(const struct tls_flight *f, uint16_t cipher, bool end);
/* The same of DTLS 1.3: datagrams get lost unseen, so that only a certificate shown is told. */
enum tls_flight_word tls_flight_judge_datagrams(const struct tls_flight *f, uint16_t cipher,
                                                bool end);
/* "1774 281 69": the records that the word rests on. */
const char *tls_flight_text(const struct tls_flight *f, uint16_t cipher,
                            char buffer[static TLS_FLIGHT_TEXT_SIZE]);

#endif
