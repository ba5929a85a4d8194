/* cli/options.c: getopt_long over the shared options, and the help text. */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/source_live.h"
#include "cli/worker.h"

enum {
    OPTION_ALL = 256,
    OPTION_BUFFER,
    OPTION_COVERAGE_INTERVAL,
    OPTION_EACH,
    OPTION_FILTER,
    OPTION_FAIL_ON,
    OPTION_FLOWS,
    OPTION_FOLLOW,
    OPTION_KEYLOG,
    OPTION_MEMORY,
    OPTION_NO_NDPI,
    OPTION_NO_PROMISCUOUS,
    OPTION_OUT,
    OPTION_POLICY,
    OPTION_QUIET,
    OPTION_SENSOR,
    OPTION_SNAPLEN,
    OPTION_STATS_INTERVAL,
    OPTION_VERIFY,
    OPTION_WORKERS
};

static const struct option long_options[] = {
    { "all", no_argument, NULL, OPTION_ALL },
    { "buffer", required_argument, NULL, OPTION_BUFFER },
    { "coverage-interval", required_argument, NULL, OPTION_COVERAGE_INTERVAL },
    { "each", no_argument, NULL, OPTION_EACH },
    { "fail-on", required_argument, NULL, OPTION_FAIL_ON },
    { "filter", required_argument, NULL, OPTION_FILTER },
    { "flows", required_argument, NULL, OPTION_FLOWS },
    { "follow", no_argument, NULL, OPTION_FOLLOW },
    { "interface", required_argument, NULL, 'i' },
    { "keylog", required_argument, NULL, OPTION_KEYLOG },
    { "memory", required_argument, NULL, OPTION_MEMORY },
    { "no-ndpi", no_argument, NULL, OPTION_NO_NDPI },
    { "no-promiscuous", no_argument, NULL, OPTION_NO_PROMISCUOUS },
    { "out", required_argument, NULL, OPTION_OUT },
    { "policy", required_argument, NULL, OPTION_POLICY },
    { "quiet", no_argument, NULL, OPTION_QUIET },
    { "sensor", required_argument, NULL, OPTION_SENSOR },
    { "snaplen", required_argument, NULL, OPTION_SNAPLEN },
    { "stats-interval", required_argument, NULL, OPTION_STATS_INTERVAL },
    { "verify", required_argument, NULL, OPTION_VERIFY },
    { "workers", required_argument, NULL, OPTION_WORKERS },
    { NULL, 0, NULL, 0 },
};

enum {
    MEMORY_LEAST = 64 << 20,
    WORKERS_USUAL_MAX = 8,
    BUFFER_LEAST = 1 << 20,
    BUFFER_MOST = 1 << 30,
    BUFFER_USUAL = 64 << 20,
    SNAP_LEAST = 64,
    STATS_USUAL_S = 10,
    INTERVAL_MOST_S = 86400,
};

void options_help(void)
{
    fputs(
        "overt: is every flow of this capture protected as the traffic-protection table demands?\n"
        "\n"
        "  overt audit FILE|DIR|- ...   replay captures and judge them\n"
        "  overt watch -i IF ...        judge what interfaces see until a signal stops it\n"
        "  overt judge FLOWS ...        judge stored flow records (audit --flows) under a policy\n"
        "  overt roles FILE ...         propose hosts and roles seen, as a policy to edit (YAML)\n"
        "  overt policy check FILE ...  read policy files; every mistake with file:line:column\n"
        "  overt policy show FILE       the table that results (--format markdown before FILE)\n"
        "  overt policy diff FILE FILE  what the second decides otherwise; exit 1 if anything\n"
        "  overt policy test CASES ...  do stored flows get the verdicts that cases expect?\n"
        "  overt explain ROW|REASON     what a row or a reason means, its source, what to do\n"
        "  overt version                version and libraries\n"
        "\n"
        "Options of audit; roles has --each, --filter, --keylog, --memory, --no-ndpi and "
        "--workers\n"
        "too, explain --policy, judge --policy, --out, --all, --fail-on, --sensor and --quiet:\n"
        "  --policy FILE    policy (YAML), or a built-in edition (default lync-2010)\n"
        "  --out FILE       findings, coverage and notices as JSON Lines; - is standard output\n"
        "  --flows FILE     one record for each flow and call, as JSON Lines\n"
        "  --all            also write findings that are exempt, compliant or not assessable\n"
        "  --each           judge every capture for itself; without it, all that are named are "
        "one\n"
        "                   capture, in the order of their packets' times\n"
        "  --follow         the one folder named is being filled (tcpdump -G or -C): its captures\n"
        "                   are read as they grow, until a signal; findings are written as they "
        "come\n"
        "  --fail-on LEVEL  exit 1 for findings from this severity: critical high medium low\n"
        "                   never (default high)\n"
        "  --filter BPF     only packets that match, in tcpdump's language\n"
        "  --keylog FILE    open TLS, DTLS 1.2 and QUIC handshakes with the secrets in FILE\n"
        "                   (SSLKEYLOGFILE, NSS key log); those inside a pcapng are used without\n"
        "                   it; watch follows FILE\n"
        "  --sensor NAME    name of this sensor in every record (default overt)\n"
        "  --memory SIZE    cap for tables, as 512M or 4G (default: a quarter of the machine)\n"
        "  --verify WHICH   signatures of handshakes: new (the default: until a signer has proved "
        "its\n"
        "                   key, then 1 in 64; all, where the policy does not accept inferred "
        "MTLS),\n"
        "                   all, none; what is not verified is never proven\n"
        "  --workers N      threads that look into packets (default: the machine's cores, at most\n"
        "                   8); the output is the same for any number\n"
        "  --no-ndpi        do not ask nDPI about flows that overt does not recognise\n"
        "  --quiet          no progress and no table at the end\n"
        "\n"
        "Options of watch, beside those of audit but --each (SIGHUP: read --policy again):\n"
        "  -i, --interface IF       read this interface (any: all); may be given several times\n"
        "  --buffer SIZE            ring of the kernel for each worker and interface (64M)\n"
        "  --snaplen N              bytes kept of each packet (262144: all)\n"
        "  --no-promiscuous         only packets for this host\n"
        "  --stats-interval S       seconds from one stats record to the next (10; 0: none)\n"
        "  --coverage-interval S    the same of coverage records (0: only at the end)\n"
        "\n"
        "Without --out, findings go to standard output when that is not a terminal.\n"
        "Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or policy,\n"
        "3 input damaged or unreadable (the rest was judged), 4 output incomplete.\n",
        stdout);
}

static enum ov_status read_severity(const char *word, struct options *o)
{
    static const enum severity levels[] = { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH,
                                            SEVERITY_CRITICAL };
    o->fail_never = strcmp(word, "never") == 0;
    if (o->fail_never) {
        return OV_OK;
    }
    for (unsigned i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(severity_name(levels[i]), word) == 0) {
            o->fail_on = levels[i];
            return OV_OK;
        }
    }
    fprintf(stderr, "overt: --fail-on: found '%s', expected critical, high, medium, low or never\n",
            word);
    return OV_SYNTAX;
}

/* A size as 512M or 4G; false when it is none. */
static bool read_size(const char *word, uint64_t *ret_size)
{
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(word, &end, 10);
    unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    const char *rest = shift > 0 ? end + 1 : end;
    *ret_size = n << shift;
    return errno == 0 && end != word && *rest == '\0' && word[0] != '-' && n <= UINT64_MAX >> shift;
}

static enum ov_status read_memory(const char *word, struct options *o)
{
    uint64_t size = 0;
    if (!read_size(word, &size) || size < MEMORY_LEAST) {
        fprintf(stderr,
                "overt: --memory: found '%s', expected a size of at least 64M, as 512M or 4G\n",
                word);
        return OV_SYNTAX;
    }
    o->memory_bytes = size;
    return OV_OK;
}

static enum ov_status read_buffer(const char *word, struct options *o)
{
    uint64_t size = 0;
    if (!read_size(word, &size) || size < BUFFER_LEAST || size > BUFFER_MOST) {
        fprintf(stderr, "overt: --buffer: found '%s', expected a size from 1M to 1G\n", word);
        return OV_SYNTAX;
    }
    o->buffer_bytes = (uint32_t)size;
    return OV_OK;
}

/* A whole number from least to most for the option called name. */
static enum ov_status read_number(const char *name, uint32_t least, uint32_t most, uint32_t *ret)
{
    char *end = NULL;
    unsigned long n = strtoul(optarg, &end, 10);
    if (end == optarg || *end != '\0' || optarg[0] == '-' || n < least || n > most) {
        fprintf(stderr, "overt: %s: found '%s', expected a number from %u to %u\n", name, optarg,
                least, most);
        return OV_SYNTAX;
    }
    *ret = (uint32_t)n;
    return OV_OK;
}

static enum ov_status read_interface(const char *word, struct options *o)
{
    if (o->interface_count == INTERFACES_MAX) {
        fprintf(stderr, "overt: -i: more than %d interfaces\n", INTERFACES_MAX);
        return OV_SYNTAX;
    }
    o->interfaces[o->interface_count++] = word;
    return OV_OK;
}

static enum ov_status read_workers(const char *word, struct options *o)
{
    char *end = NULL;
    unsigned long n = strtoul(word, &end, 10);
    if (end == word || *end != '\0' || word[0] == '-' || n < 1 || n > WORKERS_MAX) {
        fprintf(stderr, "overt: --workers: found '%s', expected a number from 1 to %d\n", word,
                WORKERS_MAX);
        return OV_SYNTAX;
    }
    o->workers = (unsigned)n;
    return OV_OK;
}

static enum ov_status read_verify(const char *word, struct options *o)
{
    static const char *const words[] = {
        [VERIFY_NEW] = "new", [VERIFY_ALL] = "all", [VERIFY_NONE] = "none"
    };
    o->verify_named = true;
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], word) == 0) {
            o->verify = (enum verify)i;
            return OV_OK;
        }
    }
    fprintf(stderr, "overt: --verify: found '%s', expected new, all or none\n", word);
    return OV_SYNTAX;
}

static unsigned default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1) {
        return 1;
    }
    return cores < WORKERS_USUAL_MAX ? (unsigned)cores : WORKERS_USUAL_MAX;
}

static uint64_t default_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t quarter = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 4 : 0;
    return quarter > MEMORY_LEAST ? quarter : MEMORY_LEAST;
}

/* Options that only watch has. */
static enum ov_status take_watch(int option, struct options *o)
{
    o->watches = true;
    switch (option) {
    case 'i':
        return read_interface(optarg, o);
    case OPTION_BUFFER:
        return read_buffer(optarg, o);
    case OPTION_COVERAGE_INTERVAL:
        return read_number("--coverage-interval", 0, INTERVAL_MOST_S, &o->coverage_s);
    case OPTION_NO_PROMISCUOUS:
        o->promiscuous = false;
        return OV_OK;
    case OPTION_SNAPLEN:
        return read_number("--snaplen", SNAP_LEAST, SOURCE_LIVE_SNAP_MAX, &o->snap_bytes);
    case OPTION_STATS_INTERVAL:
        return read_number("--stats-interval", 0, INTERVAL_MOST_S, &o->stats_s);
    default: /* getopt_long has said what is wrong */
        return OV_SYNTAX;
    }
}

static enum ov_status take(int option, struct options *o)
{
    switch (option) {
    case OPTION_ALL:
        o->all = true;
        return OV_OK;
    case OPTION_EACH:
        o->each = true;
        return OV_OK;
    case OPTION_FAIL_ON:
        return read_severity(optarg, o);
    case OPTION_FILTER:
        o->filter = optarg;
        return OV_OK;
    case OPTION_FLOWS:
        o->flows = optarg;
        return OV_OK;
    case OPTION_FOLLOW:
        o->follow = true;
        return OV_OK;
    case OPTION_KEYLOG:
        o->keylog = optarg;
        return OV_OK;
    case OPTION_MEMORY:
        return read_memory(optarg, o);
    case OPTION_NO_NDPI:
        o->ndpi = false;
        return OV_OK;
    case OPTION_OUT:
        o->out = optarg;
        return OV_OK;
    case OPTION_POLICY:
        o->policy = optarg;
        return OV_OK;
    case OPTION_QUIET:
        o->quiet = true;
        return OV_OK;
    case OPTION_SENSOR:
        o->sensor = optarg;
        if (optarg[0] == '\0') {
            fprintf(stderr, "overt: --sensor: found '', expected a name\n");
        }
        return optarg[0] == '\0' ? OV_SYNTAX : OV_OK;
    case OPTION_VERIFY:
        return read_verify(optarg, o);
    case OPTION_WORKERS:
        return read_workers(optarg, o);
    default:
        return take_watch(option, o);
    }
}

static enum ov_status check_filter(const struct options *o)
{
    char why[SOURCE_TEXT_SIZE];
    if (o->filter != NULL && source_check_filter(o->filter, why) != OV_OK) {
        fprintf(stderr, "overt: --filter: found '%s', expected tcpdump's language: %s\n", o->filter,
                why);
        return OV_SYNTAX;
    }
    return OV_OK;
}

static enum ov_status check_follow(const struct options *o, const char *command)
{
    struct stat what;
    bool possible = strcmp(command, "audit") == 0 && !o->each && o->input_count == 1 &&
                    stat(o->inputs[0], &what) == 0 && S_ISDIR(what.st_mode);
    if (o->follow && !possible) {
        fprintf(stderr, "overt: --follow: expected overt audit --follow FOLDER, without --each\n");
    }
    return !o->follow || possible ? OV_OK : OV_SYNTAX;
}

/* watch may be told of a file that is yet to come. */
static enum ov_status check_keylog(const struct options *o, const char *command)
{
    FILE *file = o->keylog != NULL ? fopen(o->keylog, "r") : NULL;
    int error = errno;
    bool readable = file != NULL && fgetc(file) != EOF;
    error = file != NULL ? errno : error;
    bool empty = file != NULL && !readable && feof(file) != 0;
    if (file != NULL) {
        fclose(file);
    }
    if (o->keylog == NULL || readable || empty || strcmp(command, "watch") == 0) {
        return OV_OK;
    }
    fprintf(stderr, "overt: --keylog: %s: %s\n", o->keylog, strerror(error));
    return OV_SYNTAX;
}

/* Captures for audit and its like, interfaces for watch. */
static enum ov_status check_inputs(const struct options *o, const char *command)
{
    bool live = strcmp(command, "watch") == 0;
    if (live && o->interface_count == 0) {
        fprintf(stderr, "overt: watch: no interface named; overt watch -i eth0\n");
        return OV_SYNTAX;
    }
    if (live && o->input_count > 0) {
        fprintf(stderr, "overt: watch: found '%s', expected options only\n", o->inputs[0]);
        return OV_SYNTAX;
    }
    if (!live && o->watches) {
        fprintf(stderr, "overt: %s: found an option of overt watch\n", command);
        return OV_SYNTAX;
    }
    if (!live && o->input_count == 0) {
        fprintf(stderr, "overt: %s: no %s named; overt --help shows how\n", command,
                strcmp(command, "judge") == 0 ? "flow records" : "capture");
        return OV_SYNTAX;
    }
    return check_follow(o, command);
}

enum ov_status options_read(int argc, char **argv, struct options *ret_options)
{
    struct options *o = ret_options;
    *o = (struct options){ .sensor = "overt", .fail_on = SEVERITY_HIGH, .ndpi = true };
    o->buffer_bytes = BUFFER_USUAL;
    o->snap_bytes = SOURCE_LIVE_SNAP_MAX;
    o->stats_s = STATS_USUAL_S;
    o->promiscuous = true;
    o->memory_bytes = default_memory();
    o->workers = default_workers();
    optind = 2;
    for (;;) {
        int option = getopt_long(argc, argv, "i:", long_options, NULL);
        if (option == -1) {
            break;
        }
        enum ov_status status = take(option, o);
        if (status != OV_OK) {
            return status;
        }
    }
    o->inputs = argv + optind;
    o->input_count = argc - optind;
    if (check_filter(o) != OV_OK || check_inputs(o, argv[1]) != OV_OK) {
        return OV_SYNTAX;
    }
    return check_keylog(o, argv[1]);
}
