/* SPDX-License-Identifier: GPL-3.0-or-later
 * opening_cmd: the parts of `gatehouse evidence` that deal with a divided key. argv[0] is the word; the
 * result is the exit code. */
#ifndef GH_CORE_OPENING_CMD_H
#define GH_CORE_OPENING_CMD_H

int opening_member_command(int argc, char **argv);
int opening_request_command(int argc, char **argv);
int opening_share_command(int argc, char **argv);
int opening_record_command(int argc, char **argv);

#endif
