/* SPDX-License-Identifier: GPL-3.0-or-later
 * broker_files: what a broker's library is handed from memory, because it would read the files only when the process is
 * locked in: servers, certificates, credentials. Of broker.c alone; the secrets are wiped. */
#ifndef GH_BASE_BROKER_FILES_H
#define GH_BASE_BROKER_FILES_H

#include "base/broker.h"

#define BROKER_SERVER_TEXT 320

struct broker_files {
    char servers[BROKER_SERVERS][BROKER_SERVER_TEXT];
    int n;
    bool tls;
    struct writer ca, cert, key, user; /* NUL behind each */
};
/* 0, or a negative code with a sentence in err; broker_files_done in any case. */
int broker_files_read(const struct broker_options *opt, struct broker_files *ret, char *err, size_t cap);
void broker_files_done(struct broker_files *f);
/* Is user a credentials file (JWT and seed), and not name:password? */
bool broker_files_credentials(const struct broker_files *f);
/* Of such a file what stands behind the line that holds begin, up to the next dashes. malloc, the caller's to wipe; NULL
 * when it is not there. */
char *broker_files_part(const struct broker_files *f, const char *begin);

#endif
