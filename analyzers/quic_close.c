/* analyzers/quic_close.c: errors of QUIC (RFC 9000 20.1) and the alerts among them (RFC 9001 4.8).
 */
#include "analyzers/quic_close.h"

#include "base/text.h"

enum {
    CRYPTO_ERROR_FIRST = 0x100, /* errors from here on are TLS alerts */
    CRYPTO_ERROR_LAST = 0x1ff,
    ALERT_FATAL = 2,
};

/* One that was opened comes in packets of several kinds, for who has only the older keys. */
static void report_alert(struct tls_handshake *hs, const struct segment *seg, uint8_t code,
                         bool *reported, struct sink *sink)
{
    const uint8_t alert[] = { ALERT_FATAL, code };
    if (!hs->opening) {
        tls_handshake_alert(hs, seg, ALERT_FATAL, code, sink);
    } else if (!*reported) {
        *reported = true;
        tls_handshake_hidden_alert(hs, seg, bytes_of(alert, sizeof alert, 0), sink);
    }
}

void quic_close_report(struct tls_handshake *hs, const struct segment *seg, uint64_t error,
                       bool *reported, struct sink *sink)
{
    static const char *const names[] = {
        "no_error",
        "internal_error",
        "connection_refused",
        "flow_control_error",
        "stream_limit_error",
        "stream_state_error",
        "final_size_error",
        "frame_encoding_error",
        "transport_parameter_error",
        "connection_id_limit_error",
        "protocol_violation",
        "invalid_token",
        "application_error",
        "crypto_buffer_exceeded",
        "key_update_error",
        "aead_limit_reached",
        "no_viable_path",
        "version_negotiation_error",
    };
    char number[24];
    if (error >= CRYPTO_ERROR_FIRST && error <= CRYPTO_ERROR_LAST) {
        report_alert(hs, seg, (uint8_t)(error & 0xff), reported, sink);
        return;
    }
    struct text t = text_into(number, sizeof number);
    text_printf(&t, "0x%llx", (unsigned long long)error);
    if (!*reported) {
        bool named = error < sizeof names / sizeof names[0];
        observe_text(sink, seg, OBS_QUIC_CLOSE, named ? names[error] : number, error);
    }
    *reported = true;
}
