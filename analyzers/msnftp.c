/* analyzers/msnftp.c: file transfer of Windows Messenger and Communicator: which of its two kinds.
 */
#include "analyzers/analyzer.h"
#include "base/scan.h"

/* Both sides begin with VER and the version ([MS-SIP] extensions, as SIPE reads them). Under
 * MSN_SECURE_FTP the file is under RC4, with a key that went through SIP; under MSNFTP it is not.
 */
static const struct {
    const char *line, *app;
} versions[] = { { "VER MSN_SECURE_FTP", "msn_secure_ftp" }, { "VER MSNFTP", "msnftp" } };
enum { VERSIONS = sizeof versions / sizeof versions[0] };

static enum claim msnftp_claim(const struct segment *seg)
{
    struct bytes in = seg->payload, line;
    if (!seg->first) {
        return CLAIM_NO;
    }
    bool whole = scan_line(&in, &line);
    for (unsigned i = 0; i < VERSIONS; i++) {
        uint32_t size = (uint32_t)strlen(versions[i].line);
        if (whole && bytes_equal(&line, versions[i].line, size)) {
            return CLAIM_YES;
        }
        bool begins = bytes_left(&in) <= size + 1; /* and the CR */
        for (uint32_t k = 0; begins && k < bytes_left(&in); k++) {
            begins = bytes_peek(&in, k) == (k < size ? versions[i].line[k] : '\r');
        }
        if (!whole && begins && seg->open) {
            return CLAIM_MORE;
        }
    }
    return CLAIM_NO;
}

static enum feed msnftp_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct bytes line;
    (void)state;
    if (!scan_line(&seg->payload, &line)) {
        return FEED_MORE;
    }
    for (unsigned i = 0; i < VERSIONS; i++) {
        if (bytes_equal(&line, versions[i].line, (uint32_t)strlen(versions[i].line))) {
            observe_text(sink, seg, OBS_APP, versions[i].app, 0);
        }
    }
    bytes_skip(&seg->payload, bytes_left(&seg->payload));
    return FEED_SETTLED;
}

const struct analyzer msnftp_analyzer = {
    .name = "msnftp",
    .spec = "MSN_SECURE_FTP (SIPE, sipe-ft.c)",
    .carriers = CARRIER_TCP,
    .claim = msnftp_claim,
    .feed = msnftp_feed,
};
