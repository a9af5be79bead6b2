// SPDX-License-Identifier: MIT
/*
 * rtl8139-cells.c - the EEPROM of an RTL8139, from behind
 */
#include "rtl8139-cells.h"

#include "hw/net/rtl8139.h"
#include "nic-host.h"

uint16_t *card_cells(void)
{
    return ((struct rtl8139 *)host.nic)->eeprom.word;
}
