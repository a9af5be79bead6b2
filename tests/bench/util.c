// SPDX-License-Identifier: MIT
/*
 * util.c - clocks, CPUs and failures of the bench's programs
 */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

void fail(const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fputs("{\"error\": \"", stdout);
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            putchar('\\');
        }
        putchar(*p < ' ' ? ' ' : *p);
    }
    puts("\"}");
    exit(1);
}

double clock_s(clockid_t clock)
{
    struct timespec ts;

    if (clock_gettime(clock, &ts)) {
        fail("the emulator ended: its CPU clock is gone");
    }
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

double now_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

void pin(pid_t pid, int cpu)
{
    cpu_set_t set;

    if (cpu < 0) {
        return;
    }
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(pid, sizeof(set), &set)) {
        fail("cannot run on CPU %d: %m", cpu);
    }
}

void spin_s(double seconds)
{
    double end = now_s() + seconds;

    while (now_s() < end) {
        continue;
    }
}
