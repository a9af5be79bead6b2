// SPDX-License-Identifier: MIT
/*
 * models.c - all kinds of cards
 */
#include "hw/nic.h"

extern const struct nic_model e1000_82540em_model, e1000_82544gc_model,
    e1000_82545em_model, ne2k_pci_model, ne2k_isa_model, rtl8139_model,
    rtl8139_8139_model, rtl8139_8139a_model, rtl8139_8139b_model,
    rtl8139_8139c_model, rtl8139_8139d_model;

const struct nic_model *const nic_models[] = {
    &e1000_82540em_model, &e1000_82544gc_model, &e1000_82545em_model,
    &ne2k_pci_model,      &ne2k_isa_model,      &rtl8139_model,
    &rtl8139_8139_model,  &rtl8139_8139a_model, &rtl8139_8139b_model,
    &rtl8139_8139c_model, &rtl8139_8139d_model, NULL,
};
