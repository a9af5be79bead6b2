/* SPDX-License-Identifier: MIT */
/*
 * keeper.h - who cleans up after a device model that crashed
 */
#ifndef XEN_KEEPER_H
#define XEN_KEEPER_H

/**
 * keeper_start() - Fork a process that waits for the end of this one
 *
 * Before any of Xen's libraries was used.  If this process ends without having
 * removed its ioreq server, that one answers what a virtual CPU still waits
 * for, and removes it.  Return: a descriptor to keep, -1 with errno
 */
int keeper_start(unsigned domid);

/* Tell it which server it is about; it confines itself to that */
void keeper_tell(int fd, unsigned server);

#endif
