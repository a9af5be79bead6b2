/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - how much work something was, whatever else the host has to do
 */
#ifndef TESTS_UNIT_CPU_H
#define TESTS_UNIT_CPU_H

#include <stdint.h>
#include <time.h>

/** cpu_us() - Microseconds of processor time that this process has used */
static inline int64_t cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

#endif
