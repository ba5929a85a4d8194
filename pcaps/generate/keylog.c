/* pcaps/generate/keylog.c: writes the TLS secrets of any OpenSSL program to $OVERT_KEYLOG, in NSS
 * key log format.
 *
 * A library for LD_PRELOAD: SSL_new comes here first and gives its context a key log callback,
 * unless the program set one itself. It links nothing but libc, so that it can ride in every
 * program of a lab; libssl is looked up when SSL_new is called, in the copy that the program, or a
 * module of it, has loaded. The peers of a lab and their secrets are thrown away; nothing of this
 * belongs into a product.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct ssl;
struct ssl_context;
typedef void keylog_callback(const struct ssl *ssl, const char *line);

struct ssl *SSL_new(struct ssl_context *context);

/* A function of the loaded libssl. It may be in the private scope of a module, where RTLD_NEXT does
 * not look. */
static void *find(const char *name)
{
    static void *library;
    if (!library) {
        library = dlopen("libssl.so.3", RTLD_LAZY | RTLD_NOLOAD);
    }
    return library ? dlsym(library, name) : dlsym(RTLD_NEXT, name);
}

/* One write a line, at the end: several programs share the file. */
static void append(const struct ssl *ssl, const char *line)
{
    (void)ssl;
    const char *path = getenv("OVERT_KEYLOG");
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        struct iovec parts[] = { { (char *)line, strlen(line) }, { "\n", 1 } };
        (void)!writev(fd, parts, 2);
        close(fd);
    }
}

struct ssl *SSL_new(struct ssl_context *context)
{
    struct ssl *(*real)(struct ssl_context *);
    keylog_callback *(*get)(const struct ssl_context *);
    void (*set)(struct ssl_context *, keylog_callback *);
    *(void **)&real = find("SSL_new");
    *(void **)&get = find("SSL_CTX_get_keylog_callback");
    *(void **)&set = find("SSL_CTX_set_keylog_callback");
    if (context && get && set && !get(context)) {
        set(context, append);
    }
    return real ? real(context) : NULL;
}
