/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_msg_rtf: the compressed RTF of Outlook (MS-OXRTFCP). */
#ifndef GH_RULES_X_MSG_RTF_H
#define GH_RULES_X_MSG_RTF_H

#include "rules/extract.h"

/* Unpacks in to out (the caller's ceiling), paying with x's budget. False when it is damaged from the start;
 * a cut stream gives what there is. */
bool msg_rtf_unpack(struct extract *x, struct span in, struct writer *out);

#endif
