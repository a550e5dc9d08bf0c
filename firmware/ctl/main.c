/* SPDX-License-Identifier: GPL-3.0-or-later
 * gatehouse: the one command for people. A table of subcommands; what belongs to a room is done by that room's program. */
#include "base/text.h"
#include "firmware/ctl/ctl.h"

#include <locale.h>
#include <stdio.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *program; /* or the room's program that does it */
    const char *summary, *usage, *details;
};

#define COMMON "  -c FILE               configuration (default: built-in values)\n" \
               "  --set SECTION.KEY=V   one value over the configuration\n"

static const struct command commands[] = {
    {"inspect", command_inspect, NULL, "read captures, print EVE JSON lines",
     "gatehouse inspect [-c FILE] [-w DIR] [--no-documents|--no-scan] [--threads N] CAPTURE...",
     COMMON "  -w DIR                store carved documents as DIR/ab/<sha256>\n"
            "  --no-scan             carve and hash documents, do not read them\n"
            "  --no-documents        flows and transactions only\n"
            "  --threads N           decode on N threads, 0: one for each processor; results are the same "
            "whatever N\n"
            "  CAPTURE               pcap or pcapng file, - for standard input\n"
            "The last line is the stats event with the ledger. Exit 1: the policy blocked something.\n"},
    {"classify", command_classify, NULL, "read documents from disk, print one JSON line each",
     "gatehouse classify [-c FILE] [--text] FILE-OR-DIR...",
     COMMON "  --text                add the text that was read\n"
            "Directories are walked in sorted order. Exit 1: the policy blocked something; 2: a named path "
            "does not exist.\n"},
    {"run", command_run, NULL, "the appliance: watch an interface, or replay captures into it",
     "gatehouse run [-c FILE] [-i INTERFACE | --replay CAPTURE]...",
     COMMON "  -i INTERFACE          watch this interface (capture.interface)\n"
            "  --replay CAPTURE      replay a file through the whole system instead; may be repeated\n"
            "  --units DIR           processes are started by the socket units of the package, each as its "
            "own user\n"},
    {"console", command_console, NULL, "the subcommittee's web console",
     "gatehouse console [-c FILE]  |  gatehouse console "
     "init|link|invite|keys|enrol-approve|appliances|retire|import|accept-hole|report|migrate|goods|export-down|audit "
     "[-c FILE] ...",
     COMMON
     "  init                  make keys, certificate and database\n"
     "  link                  print a new one-time sign-in link\n"
     "  invite                a code by which one appliance may ask to be enrolled: --hours N --unit UNIT --name NAME,\n"
     "                        -o FILE for a stick; 'invite list', 'invite approve NUMBER WORDS', 'invite withdraw NUMBER'\n"
     "  keys rotate           new keys of the console itself; appliances learn them, the old ones are taken --days N more\n"
     "                        (30); --tls: a new certificate then, too. 'keys show', 'keys finish [--now]'\n"
     "  enrol-approve FILE    accept an appliance's request, write the answer with -o\n"
     "  enrol-approve DIR     accept DIR/*/request.json, each answer goes beside it as console.json\n"
     "  appliances            list the appliances known\n"
     "  retire ID             refuse what that appliance sends from now on\n"
     "  import DIR|FILE...    take in what 'gatehouse journal export' wrote; receipts go to -o DIR, or "
     "beside it\n"
     "  accept-hole ID N..M   give up batches that nobody has any more, with --reason TEXT\n"
     "  report --month 2026-10 -o FILE.pdf   the committee's report; FILE.csv: its figures\n"
     "  backup -o FILE        everything the console has, while it runs; --password or --key RECOVERY.pub "
     "locks it\n"
     "  restore FILE          put a backup back; --verify only looks, --force puts aside what is there\n"
     "  check [--full]        is what is kept whole?\n"
     "  committee             who opens evidence: show|divide|add|remove|quorum; 'committee x' shows each "
     "form\n"
     "  goods ...             policies, rules, lists, settings, firmware, shadow policies: add, assign to "
     "appliances, see what became of it\n"
     "  export-down DIR       the same for an appliance without a line: --appliance NAME, to be taken in by "
     "'gatehouse down import'\n"
     "  audit                 print and check the chained record of who did what\n"},
    {"policy", NULL, "gh-policy", "check, test, replay, compare, sign and promote policies",
     "gatehouse policy check|test|explain|facts|replay|diff|shadow|keygen|sign|promote|rollback|status ...",
     "'gatehouse policy' alone shows each form.\n"},
    {"enforce", NULL, "gh-enforce", "the panic switch: stop blocking at once, or begin again",
     "gatehouse enforce off [NOTE] | on [NOTE] | status  [-c FILE]",
     COMMON "  off                   nothing is reset or blocked any more, and what is blocked is let go; "
            "holds over restarts\n"
            "  on                    back to what the policy says\n"
            "  status                which of the two, since when and by whom, and what was done\n"},
    {"rules", NULL, "gh-scan", "check, compile and list YARA rules", "gatehouse rules check|compile|list ...",
     "'gatehouse rules' alone shows each form.\n"},
    {"register", NULL, "gh-scan", "make registered documents known, so that copies of them are found",
     "gatehouse register [-c FILE] [-o INDEX] [-k KEY] [--level LEVEL] [--common] [--json] FILE-OR-DIR...\n"
     "       gatehouse register --list [--json]  |  --remove ID... [-c FILE] [-o INDEX]\n"
     "       gatehouse register --values LIST [--column N] [--header] [--threshold N] [-o INDEX] TABLE...\n"
     "       gatehouse register --values LIST --remove  |  --values --list [--json]",
     COMMON
     "  -o INDEX              the index (scan.registered; with --values scan.values)\n"
     "  -k KEY                its secret key (scan.registered_key, or INDEX.key); made with the first index\n"
     "  --level LEVEL         the documents' level, whatever their markings say\n"
     "  --common              what these documents say proves no copy: templates, laws, forms\n"
     "  --list                print what the index holds\n"
     "  --remove ID           forget documents\n"
     "  --json                one JSON line for each document\n"
     "  --values LIST         a list of exact values (numbers, accounts, names) from a table's column\n"
     "Exit 2: a document could not be registered; the others are.\n"},
    {"lists", NULL, "gh-lists", "compile, check, show and ask lists of indicators",
     "gatehouse lists compile|check|show|lookup ...", "'gatehouse lists' alone shows each form.\n"},
    {"journal", NULL, "gh-core", "verify, print, export and import the signed journal",
     "gatehouse journal verify|cat|export|import ...", "'gatehouse journal' alone shows each form.\n"},
    {"evidence", NULL, "gh-core", "list sealed documents, and open them together",
     "gatehouse evidence list|member|request|share|open|record ...",
     "'gatehouse evidence' alone shows each form.\n"},
    {"keys", NULL, "gh-uplink", "make and show this appliance's keys",
     "gatehouse keys generate|show|rotate -o FILE [-c FILE]", COMMON},
    {"enrol", NULL, "gh-uplink", "join a console", "gatehouse enrol --invitation CODE|FILE|- [--console URL] | request -o FILE | accept FILE [-c FILE]",
     COMMON
     "  --invitation CODE     what 'gatehouse console invite' gave: keys are made here, the console is asked, two people\n"
     "                        compare six words; FILE: the same on a stick; -: read it from standard input\n"
     "  --console URL         where the console is, when neither the file nor uplink.console says so\n"
     "  --again               there is a console already: put it aside (console.json.before)\n"
     "  --no-wait             end with 4 when the console's officer has not said yes yet; call it again later\n"
     "  request -o FILE       this appliance's public keys, for 'console enrol-approve'; with --invitation FILE as its guest\n"
     "  accept FILE           take the answer; with --invitation FILE from that console alone\n"},
    {"down", NULL, "gh-down", "what the console ordered this appliance to have",
     "gatehouse down status [--json] | import DIR [-c FILE]",
     COMMON
     "  status                what was ordered of each kind, and what became of it\n"
     "  import DIR            take in what 'gatehouse console export-down' wrote for this appliance\n"},
    {"simulate", NULL, "gh-uplink", "a fleet of appliances that are not there, for tests of a console",
     "gatehouse simulate --appliances N [--days D] [--batches N] [--records N] [--mix even|fleet] [--seed N] "
     "[--wrong-clocks Y] [--connections N] [--enrol FILE] [--json] -o DIR [--console URL]",
     "  --appliances N        DIR/00001 and up: keys and request.json in each, to be approved into "
     "console.json\n"
     "  --days D, --batches N, --records N   days; batches a day; records a batch (1, 24, 200)\n"
     "  --mix fleet           of a hundred 60 are posts, 5 ministries, which report a quarter and four times as much\n"
     "  --wrong-clocks Y      two in three have clocks that are wrong by Y years\n"
     "  --console URL         send; otherwise files for 'gatehouse console import' are written\n"
     "  --connections N       so many at a time (16)\n"
     "  --enrol FILE          have them approved by the console of this configuration, on this machine\n"
     "  --json                at the end what was made and what was taken\n"
     "Without --enrol: 'gatehouse console enrol-approve DIR', then call it again. Exit 1: batches were refused.\n"},
    {"firmware", NULL, "gh-update", "releases: make, sign, verify, install, bless, take back",
     "gatehouse firmware build|keys|sign|verify|install|take|have|status|bless|rollback|selftest|setup ...",
     "'gatehouse firmware' alone shows each form.\n"},
    {"status", command_status, NULL, "health, processes, losses", "gatehouse status [-c FILE] [--json]",
     COMMON "Exit 1: the appliance does not run.\n"},
    {"log-level", command_log_level, NULL, "more or less in the log, for a while",
     "gatehouse log-level [-c FILE]  |  gatehouse log-level error|warn|info|debug [PROCESS] [--for TIME] [-c "
     "FILE]  |  gatehouse log-level normal",
     COMMON
     "  PROCESS               sensor, core, scan, policy, lists, enforce or uplink; otherwise all\n"
     "  --for TIME            90s, 30m (the usual), 2h; at most a day, then it is as configured again\n"
     "Without a level it says what holds. Needs no restart.\n"},
    {"support", command_support, NULL, "one archive for who helps from afar, without secrets and names",
     "gatehouse support -o FILE.tar [--log FILE] [-c FILE]",
     COMMON "  -o FILE.tar           the archive, which must not be there yet\n"
            "  --log FILE            a log to take instead of the machine's journal\n"
            "MANIFEST.txt in it says what is inside and what was taken out.\n"},
    {"host", command_host, NULL, "the machine's packet filter and log quota, made of the configuration",
     "gatehouse host print|apply [-c FILE]",
     COMMON "  print                 show the nftables rules and the drop-in of journald\n"
            "  apply                 put them in force (root): in from node.management only, out to the "
            "console only\n"},
    {"setup", NULL, "gh-setup", "questions for a new post, on a screen or a serial line (root)",
     "gatehouse setup [--page [--address ADDRESS]] [--restart] [--through SOCKET] [-c FILE]",
     "  -c FILE               the configuration that is written (/etc/gatehouse/gatehouse.conf)\n"
     "  --page                ask in a browser instead, port 8480, until the post is enrolled; the code for "
     "it is printed\n"
     "  --address ADDRESS     of this machine, to listen on; otherwise all (from node.management and "
     "link-local only)\n"
     "  --restart             then start the service anew\n"
     "  --through SOCKET      ask only, without any right: gatehouse-setup-write.socket writes\n"
     "Name, cards, networks, zones, address, console, time; keys and enrolment. Vietnamese or English.\n"},
    {"factory-reset", NULL, "gh-setup", "erase keys, journal, evidence and enrolment (root)",
     "gatehouse factory-reset [--confirm NAME] [-c FILE]",
     "  --confirm NAME        the post's name, instead of typing it\n"
     "On an image the data partition's key goes; elsewhere the state directory's files. The configuration is "
     "kept.\n"},
    {"clock", command_clock, NULL, "a clock that is behind goes to the latest time known here (root)",
     "gatehouse clock [--to SECONDS] [-c FILE]",
     COMMON "  --to SECONDS          set it to this time, in seconds since 1970\n"
             "Done by the service before it starts. What the clock is worth is in 'gatehouse status'.\n"},
    {"owners", command_owners, NULL, "give the state directory to the users of the processes (root)",
     "gatehouse owners [-c FILE]",
     COMMON "Done by the package and before each start of the service; by hand after a copy was restored.\n"},
    {"config", command_config, NULL, "print the configuration in force, with every key explained",
     "gatehouse config [-c FILE] [--set SECTION.KEY=VALUE]...", COMMON},
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        if (!strcmp(name, commands[i].name))
            return &commands[i];
    return NULL;
}

static int unknown(const char *name)
{
    const char *names[GH_COUNT(commands)];
    const char *near;

    for (size_t i = 0; i < GH_COUNT(commands); i++)
        names[i] = commands[i].name;
    near = text_nearest(name, names, GH_COUNT(commands));
    fprintf(stderr, "gatehouse: unknown command '%s'%s%s%s\n'gatehouse help' lists the commands\n", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return 2;
}

static int help(const char *name)
{
    const struct command *c = name ? find(name) : NULL;

    if (name && !c)
        return unknown(name);
    if (c) {
        printf("%s: %s\n\nusage: %s\n\n%s", c->name, c->summary, c->usage, c->details);
        return 0;
    }
    printf("Gatehouse %s: security monitoring and document classification\n\nusage: gatehouse COMMAND ...\n\n", GH_VERSION);
    for (size_t i = 0; i < GH_COUNT(commands); i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf("\n'gatehouse help COMMAND' tells more; gatehouse(1) tells all.\n"
           "Exit codes: 0 done, 1 found or blocked, 2 usage, configuration or input, 3 could not finish.\n");
    return 0;
}

int main(int argc, char **argv)
{
    const struct command *c;

    setlocale(LC_CTYPE, "C.UTF-8");
    if (argc < 2) {
        help(NULL);
        return 2;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
        printf("gatehouse %s\n", GH_VERSION);
        return 0;
    }
    if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return help(argc > 2 ? argv[2] : NULL);
    c = find(argv[1]);
    if (!c)
        return unknown(argv[1]);
    if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
        return help(c->name);
    return c->run ? c->run(argc - 1, argv + 1) : ctl_exec(c->program, argc, argv);
}
