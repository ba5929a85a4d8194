/* analyzers/quic_hidden.c: Handshake packets under logged secrets, and the server's word that the
 * handshake is over. What packets after it carry is not read. */
#include "analyzers/quic_hidden.h"

#include "analyzers/quic_close.h"

enum { OPENS_MAX = 128 }; /* packets of a flow that are tried to be opened */

static void read_messages(struct quic_hidden *h, struct tls_handshake *hs,
                          const struct segment *seg, struct sink *sink)
{
    struct quic_crypto *crypto = h->crypto[seg->from];
    uint8_t type = 0;
    struct bytes body;
    enum quic_crypto_next next = quic_crypto_message(crypto, &type, &body);
    while (next == QUIC_CRYPTO_MESSAGE) {
        uint32_t size = QUIC_CRYPTO_HEADER + bytes_left(&body);
        tls_handshake_message(hs, seg, type, body, sink);
        quic_crypto_drop(crypto, size);
        next = quic_crypto_message(crypto, &type, &body);
    }
    if (next == QUIC_CRYPTO_OVERLONG) {
        tls_open_stop(hs, seg, "malformed", sink);
    }
}

static void read_frames(struct quic_hidden *h, struct tls_handshake *hs, const struct segment *seg,
                        struct bytes frames, enum quic_frames which, struct sink *sink)
{
    struct quic_frame frame = quic_packet_frame(&frames, which);
    for (; frame.type != QUIC_FRAME_NONE; frame = quic_packet_frame(&frames, which)) {
        if (frame.type == QUIC_FRAME_CLOSE) {
            quic_close_report(hs, seg, frame.error, &h->close_reported, sink);
        } else if (frame.type == QUIC_FRAME_DONE) {
            tls_handshake_hidden_data(hs, seg->from);
        } else if (which != QUIC_FRAMES_ALL && !quic_crypto_add(&h->crypto[seg->from], frame.offset,
                                                                frame.data, sink->budget)) {
            tls_open_stop(hs, seg, "no-memory", sink);
        }
    }
    if (!bytes_ok(&frames)) {
        tls_open_stop(hs, seg, "malformed", sink);
    }
}

static bool open_packet(struct quic_hidden *h, struct tls_handshake *hs, const struct segment *seg,
                        const struct tls_packet *packet, struct sink *sink,
                        struct bytes *ret_frames)
{
    if (!tls_open_may(hs, seg->from)) {
        return false;
    }
    if (h->opens++ == OPENS_MAX) {
        tls_open_stop(hs, seg, "too-many-packets", sink);
        return false;
    }
    return tls_open_packet(hs, seg, packet, sink, ret_frames);
}

void quic_hidden_handshake(struct quic_hidden *h, struct tls_handshake *hs,
                           const struct segment *seg, const struct quic_packet *packet,
                           struct sink *sink)
{
    struct tls_packet sealed = { .protection = packet->version->protection,
                                 .whole = packet->whole,
                                 .number_at = packet->packet_number_at };
    struct bytes frames;
    if (!open_packet(h, hs, seg, &sealed, sink, &frames)) {
        return;
    }
    hs->opening = true;
    read_frames(h, hs, seg, frames,
                packet->version->google ? QUIC_FRAMES_GOOGLE : QUIC_FRAMES_HANDSHAKE, sink);
    read_messages(h, hs, seg, sink);
    hs->opening = false;
}

/* The server may send such packets before it has heard of the client's certificate: only what it
 * says afterwards counts. */
void quic_hidden_later(struct quic_hidden *h, struct tls_handshake *hs, const struct segment *seg,
                       const struct tls_packet *packet, struct sink *sink)
{
    struct bytes frames;
    bool waits = seg->from != hs->client && !hs->went_on &&
                 tls_handshake_hid(&hs->side[hs->client], FINISHED);
    if (waits && open_packet(h, hs, seg, packet, sink, &frames)) {
        hs->opening = true;
        read_frames(h, hs, seg, frames, QUIC_FRAMES_ALL, sink);
        hs->opening = false;
    }
}

void quic_hidden_forget(struct quic_hidden *h)
{
    for (unsigned i = 0; i < 2; i++) {
        quic_crypto_free(h->crypto[i]);
        h->crypto[i] = NULL;
    }
}
