/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_msg_head: labels among the transport headers that Outlook keeps with a message (MS-OXPROPS
 * PidTagTransportMessageHeaders). */
#ifndef GH_RULES_X_MSG_HEAD_H
#define GH_RULES_X_MSG_HEAD_H

#include "rules/extract.h"

/* text: the headers as one string; every field whose name tells of a label is told as one. */
void msg_head_labels(struct extract *x, struct span text);

#endif
