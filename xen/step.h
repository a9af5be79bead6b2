/* SPDX-License-Identifier: MIT */
/*
 * step.h - where tests make a command fail or die
 */
#ifndef XEN_STEP_H
#define XEN_STEP_H

/**
 * step() - Called before each change that a command makes to the host
 *
 * Return: 0: go on; an errno: fail as if the change had failed so.  Always 0,
 * except in the program that tests are made with (vifctl-faults).
 */
#ifdef VIFCTL_FAULTS
int step(void);
#else
static inline int step(void)
{
    return 0;
}
#endif

#endif
