/* cli/watch_service.c: sd_notify(3) without its library: one datagram. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/watch.h"

enum { PATIENCE_US = 200000 }; /* with who does not read what he asked for */

void watch_service_tell(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t size = path != NULL ? strlen(path) : 0;
    if (size == 0 || size >= sizeof to.sun_path) {
        return;
    }
    memcpy(to.sun_path, path, size);
    if (path[0] == '@') {
        to.sun_path[0] = '\0'; /* an abstract name */
    }
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0) {
        struct timeval patience = { .tv_usec = PATIENCE_US };
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
        (void)sendto(descriptor, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
                     length);
        close(descriptor);
    }
}
