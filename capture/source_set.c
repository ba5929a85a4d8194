/* capture/source_set.c: merges what the files at hand hold; each is opened when its time comes.
 *
 * Every open file has a batch read ahead. What goes out next is the earliest packet of these, and
 * with it all that follow in its file up to the time of the next file. */
#include "capture/source_set.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RUNS_FIRST = 1024, FILES_FIRST = 16 };
enum { LOOK_MS = 50, FILES_AT_ONCE = 64 }; /* of what is followed: from look to look, in one */

struct file {
    uint32_t number;         /* in the set */
    struct source *held;     /* owned; a pipe that cannot be opened again, with its first batch in
                                `ahead`; or a source at its end of which batches still hold frames */
    struct file *next_ended; /* in the set's list of such */
    struct batch *ahead;     /* owned while held */
    uint64_t first_us;
    uint64_t size_bytes; /* 0 = not known */
    bool waiting;        /* has packets and was not begun */
    struct source_set_end end;
};

struct stream {
    struct file *file;
    struct source *source;
    struct batch *ahead; /* owned */
    uint32_t at;         /* next of it */
    uint64_t number;     /* of the last packet given, in its file */
};

/* Packets from here on, up to the next run, lie one behind the other in one file. */
struct run {
    uint64_t packet;      /* first one, of the set */
    uint64_t number : 40; /* of it in its file */
    uint64_t file : 24;
};

struct source_set {
    const struct source_options *options; /* borrowed, or NULL */
    struct file **files;                  /* as named, or as followed; owned */
    struct source_feed *feed; /* names the files one after the other; borrowed, or NULL */
    struct file **order;      /* by first packet */
    uint32_t count, room;     /* files */
    uint32_t next;            /* in order, that was not begun */
    struct stream streams[SOURCE_SET_OPEN_MAX];
    uint32_t open_count;
    struct file *ended; /* sources at their end that are still held */
    uint32_t late_count;
    const struct file *late;           /* the last one that had to wait */
    uint64_t packets;                  /* number of the last one given */
    uint64_t lost_from_us, lost_to_us; /* behind damage at the end of a file, not yet told */
    pthread_mutex_t run_lock; /* of what follows: files that are followed are looked up meanwhile */
    struct run *runs;
    uint32_t run_count, run_room;
    const struct file *last_file; /* of the last packet given */
    bool runs_full;
};

static bool is_again_readable(const char *path)
{
    struct stat what;
    return strcmp(path, "-") != 0 && stat(path, &what) == 0 && S_ISREG(what.st_mode);
}

/* What is lost at the end of a file may reach to where the next one begins. */
static void lose(struct source_set *set, uint64_t from_us, uint64_t to_us)
{
    bool first = set->lost_to_us == 0;
    set->lost_from_us = first || from_us < set->lost_from_us ? from_us : set->lost_from_us;
    set->lost_to_us = to_us > set->lost_to_us ? to_us : set->lost_to_us;
}

/* Where is its first packet in time? */
static enum ov_status look_at(struct source_set *set, struct file *file)
{
    struct source *source = NULL;
    enum ov_status status = source_open(file->end.path, set->options, &source, file->end.why);
    if (status != OV_OK) {
        return status == OV_NOMEM ? OV_NOMEM : OV_OK;
    }
    file->end.opened = true;
    file->ahead = calloc(1, sizeof *file->ahead);
    if (file->ahead == NULL) {
        source_close(source);
        return OV_NOMEM;
    }
    file->waiting = source_read(source, file->ahead);
    source_status(source, &file->end.status);
    file->size_bytes = file->end.status.total_bytes;
    file->first_us = file->waiting ? file->ahead->time_us[0] : 0;
    if (!file->waiting && file->end.status.tail_lost) {
        lose(set, 0, UINT64_MAX); /* nobody knows of what time it was */
    }
    if (file->waiting && !is_again_readable(file->end.path)) {
        file->held = source;
        return OV_OK;
    }
    source_release(file->ahead);
    free(file->ahead);
    file->ahead = NULL;
    source_close(source);
    return OV_OK;
}

static int by_first_packet(const void *a, const void *b)
{
    const struct file *one = *(struct file *const *)a, *other = *(struct file *const *)b;
    if (one->first_us != other->first_us) {
        return one->first_us < other->first_us ? -1 : 1;
    }
    return (one->number > other->number) - (one->number < other->number);
}

static bool grow_files(struct source_set *set)
{
    if (set->count == set->room) {
        uint32_t room = set->room == 0 ? FILES_FIRST : set->room * 2;
        struct file **files = realloc(set->files, room * sizeof(struct file *));
        if (files == NULL) {
            return false;
        }
        set->files = files;
        set->room = room;
    }
    return true;
}

/* NULL without memory. */
static struct file *add_file(struct source_set *set, const char *path)
{
    pthread_mutex_lock(&set->run_lock); /* who looks a packet up reads files */
    struct file *file = grow_files(set) ? calloc(1, sizeof *file) : NULL;
    if (file != NULL) {
        file->end.path = path;
        file->number = set->count;
        set->files[set->count++] = file;
    }
    pthread_mutex_unlock(&set->run_lock);
    return file;
}

enum ov_status source_set_new(char *const *paths, uint32_t count,
                              const struct source_options *options, struct source_set **ret_set)
{
    struct source_set *set = calloc(1, sizeof *set);
    *ret_set = set;
    if (set == NULL) {
        return OV_NOMEM;
    }
    set->options = options;
    pthread_mutex_init(&set->run_lock, NULL);
    set->order = calloc(count + (size_t)1, sizeof(struct file *));
    if (set->order == NULL) {
        return OV_NOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct file *file = add_file(set, paths[i]);
        enum ov_status status = file != NULL ? look_at(set, file) : OV_NOMEM;
        if (status != OV_OK) {
            return status;
        }
        set->order[i] = file;
    }
    qsort(set->order, count, sizeof(struct file *), by_first_packet);
    return OV_OK;
}

static void close_stream(struct source_set *set, struct stream *stream)
{
    const struct source_status *status = &stream->file->end.status;
    const struct file *next =
        set->feed == NULL && set->next < set->count ? set->order[set->next] : NULL;
    source_release(stream->ahead);
    source_status(stream->source, &stream->file->end.status);
    if (stream->ahead->lost_to_us > 0) {
        lose(set, stream->ahead->lost_from_us, stream->ahead->lost_to_us);
    }
    if (status->tail_lost) {
        bool later = next != NULL && next->first_us > status->last_us;
        lose(set, status->last_us, later ? next->first_us : UINT64_MAX);
    }
    free(stream->ahead);
    if (!source_try_close(stream->source)) {
        stream->file->held = stream->source;
        stream->file->next_ended = set->ended;
        set->ended = stream->file;
    }
    *stream = set->streams[--set->open_count];
    set->streams[set->open_count] = (struct stream){ 0 };
}

/* Frees what no batch holds any more. */
static void forget_ended(struct source_set *set)
{
    struct file **link = &set->ended;
    while (*link != NULL) {
        struct file *file = *link;
        if (source_try_close(file->held)) {
            file->held = NULL;
            *link = file->next_ended;
        } else {
            link = &file->next_ended;
        }
    }
}

void source_set_free(struct source_set *set)
{
    if (set == NULL) {
        return;
    }
    while (set->open_count > 0) {
        close_stream(set, &set->streams[0]);
    }
    for (uint32_t i = 0; i < set->count; i++) {
        struct file *file = set->files[i];
        if (file->held != NULL) {
            if (file->ahead != NULL) {
                source_release(file->ahead);
            }
            free(file->ahead);
            source_close(file->held);
        }
        free(file);
    }
    pthread_mutex_destroy(&set->run_lock);
    free(set->files);
    free(set->order);
    free(set->runs);
    free(set);
}

/* Begins the next file in order. */
static void open_next(struct source_set *set)
{
    struct file *file = set->order[set->next++];
    if (!file->waiting) {
        return;
    }
    file->waiting = false;
    struct stream stream = { .file = file, .source = file->held, .ahead = file->ahead };
    file->held = NULL;
    file->ahead = NULL;
    if (stream.source == NULL) {
        file->end.opened =
            source_open(file->end.path, set->options, &stream.source, file->end.why) == OV_OK;
        stream.ahead = calloc(1, sizeof *stream.ahead);
    }
    if (stream.source == NULL || stream.ahead == NULL) {
        source_close(stream.source);
        free(stream.ahead);
        file->end.opened = false;
        return;
    }
    set->streams[set->open_count++] = stream;
}

/* Reads ahead where nothing is left; files that are at their end are closed. */
static void refill(struct source_set *set)
{
    for (uint32_t i = 0; i < set->open_count;) {
        struct stream *stream = &set->streams[i];
        bool more = stream->at < stream->ahead->count;
        if (!more) {
            source_release(stream->ahead);
            stream->at = 0;
            more = source_read(stream->source, stream->ahead);
        }
        if (more) {
            i++;
        } else {
            close_stream(set, stream);
        }
    }
}

static uint64_t time_of(const struct stream *stream)
{
    return stream->ahead->time_us[stream->at];
}

/* The stream whose packet is next, NULL at the end, and the time until which no other one is. */
static struct stream *earliest(struct source_set *set, uint64_t *ret_until)
{
    struct stream *first = NULL;
    *ret_until = UINT64_MAX;
    for (uint32_t i = 0; i < set->open_count; i++) {
        struct stream *stream = &set->streams[i];
        bool earlier =
            first == NULL || time_of(stream) < time_of(first) ||
            (time_of(stream) == time_of(first) && stream->file->number < first->file->number);
        const struct stream *other = earlier ? first : stream;
        if (other != NULL && time_of(other) < *ret_until) {
            *ret_until = time_of(other);
        }
        first = earlier ? stream : first;
    }
    return first;
}

/* Opens every file whose time has come. */
static struct stream *advance(struct source_set *set, uint64_t *ret_until)
{
    for (;;) {
        refill(set);
        struct stream *first = earliest(set, ret_until);
        const struct file *next = set->next < set->count ? set->order[set->next] : NULL;
        bool due =
            next != NULL && (first == NULL || !next->waiting || next->first_us <= time_of(first));
        if (!due || set->open_count == SOURCE_SET_OPEN_MAX) {
            set->late_count += due && next != set->late;
            set->late = due ? next : set->late;
            if (next != NULL && !due && next->first_us < *ret_until) {
                *ret_until = next->first_us;
            }
            return first;
        }
        open_next(set);
    }
}

/* Keeps the buffer for the frames of b that lie in it; false when b keeps all it can. */
static bool keep_buffer(struct batch *b, struct source_buffer *buffer)
{
    bool kept = b->buffer == buffer;
    for (uint32_t i = 0; i < b->more_count && !kept; i++) {
        kept = b->more[i] == buffer;
    }
    if (kept) {
        return true;
    }
    if (b->buffer != NULL && b->more_count == BATCH_MORE_BUFFERS) {
        return false;
    }
    if (b->buffer == NULL) {
        b->buffer = buffer;
    } else {
        b->more[b->more_count++] = buffer;
    }
    source_buffer_hold(buffer);
    return true;
}

/* Another file's packets follow. */
static void note_run(struct source_set *set, const struct stream *stream, uint64_t number)
{
    pthread_mutex_lock(&set->run_lock);
    if (set->run_count == set->run_room && !set->runs_full) {
        uint32_t room = set->run_room == 0 ? RUNS_FIRST : set->run_room * 2;
        struct run *runs =
            room > SOURCE_SET_RUNS_MAX ? NULL : realloc(set->runs, room * sizeof *runs);
        set->runs_full = runs == NULL;
        if (runs != NULL) {
            set->runs = runs;
            set->run_room = room;
        }
    }
    if (!set->runs_full) {
        set->runs[set->run_count++] = (struct run){
            .packet = set->packets,
            .number = number & ((UINT64_C(1) << 40) - 1),
            .file = stream->file->number & 0xffffffU,
        };
    }
    pthread_mutex_unlock(&set->run_lock);
}

static void give(struct source_set *set, struct stream *stream, struct batch *b)
{
    struct batch *from = stream->ahead;
    uint32_t i = stream->at++, to = b->count++;
    uint64_t number = from->packet[i];
    set->packets += number - stream->number; /* those that the filter left out count */
    if (stream->file != set->last_file) {
        note_run(set, stream, number);
        set->last_file = stream->file;
    }
    if (from->lost_to_us > 0) {
        batch_lose(b, from->lost_from_us, from->lost_to_us);
        from->lost_to_us = 0;
    }
    stream->number = number;
    b->frame[to] = from->frame[i];
    b->time_us[to] = from->time_us[i];
    b->link_type[to] = from->link_type[i];
    b->packet[to] = set->packets;
}

enum ov_status source_set_follow(struct source_feed *feed, const struct source_options *options,
                                 struct source_set **ret_set)
{
    enum ov_status status = source_set_new(NULL, 0, options, ret_set);
    if (status == OV_OK) {
        (*ret_set)->feed = feed;
    }
    return status;
}

/* Opens the next file of the feed. False when there is none yet. */
static bool follow_next(struct source_set *set)
{
    struct stream stream = { .file = NULL };
    const char *path = set->feed->next(set->feed);
    if (path == NULL) {
        return false;
    }
    stream.file = add_file(set, path);
    stream.ahead = calloc(1, sizeof *stream.ahead);
    if (stream.file == NULL || stream.ahead == NULL ||
        source_open(path, set->options, &stream.source, stream.file->end.why) != OV_OK) {
        free(stream.ahead);
        return true;
    }
    stream.file->end.opened = true;
    set->streams[set->open_count++] = stream;
    return true;
}

/* Sees to it that the file at hand has a packet to give; false when there is none for now. */
static bool follow_on(struct source_set *set)
{
    while (set->open_count > 0) {
        struct stream *stream = &set->streams[0];
        if (stream->at < stream->ahead->count) {
            return true;
        }
        bool over = set->feed->is_over(set->feed); /* asked first: all it has is there by then */
        source_release(stream->ahead);
        stream->at = 0;
        if (source_read(stream->source, stream->ahead)) {
            return true;
        }
        if (!source_waits(stream->source)) {
            close_stream(set, stream);
        } else if (over) {
            source_grown(stream->source);
        } else {
            return false;
        }
    }
    return false;
}

/* As source_set_read, of files that are still written: an empty batch where nothing new is there.
 */
static bool read_followed(struct source_set *set, struct batch *b)
{
    const volatile sig_atomic_t *stop = set->options->stop;
    uint64_t from_us = 0, to_us = 0;
    bool more = follow_on(set);
    for (uint32_t tries = 0; !more && tries < FILES_AT_ONCE && *stop == 0; tries++) {
        if (set->open_count > 0 || !follow_next(set)) {
            (void)poll(NULL, 0, LOOK_MS);
            return *stop == 0;
        }
        more = follow_on(set);
    }
    struct stream *stream = &set->streams[0];
    if (more && keep_buffer(b, stream->ahead->buffer)) {
        while (stream->at < stream->ahead->count) {
            give(set, stream, b);
        }
    }
    if (source_set_lost(set, &from_us, &to_us) && b->count > 0) {
        batch_lose(b, from_us, to_us);
        set->lost_to_us = 0;
    }
    return *stop == 0 || b->count > 0;
}

bool source_set_read(struct source_set *set, struct batch *b)
{
    uint64_t until = 0, to_us = 0;
    b->count = 0;
    b->buffer = NULL;
    b->more_count = 0;
    b->lost_from_us = b->lost_to_us = 0;
    forget_ended(set);
    if (set->feed != NULL) {
        return read_followed(set, b);
    }
    while (b->count < BATCH_SIZE) {
        struct stream *stream = advance(set, &until);
        if (stream == NULL || !keep_buffer(b, stream->ahead->buffer)) {
            break;
        }
        do {
            give(set, stream, b);
        } while (b->count < BATCH_SIZE && stream->at < stream->ahead->count &&
                 time_of(stream) < until);
        if (stream->at == stream->ahead->count && set->open_count == 1) {
            break; /* to read on may mean to wait, for a pipe */
        }
    }
    if (b->count > 0 && source_set_lost(set, &until, &to_us)) {
        batch_lose(b, until, to_us);
        set->lost_to_us = 0;
    }
    return b->count > 0;
}

bool source_set_lost(const struct source_set *set, uint64_t *ret_from_us, uint64_t *ret_to_us)
{
    *ret_from_us = set->lost_from_us;
    *ret_to_us = set->lost_to_us;
    return set->lost_to_us > 0;
}

void source_set_status(const struct source_set *set, struct source_status *ret_status)
{
    *ret_status = (struct source_status){ .packets = set->packets };
    bool known = true;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct file *file = set->files[i];
        known = known && (file->size_bytes > 0 || !file->end.opened);
        ret_status->total_bytes += file->size_bytes;
        ret_status->read_bytes += file->waiting ? 0 : file->end.status.read_bytes;
    }
    for (uint32_t i = 0; i < set->open_count; i++) {
        struct source_status status;
        source_status(set->streams[i].source, &status);
        ret_status->read_bytes += status.read_bytes;
        ret_status->read_bytes -= set->streams[i].file->end.status.read_bytes; /* of the look */
    }
    ret_status->total_bytes = known ? ret_status->total_bytes : 0;
}

uint32_t source_set_count(const struct source_set *set)
{
    return set->count;
}

void source_set_end(const struct source_set *set, uint32_t file, struct source_set_end *ret_end)
{
    *ret_end = set->files[file]->end;
}

uint32_t source_set_late(const struct source_set *set)
{
    return set->late_count;
}

/* Under the lock. */
static const struct run *find_run(const struct source_set *set, uint64_t packet)
{
    uint32_t from = 0, to = set->run_count;
    while (from < to) { /* the last run that does not begin behind the packet */
        uint32_t middle = from + (to - from) / 2;
        if (set->runs[middle].packet <= packet) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    bool given = set->feed != NULL || packet <= set->packets; /* or the reader may be at it */
    bool known = from > 0 && given && (from < set->run_count || !set->runs_full);
    return known ? &set->runs[from - 1] : NULL;
}

bool source_set_find(struct source_set *set, uint64_t packet, const char **ret_path,
                     uint64_t *ret_number)
{
    pthread_mutex_lock(&set->run_lock);
    const struct run *run = find_run(set, packet);
    if (run != NULL) {
        *ret_path = set->files[run->file]->end.path;
        *ret_number = run->number + (packet - run->packet);
    }
    pthread_mutex_unlock(&set->run_lock);
    return run != NULL;
}
