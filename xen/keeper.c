// SPDX-License-Identifier: MIT
/*
 * keeper.c - who cleans up after a device model that crashed
 *
 * An ioreq server does not end with the process that made it: Xen goes on
 * handing requests to it, and a virtual CPU waits for ever for the answer.  So
 * a second process, with no other descriptors than its own and no rights but
 * on the domain, reads from a pipe that ends when the first one does.  What
 * Xen's libraries have to say while it is set up goes where the first one's
 * does; then that is let go of, as somebody may read it to its end.
 */
#include "xen/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "xen/reaper.h"

enum { NOBODY = 65534 };

static bool keeper_confine(const struct reaper *r)
{
    /* The folder may be to be unmounted one day */
    return chdir("/") == 0 && reaper_restrict(r) && setgroups(0, NULL) == 0 &&
           setgid(NOBODY) == 0 && setuid(NOBODY) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* All but @but; without a /dev/null they are closed, as nothing is opened any
 * more */
static void streams_drop(int but)
{
    int null = open("/dev/null", O_RDWR);

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fd != but && dup2(null, fd) < 0) {
            close(fd);
        }
    }
    close(null);
}

static void keeper_main(int fd, unsigned domid)
{
    static const int ignored[] = { SIGHUP, SIGINT, SIGTERM };
    struct reaper *r;
    unsigned server;
    ssize_t n;
    char c;

    for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        signal(ignored[i], SIG_IGN);
    }
    prctl(PR_SET_NAME, "vifemu-keeper");
    close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0U, 0);
    if (read(fd, &server, sizeof(server)) != sizeof(server)) {
        return;
    }
    r = reaper_open(domid);
    if (!r || !reaper_map(r, server) || !keeper_confine(r)) {
        reaper_close(r);
        return;
    }
    streams_drop(fd);
    do {
        n = read(fd, &c, 1);
    } while (n < 0 && errno == EINTR);
    reaper_run(r, NULL);
    reaper_close(r);
}

int keeper_start(unsigned domid)
{
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) < 0) {
        return -1;
    }
    pid = fork();
    if (pid < 0) {
        close(fds[0]);
        close(fds[1]);
        return -1;
    }
    if (pid == 0) {
        close(fds[1]);
        keeper_main(fds[0], domid);
        _exit(0);
    }
    close(fds[0]);
    return fds[1];
}

void keeper_tell(int fd, unsigned server)
{
    if (write(fd, &server, sizeof(server)) < 0) {
        /* It is not there: nobody cleans up */
    }
}
