/* tests/unit/test_judge_estate.c: file shares, remote procedure calls and file transfers by what
 * protects their messages, and passwords under rows that permit cleartext. */
#include "tests/unit/judge_case.h"

static const char estate[] = "overt: 1\n"
                             "extends: lync-2010\n"
                             "zones: {internal: [10.0.0.0/8]}\n"
                             "hosts:\n"
                             "  - {name: fe, address: 10.0.1.1, role: front_end}\n"
                             "  - {name: app, address: 10.0.1.30, role: app_server}\n"
                             "  - {name: sql, address: 10.0.1.50, role: backend_sql}\n"
                             "  - {name: dc, address: 10.0.1.60, role: dc}\n"
                             "roles: {client_internal: [10.20.0.0/16]}\n";

/* Own rows of the same traffic that ask for encryption. */
#define DEMANDED                                                                                   \
    "rows:\n"                                                                                      \
    "  - {id: C-33, title: files, subject: service, require: tls, severity: medium,\n"             \
    "     traffic: {from: front_end, to: app_server, ports: 445}}\n"                               \
    "  - {id: C-32, title: calls, subject: service, require: tls, severity: medium,\n"             \
    "     traffic: {from: front_end, to: dc, ports: 135}}\n"
#define ON "rows:\n  - {id: TT-32, enabled: true}\n"

static struct judge_case with(const char *more)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s", estate, more);
    return case_of(text);
}

static const char *id_of(const char *more, const char *built_in, const char *own)
{
    return strcmp(more, DEMANDED) == 0 ? own : built_in;
}

static void smb_by_what_its_messages_are_under(void)
{
    static const struct {
        uint64_t encrypted, clear;
        const char *dialect, *more, *want, *reason;
    } cases[] = {
        { 40, 0, "3.1.1", "", "compliant proven info", NULL },
        { 40, 0, "3.1.1", DEMANDED, "compliant proven info", NULL },
        { 40, 2, "3.1.1", "", "exempt proven low", "smb.partly-encrypted" },
        { 40, 2, "3.1.1", DEMANDED, "violation proven medium", "smb.partly-encrypted" },
        { 0, 40, "3.1.1", "", "exempt proven low", "smb.not-encrypted" },
        { 0, 40, "1.0", "", "exempt proven low", "smb.version-1" },
        { 0, 40, "1.0", DEMANDED, "violation proven medium", "smb.not-encrypted" },
        { 0, 0, "3.1.1", "", "exempt proven low", "row.clear-permitted" },
        { 0, 0, "3.1.1", DEMANDED, "unknown proven low", "service.nothing-said" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = with(cases[i].more);
        const char *id = id_of(cases[i].more, "TT-33", "C-33");
        case_flow(&c, "10.0.1.1", "10.0.1.30", 445, "smb");
        case_text(&c, OBS_SMB_DIALECT, cases[i].dialect);
        if (cases[i].encrypted > 0) {
            case_value(&c, OBS_SMB_ENCRYPTED, cases[i].encrypted);
        }
        if (cases[i].clear > 0) {
            case_value(&c, OBS_SMB_CLEAR, cases[i].clear);
            case_value(&c, OBS_SMB_SIGNED, cases[i].clear);
        }
        case_judge(&c);
        CHECK(case_is(&c, id, cases[i].want));
        const struct assessment *a = case_row(&c, id);
        CHECK(cases[i].reason == NULL || case_reason(a, cases[i].reason));
        case_done(&c);
    }
}

/* What was lost may have been readable. */
static void encryption_of_what_was_seen_is_not_that_of_all(void)
{
    struct judge_case c = with("");
    case_flow(&c, "10.0.1.1", "10.0.1.30", 445, "smb");
    case_value(&c, OBS_SMB_ENCRYPTED, 40);
    c.record.start_seen = false;
    case_judge(&c);
    CHECK(case_is(&c, "TT-33", "unknown proven low"));
    case_done(&c);
}

static void calls_by_their_levels(void)
{
    static const struct {
        uint64_t privacy, integrity, mapper;
        const char *more, *want, *reason;
    } cases[] = {
        { 12, 0, 2, ON, "compliant proven info", NULL },
        { 12, 1, 0, ON, "exempt proven low", "rpc.not-private" },
        { 0, 9, 0, DEMANDED, "violation proven medium", "rpc.not-private" },
        { 0, 0, 4, DEMANDED, "unknown proven low", "service.nothing-said" },
        { 12, 0, 0, DEMANDED, "compliant proven info", NULL },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = with(cases[i].more);
        const char *id = id_of(cases[i].more, "TT-32", "C-32");
        case_flow(&c, "10.0.1.1", "10.0.1.60", 135, "dcerpc");
        const struct {
            const char *level;
            uint64_t count;
        } calls[] = { { "privacy", cases[i].privacy },
                      { "integrity", cases[i].integrity },
                      { "mapper", cases[i].mapper } };
        for (unsigned k = 0; k < 3; k++) {
            if (calls[k].count > 0) {
                case_put_at(&c, OBS_DCERPC_CALLS, 0, calls[k].level, calls[k].count);
            }
        }
        case_judge(&c);
        CHECK(case_is(&c, id, cases[i].want));
        const struct assessment *a = case_row(&c, id);
        CHECK(cases[i].reason == NULL || case_reason(a, cases[i].reason));
        case_done(&c);
    }
}

static void file_transfers_of_communicator_are_weak_at_best(void)
{
    static const char *const wants[][2] = { { "msn_secure_ftp", "weak proven medium" },
                                            { "msnftp", "violation inferred low" } };
    for (unsigned i = 0; i < 2; i++) {
        struct judge_case c = case_of(estate);
        case_flow(&c, "10.20.0.7", "10.20.0.8", 6891, wants[i][0]);
        case_judge(&c);
        CHECK(case_is(&c, "TT-37", wants[i][1]));
        case_done(&c);
    }
}

static void no_row_permits_passwords_in_clear(void)
{
    static const struct {
        const char *server, *app, *kind, *row, *more, *want;
        uint16_t port;
    } cases[] = {
        { "10.0.1.50", "tds", "obfuscated", "TT-31", "", "violation proven high", 1433 },
        { "10.0.1.30", "smb", "password", "TT-33", "", "violation proven high", 445 },
        { "10.0.1.30", "smb", "password", "TT-33", "rows:\n  - {id: TT-33, severity: critical}\n",
          "violation proven critical", 445 },
        { "10.0.1.30", "telnet", "password", "TT-51", "", "violation proven high", 23 },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judge_case c = with(cases[i].more);
        case_flow(&c, "10.0.1.1", cases[i].server, cases[i].port, cases[i].app);
        case_text(&c, OBS_CREDENTIALS_EXPOSED, cases[i].kind);
        case_judge(&c);
        CHECK(case_is(&c, cases[i].row, cases[i].want));
        CHECK(case_reason(case_row(&c, cases[i].row), "credentials.exposed"));
        case_done(&c);
    }
}

int main(void)
{
    smb_by_what_its_messages_are_under();
    encryption_of_what_was_seen_is_not_that_of_all();
    calls_by_their_levels();
    file_transfers_of_communicator_are_weak_at_best();
    no_row_permits_passwords_in_clear();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
