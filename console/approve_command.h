/* SPDX-License-Identifier: GPL-3.0-or-later
 * approve_command: gatehouse console enrol-approve, for one request or a directory of them: what one person
 * who has the phrases before him decides at the console's machine, also while the console runs. */
#ifndef GH_CONSOLE_APPROVE_COMMAND_H
#define GH_CONSOLE_APPROVE_COMMAND_H

#include "console/state.h"

#define APPROVE_STEP                                                                                         \
    100 /* requests in one transaction, so that a running console is not kept from its database */
#define APPROVE_MOST 100000 /* in one directory */

/* request: a file, whose answer goes to the file answer; or a directory, of whose directories each that has
 * request.json and no console.json yet gets its console.json (answer NULL). url: where appliances reach the
 * console. Exit code: 0; 2 when a request was refused (the others of a directory are enrolled); 3. */
int approve_command(struct state *s, const char *request, const char *answer, const char *url);

#endif
