/* cli/follow.c: a folder that tcpdump -G or -C keeps filling, read as it grows until a signal. */
#include "cli/follow.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/reload.h"

enum { NEWS_S = 1, LOOK_S = 1, ENTRIES_FIRST = 64 };

/* A capture in the folder. */
struct entry {
    const char *path;  /* borrowed from the inputs */
    struct stat seen;  /* when it was given out */
    uint64_t first_us; /* of its first packet; 0 = not known yet */
    bool given;        /* to be read, now or before */
};

struct follow {
    struct source_feed feed;
    const char *folder;
    struct inputs *found; /* owns the names; borrowed */
    struct entry *entries;
    uint32_t count, room;
    double looked; /* into the folder, steady clock, s */
    bool no_memory;
};

static struct follow *follow_of(struct source_feed *feed)
{
    return (struct follow *)(void *)feed;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* Among the first `known` entries, which are in order. */
static struct entry *find(const struct follow *f, const char *path, uint32_t known)
{
    struct entry wanted = { .path = path };
    return known == 0 ? NULL : bsearch(&wanted, f->entries, known, sizeof wanted, by_path);
}

static bool add_entry(struct follow *f, const char *path)
{
    if (f->count == f->room) {
        uint32_t room = f->room == 0 ? ENTRIES_FIRST : f->room * 2;
        struct entry *entries = realloc(f->entries, room * sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        f->entries = entries;
        f->room = room;
    }
    if (inputs_add(f->found, path) != OV_OK) {
        return false;
    }
    f->entries[f->count++] = (struct entry){ .path = f->found->paths[f->found->count - 1] };
    return true;
}

/* What tcpdump -z or -W made of a capture: packed, it was read before. */
static bool is_packed(const char *path)
{
    size_t size = strlen(path);
    return (size > 3 && strcmp(path + size - 3, ".gz") == 0) ||
           (size > 4 && strcmp(path + size - 4, ".zst") == 0);
}

/* A ring of files (tcpdump -W) begins them anew. */
static void note_rewritten(struct entry *entry)
{
    struct stat now;
    if (entry->given && stat(entry->path, &now) == 0 &&
        (now.st_ino != entry->seen.st_ino || now.st_size < entry->seen.st_size)) {
        entry->given = false;
        entry->first_us = 0;
    }
    if (entry->given && stat(entry->path, &now) == 0) {
        entry->seen = now;
    }
}

/* Looks which captures are in the folder, at most once in LOOK_S; did it? */
static bool look(struct follow *f, bool now)
{
    double time = progress_clock();
    struct inputs in = { .count = 0 };
    if (!now && time - f->looked < LOOK_S) {
        return false;
    }
    uint32_t known = f->count;
    f->looked = time;
    f->no_memory |= inputs_add_folder(&in, f->folder) != OV_OK;
    for (int i = 0; i < in.count; i++) {
        struct entry *entry = find(f, in.paths[i], known);
        if (entry != NULL) {
            note_rewritten(entry);
        } else if (!is_packed(in.paths[i])) {
            f->no_memory |= !add_entry(f, in.paths[i]);
        }
    }
    inputs_done(&in);
    if (f->count > known) {
        qsort(f->entries, f->count, sizeof *f->entries, by_path);
    }
    return true;
}

/* Has the file a first packet, and when? */
static void look_at(struct entry *entry)
{
    static struct batch batch;
    char why[SOURCE_TEXT_SIZE];
    struct source *source = NULL;
    struct source_options options = { .growing = true };
    struct stat now;
    if (stat(entry->path, &now) != 0 || now.st_size == 0 ||
        source_open(entry->path, &options, &source, why) != OV_OK) {
        return;
    }
    if (source_read(source, &batch)) {
        entry->first_us = batch.time_us[0] > 0 ? batch.time_us[0] : 1;
        entry->seen = now;
        source_release(&batch);
    }
    source_close(source);
}

/* Of those that were not given yet and have a packet. */
static struct entry *earliest(struct follow *f)
{
    struct entry *first = NULL;
    for (uint32_t i = 0; i < f->count; i++) {
        struct entry *entry = &f->entries[i];
        if (!entry->given && entry->first_us == 0) {
            look_at(entry);
        }
        if (!entry->given && entry->first_us > 0 &&
            (first == NULL || entry->first_us < first->first_us)) {
            first = entry;
        }
    }
    return first;
}

static const char *next(struct source_feed *feed)
{
    struct follow *f = follow_of(feed);
    (void)look(f, true);
    struct entry *first = earliest(f);
    if (first == NULL) {
        return NULL;
    }
    first->given = true;
    return first->path;
}

static bool is_over(struct source_feed *feed)
{
    struct follow *f = follow_of(feed);
    return look(f, false) && earliest(f) != NULL;
}

/* Files that no packet could be read of. */
static void tell_unread(const struct follow *f, struct pipeline *p)
{
    static const char text[] = "no packet could be read of this file";
    for (uint32_t i = 0; i < f->count; i++) {
        struct report_notice notice = { "capture.unreadable", text, .file = f->entries[i].path };
        struct stat now;
        if (!f->entries[i].given && stat(notice.file, &now) == 0 && now.st_size > 0) {
            report_notice(&p->verdicts.records, p->options->sensor, &notice);
            fprintf(stderr, "overt: %s: %s\n", notice.file, text);
            f->found->failed++;
        }
    }
}

/* Writes what is new, now and then. */
static void write_news(struct pipeline *p)
{
    double now = progress_clock();
    if (reload_asked()) {
        reload_policy(p, 0); /* the reader knows the time, on a thread of its own */
    }
    if (now - p->judged_last < NEWS_S) {
        return;
    }
    p->judged_last = now;
    (void)audit_news(p, false);
    bool written = report_flush(&p->verdicts.records);
    written = report_flush(&p->verdicts.flows) && written;
    if (!written) { /* who reads takes the signal: nobody would see what is judged further */
        (void)kill(getpid(), SIGTERM);
    }
}

enum ov_status follow_run(struct pipeline *p, struct inputs *found,
                          const volatile sig_atomic_t *stop, struct source_set **ret_set)
{
    struct follow f = { .feed = { next, is_over }, .folder = p->options->inputs[0] };
    struct source_options wanted = {
        .filter = p->options->filter, .secrets = &p->keys.secrets, .stop = stop, .growing = true
    };
    struct progress progress;
    f.found = found;
    enum ov_status status = source_set_follow(&f.feed, &wanted, ret_set);
    if (status == OV_OK) {
        p->judged = write_news;
        reload_catch();
        progress_begin(&progress, f.folder, !p->options->quiet);
        status = pipeline_run(p, *ret_set, NULL, &progress, stop);
    }
    tell_unread(&f, p);
    free(f.entries);
    return f.no_memory ? OV_NOMEM : status;
}
