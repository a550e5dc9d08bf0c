/* SPDX-License-Identifier: GPL-3.0-or-later
 * smtp_mail: envelope of one mail, its event and the members its documents carry. Used by smtp.c. */
#ifndef GH_SENSOR_SMTP_MAIL_H
#define GH_SENSOR_SMTP_MAIL_H

#include "sensor/decode/mime.h"

#define SMTP_RCPT_MAX 256u /* kept of one mail */
#define SMTP_ADDRESS_MAX 512u

struct smtp_mail {
    struct writer helo; /* of the session: survives smtp_mail_reset */
    struct writer from; /* "<a@b>" as written */
    struct writer rcpt; /* one behind the other, each ended by LF */
    unsigned n_rcpt;
    bool numbered; /* tx is taken */
    uint32_t tx;
};

void smtp_mail_init(struct smtp_mail *m);
void smtp_mail_done(struct smtp_mail *m);
void smtp_mail_reset(struct smtp_mail *m);
void smtp_mail_helo(struct smtp_mail *m, struct span name);
void smtp_mail_from(struct smtp_mail *m, struct span address);
void smtp_mail_rcpt(struct smtp_mail *m, struct span address);
/* Appends "smtp":{…},"email":{…} as text without braces around it, at most max bytes: long values and lists
 * are cut before it is left out. m NULL: no smtp object. facts NULL: no email object. complete: the mail
 * ended properly. */
void smtp_mail_members(const struct smtp_mail *m, const struct mime_facts *facts, bool complete, size_t max,
                       struct writer *out);

#endif
