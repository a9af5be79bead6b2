// SPDX-License-Identifier: MIT
/*
 * emulator.c - the emulator as its guest and its qtest client see it
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { TIMEOUT_S = 50, SPINS = 4096 };

#define SETTLE_S 0.02

static pid_t child;

static void end_child(void)
{
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

/* Spin a while, then see how long it has been; false once it is too long */
static bool still_waiting(unsigned *spins, double *since)
{
    if (++*spins % SPINS) {
        __builtin_ia32_pause();
        return true;
    }
    if (*since == 0) {
        *since = now_s();
    }
    return now_s() - *since < TIMEOUT_S;
}

static int listen_at(const char *dir)
{
    struct sockaddr_un sa = { .sun_family = AF_UNIX };
    struct timeval tv = { .tv_sec = TIMEOUT_S };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/qtest", dir);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ||
        listen(fd, 1) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv))) {
        fail("socket '%s': %m", sa.sun_path);
    }
    return fd;
}

static void map_memory(struct emu *emu, const char *dir)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/ram", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, RAM_SIZE)) {
        fail("%s: %m", path);
    }
    emu->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (emu->ram == MAP_FAILED) {
        fail("%s: %m", path);
    }
    close(fd);
}

/* The CPU is inherited, so that the program never runs on another one */
static pid_t run(char **argv, int theirs, int ours)
{
    pid_t parent = getpid(), pid;

    pin(0, theirs);
    pid = vfork();
    if (pid == 0) {
        /* Nothing is left over, however we end */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) {
            dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
            dup2(STDERR_FILENO, STDOUT_FILENO);
            execvp(argv[0], argv);
        }
        _exit(127);
    }
    pin(0, ours);
    return pid;
}

void emu_start(struct emu *emu, char **argv, const char *dir, int theirs,
               int ours)
{
    int listener = listen_at(dir);
    double begin;

    emu->name = argv[0];
    map_memory(emu, dir);
    atexit(end_child);
    begin = now_s();
    child = run(argv, theirs, ours);
    emu->pid = child;
    emu->control = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (child < 0 || emu->control < 0) {
        fail("%s did not start", argv[0]);
    }
    emu_read(emu, "readl", 0);
    emu->started_s = now_s() - begin;
    close(listener);
    if (clock_getcpuclockid(child, &emu->clock)) {
        fail("no CPU clock of %s", argv[0]);
    }
}

/* Fields of /proc/PID/stat after the name, which may contain anything */
static const char *stat_fields(const struct emu *emu)
{
    static char text[1024];
    char path[64], *p = NULL;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", emu->pid);
    f = fopen(path, "re");
    if (f && fgets(text, sizeof(text), f)) {
        p = strrchr(text, ')');
    }
    if (!p) {
        fail("%s ended", emu->name);
    }
    fclose(f);
    return p + 2;
}

/* The kernel adds up what a process used when it leaves the CPU, and else at
 * each tick only; one that polls all the time has no better figure */
double emu_cpu_s(const struct emu *emu)
{
    double end = now_s() + SETTLE_S;

    while (*stat_fields(emu) != 'S' && now_s() < end) {
        continue;
    }
    return clock_s(emu->clock);
}

double emu_user_s(const struct emu *emu)
{
    unsigned long user = 0;

    /* Field 14, counted from the state, which is field 3 */
    sscanf(stat_fields(emu), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu",
           &user);
    return (double)user / (double)sysconf(_SC_CLK_TCK);
}

long emu_rss_kib(const struct emu *emu)
{
    char path[64], line[256];
    long kib = -1;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", emu->pid);
    f = fopen(path, "re");
    while (f && kib < 0 && fgets(line, sizeof(line), f)) {
        if (!strncmp(line, "VmRSS:", 6)) {
            kib = atol(line + 6);
        }
    }
    if (kib < 0) {
        fail("%s ended", emu->name);
    }
    fclose(f);
    return kib;
}

void emu_stop(struct emu *emu)
{
    kill(emu->pid, SIGSTOP);
    waitpid(emu->pid, NULL, WUNTRACED);
}

void emu_continue(struct emu *emu)
{
    kill(emu->pid, SIGCONT);
}

void emu_post(struct emu *emu, const char *text, size_t len)
{
    ssize_t put;

    for (; len; text += put, len -= (size_t)put) {
        put = send(emu->control, text, len, MSG_NOSIGNAL);
        if (put <= 0) {
            fail("%s ended", emu->name);
        }
    }
}

/* More input, without ever sleeping: a wake-up of ours is not its time */
static void refill(struct emu *emu)
{
    unsigned spins = 0;
    double since = 0;
    ssize_t got;

    if (emu->begin == emu->end) {
        emu->begin = emu->end = 0;
    }
    do {
        if (!still_waiting(&spins, &since)) {
            fail("%s does not answer", emu->name);
        }
        got = recv(emu->control, emu->in + emu->end,
                   sizeof(emu->in) - 1 - emu->end, MSG_DONTWAIT);
    } while (got < 0 && errno == EAGAIN);
    if (got <= 0) {
        fail("%s ended", emu->name);
    }
    emu->end += (size_t)got;
    emu->in[emu->end] = '\0';
}

uint64_t emu_answer(struct emu *emu)
{
    char *line, *newline = NULL;
    uint64_t val = 0;

    while (!newline) {
        line = emu->in + emu->begin;
        newline = memchr(line, '\n', emu->end - emu->begin);
        if (!newline && emu->begin) {
            memmove(emu->in, line, emu->end - emu->begin);
            emu->end -= emu->begin;
            emu->begin = 0;
        }
        if (!newline) {
            refill(emu);
        }
    }
    *newline = '\0';
    if (strncmp(line, "OK", 2)) {
        fail("%s answered '%s'", emu->name, line);
    }
    if (line[2] == ' ') {
        val = strtoull(line + 3, NULL, 0);
    }
    emu->begin = (size_t)(newline + 1 - emu->in);
    return val;
}

void emu_write(struct emu *emu, const char *how, unsigned at, uint64_t val)
{
    char text[80];
    int len = snprintf(text, sizeof(text), "%s 0x%x 0x%lx\n", how, at, val);

    emu_post(emu, text, (size_t)len);
    emu_answer(emu);
}

uint64_t emu_read(struct emu *emu, const char *how, unsigned at)
{
    char text[80];
    int len = snprintf(text, sizeof(text), "%s 0x%x\n", how, at);

    emu_post(emu, text, (size_t)len);
    return emu_answer(emu);
}

void emu_config(struct emu *emu, unsigned reg, uint32_t val)
{
    emu_write(emu, "outl", 0xcf8, 0x80000000u | SLOT << 11 | reg);
    emu_write(emu, "outl", 0xcfc, val);
}

void emu_wait(struct emu *emu, size_t at, uint8_t mask, uint8_t want)
{
    _Atomic uint8_t *p = (_Atomic uint8_t *)(emu->ram + at);
    unsigned spins = 0;
    double since = 0;

    while ((atomic_load_explicit(p, memory_order_acquire) & mask) != want) {
        if (!still_waiting(&spins, &since)) {
            fail("verification: %s did not get to the descriptor at %zx",
                 emu->name, at);
        }
    }
}
