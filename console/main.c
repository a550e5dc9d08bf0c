/* SPDX-License-Identifier: GPL-3.0-or-later
 * gh-console: the subcommittee's web console. With a word: one of the commands for the machine's operator. */
#include "console/command.h"
#include "console/backup.h"
#include "console/committee.h"
#include "console/parent_command.h"
#include "console/serve.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "committee"))
        return committee_command(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "backup"))
        return backup_command(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "restore"))
        return restore_command(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "check"))
        return check_command(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "parent"))
        return parent_command(argc - 1, argv + 1);
    if (argc > 1 && command_known(argv[1]))
        return command_run(argc - 1, argv + 1);
    if (argc > 1 && argv[1][0] != '-') {
        fprintf(stderr,
                "gatehouse console: unknown command '%s'\n"
                "usage: gatehouse console [-c FILE]\n"
                "       gatehouse console init|link|enrol-approve|appliances|retire|import|accept-hole|report|migrate|parent|goods|export-down|audit|committee|backup|restore|check ...\n",
                argv[1]);
        return 2;
    }
    return serve(argc, argv);
}
