/* SPDX-License-Identifier: MIT */
/*
 * dm-state.h - our part of a saved device state, behind QEMU's
 */
#ifndef XEN_DM_STATE_H
#define XEN_DM_STATE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* More than all cards of a guest together ever save, in bytes */
#define DM_STATE_MAX (16u << 20)

/**
 * dm_state_append() - Write our part at the end of a file
 * @fd: Its position becomes the end, if it has one
 * @state, @len: What vifemu saved, at most DM_STATE_MAX bytes; 0: nothing, its
 *               cards begin anew
 */
bool dm_state_append(int fd, const void *state, size_t len, GError **err);

/**
 * dm_state_find() - Read our part out of a file
 * @fd:    Its position does not change
 * @state: Gets it, or NULL if the file has none
 *
 * Return: false with @err if there is one and it is damaged, or if the file
 * cannot be read
 */
bool dm_state_find(int fd, GBytes **state, GError **err);

#endif
