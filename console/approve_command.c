/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/approve_command.h"
#include "base/file.h"
#include "console/carry.h"
#include "console/invite.h"
#include "console/store/people.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* An answer that is written when the transaction is through: so none is there of whom the database does not
 * know. */
struct answer {
    char to[PATH_MAX], name[ENROL_NAME], phrase[128];
    struct writer text;
    bool follows;
};
struct approval {
    struct state *state;
    const char *url;
    struct answer *answer; /* APPROVE_STEP of them, answers of which are in use */
    size_t answers, done, refused;
};

static int say(const char *path, const char *why)
{
    fprintf(stderr, "gatehouse console enrol-approve: %s: %s\n", path, why);
    return 2;
}

static int machine(const char *path, int rc)
{
    (void)say(path, status_text(rc));
    return rc == ST_FULL || rc == ST_IO || rc == ST_NOMEM ? 3 : 2;
}

static int read_request(const char *path, struct enrol_request *r)
{
    const char *why = "";
    struct writer w;
    int rc;

    writer_init(&w, ENROL_FILE_MAX);
    rc = state_read(path, &w);
    if (rc)
        why = status_text(rc);
    else
        rc = enrol_read(writer_span(&w), r, &why);
    writer_done(&w);
    return rc ? say(path, why) : 0;
}

/* In the caller's transaction. 0, 2 (a refusal was told: nothing was written), or a negative code. */
static int enrol_one(struct approval *a, struct db *d, const char *from, const char *to)
{
    const struct state *s = a->state;
    const struct enrol_answer keys = {
        .url = a->url, .pin = s->pin, .console = *seal_keys_public(s->keys), .committee = s->committee};
    struct answer *x = &a->answer[a->answers];
    struct enrol_request r;
    int rc = read_request(from, &r);

    if (rc)
        return rc;
    writer_clear(&x->text);
    rc = enrol_write(&r, &keys, &x->text, x->phrase, sizeof(x->phrase));
    if (!rc)
        rc = invite_enrol(d, s->keys, &r, "console", NULL);
    if (rc == ST_DENIED)
        return say(from, "its invitation is none of this console's, is over, or was used by another appliance");
    if (r.follows && (rc == ST_NOT_FOUND || rc == ST_BAD_SIGNATURE))
        return say(from, rc == ST_NOT_FOUND ? "no active appliance had the keys before"
                                            : "it was not signed with the keys before");
    if (!rc)
        rc = audit_append(d, "console", NULL, r.follows ? "appliance_rekeyed" : r.region ? "region_enrolled" : "appliance_enrolled", r.name,
                          x->phrase);
    snprintf(x->to, sizeof(x->to), "%s", to);
    snprintf(x->name, sizeof(x->name), "%s", r.name);
    x->follows = r.follows;
    a->answers += !rc;
    return rc;
}

/* Ends the transaction, and writes the answers of those that it enrolled. An exit code. */
static int conclude(struct approval *a, int rc, bool list)
{
    char tame[600];

    rc = store_end(a->state->store, rc);
    if (rc)
        return machine("the database", rc);
    for (size_t i = 0; i < a->answers; i++) {
        const struct answer *x = &a->answer[i];
        rc = (list ? file_replace_soon : file_replace)(x->to, writer_span(&x->text), 0644);
        if (rc) {
            fprintf(stderr,
                    "gatehouse console enrol-approve: %s is enrolled, but its answer is not written: call it "
                    "again\n",
                    x->name);
            return machine(x->to, rc);
        }
        if (list)
            printf("%s  %s\n", carry_tame(x->name, tame, sizeof(tame)), x->phrase);
    }
    a->done += a->answers;
    a->answers = 0;
    return 0;
}

static int approve_file(struct approval *a, const char *from, const char *to)
{
    const struct answer *x = a->answer;
    int rc;
    struct db *d = store_begin(a->state->store, &rc);

    if (!d)
        return machine("the database", rc);
    rc = enrol_one(a, d, from, to);
    if (rc > 0) {
        store_rollback(a->state->store);
        return rc;
    }
    rc = conclude(a, rc, false);
    if (rc)
        return rc;
    if (x->follows)
        printf("the keys that this appliance had before vouch for the new ones; the old ones are retired\n");
    printf("enrolled: %s\nanswer:   %s\nphrase:   %s\n"
           "Take the answer to the appliance, and compare the phrase with the one it shows.\n",
           x->name, to, x->phrase);
    return 0;
}

/* One directory's request and answer. True when it waits. */
static bool waits(const char *dir, const char *name, char from[static PATH_MAX], char to[static PATH_MAX])
{
    int n = snprintf(from, PATH_MAX, "%s/%s/request.json", dir, name),
        m = snprintf(to, PATH_MAX, "%s/%s/console.json", dir, name);

    return n > 0 && n < PATH_MAX && m > 0 && m < PATH_MAX && access(from, F_OK) == 0 && access(to, F_OK) != 0;
}

static int is_plain(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* At most APPROVE_STEP of names from *at on, in one transaction. An exit code. */
static int approve_step(struct approval *a, const char *dir, struct dirent **names, size_t n, size_t *at)
{
    char from[PATH_MAX], to[PATH_MAX];
    int rc;
    struct db *d = store_begin(a->state->store, &rc);

    if (!d)
        return machine("the database", rc);
    for (; !rc && *at < n && a->answers < APPROVE_STEP; ++*at) {
        if (!waits(dir, names[*at]->d_name, from, to))
            continue;
        rc = enrol_one(a, d, from, to);
        a->refused += rc > 0;
        rc = rc > 0 ? 0 : rc; /* told; the others go on */
    }
    return conclude(a, rc, true);
}

static int approve_directory(struct approval *a, const char *dir)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, is_plain, alphasort), rc = 0;
    size_t at = 0;

    if (n < 0)
        return say(dir, strerror(errno));
    if (n > APPROVE_MOST)
        rc = say(dir, "more than 100000 entries: approve them in parts");
    while (!rc && at < (size_t)n)
        rc = approve_step(a, dir, names, (size_t)n, &at);
    while (n > 0)
        free(names[--n]);
    free(names);
    if (!rc && a->done && (rc = file_settle(dir)) != 0)
        rc = machine(dir, rc);
    if (rc)
        return rc;
    printf("%zu enrolled%s\n", a->done,
           a->done ? ". Each answer lies beside its request as console.json; compare the phrases with those "
                     "that the appliances show."
                   : ": no directory in it has a request.json and no console.json");
    return a->refused ? 2 : 0;
}

int approve_command(struct state *s, const char *request, const char *answer, const char *url)
{
    struct approval a = {.state = s, .url = url};
    struct stat st;
    bool many = stat(request, &st) == 0 && S_ISDIR(st.st_mode);
    int rc;

    if (many && answer)
        return say(request, "for a directory the answers go beside the requests: leave -o out");
    if (!many && !answer)
        return say(request, "say where the answer goes with -o FILE");
    a.answer = calloc(APPROVE_STEP, sizeof(*a.answer));
    if (!a.answer)
        return machine(request, ST_NOMEM);
    for (size_t i = 0; i < APPROVE_STEP; i++)
        writer_init(&a.answer[i].text, ENROL_FILE_MAX);
    rc = many ? approve_directory(&a, request) : approve_file(&a, request, answer);
    for (size_t i = 0; i < APPROVE_STEP; i++)
        writer_done(&a.answer[i].text);
    free(a.answer);
    return rc;
}
