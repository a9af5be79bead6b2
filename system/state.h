/* SPDX-License-Identifier: MIT */
/*
 * state.h - the state of the cards of a machine in a file
 */
#ifndef SYSTEM_STATE_H
#define SYSTEM_STATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The cards as they are, and the clock; while the machine is stopped */
GByteArray *state_save(void);

/**
 * state_load() - Take the state of cards that were saved, maybe elsewhere
 *
 * The machine is built and has never run.  Return: false with @err; some cards
 * may have changed then, so the machine should not run
 */
bool state_load(const uint8_t *p, size_t len, GError **err);

/* -incoming: state_load() from "fd:NUMBER" or "file:PATH" */
bool state_incoming(const char *uri, GError **err);

#endif
