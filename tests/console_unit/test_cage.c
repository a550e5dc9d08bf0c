/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the console must not be able to do, tried from inside its own jail, and what it lives by. Each trial
 * is a process of its own that locks itself in. Sanitized builds have a permissive jail and skip. */
#include "base/db.h"
#include "base/jail.h"
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_WORKS = 40, EXIT_REFUSED = 41, EXIT_NO_JAIL = 42 };

static char dir[] = "/tmp/gh-console-cage-XXXXXX", inside[64];
static int listening;

static int try_passwd(void)
{
    return open("/etc/passwd", O_RDONLY);
}
static int try_write_outside(void)
{
    return open("/tmp/gh-console-cage-was-here", O_WRONLY | O_CREAT, 0600);
}
static int try_proc(void)
{
    return open("/proc/self/mem", O_RDWR);
}
static int try_execute(void)
{
    return execl("/bin/true", "true", NULL);
}
static int try_execute_own(void)
{
    return execl(inside, "x", NULL);
}
static int try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0 ? 0 : -1;
}
static int try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}
static int try_connect(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int rc = connect(listening, (struct sockaddr *)&to, sizeof(to));
    return rc == 0 || errno != EPERM ? 0 : -1;
}
static int try_kill(void)
{
    return kill(getppid(), 0);
}
static int try_map_exec(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
static int try_root(void)
{
    return setuid(0);
}
static int use_database(void)
{
    char path[96];
    struct db *d;
    int rc;

    snprintf(path, sizeof(path), "%s/x.db", dir);
    rc = db_open(path, DB_WRITE_FULL, &d);
    if (rc)
        return -1;
    rc = db_exec(d, "CREATE TABLE IF NOT EXISTS t(a)", "");
    if (!rc)
        rc = db_exec(d, "INSERT INTO t VALUES(?)", "i", (int64_t)1);
    db_close(d);
    return rc ? -1 : 0;
}
static void *in_thread(void *arg)
{
    *(int *)arg = 1;
    return NULL;
}
static int use_thread(void)
{
    pthread_t t;
    int ran = 0;

    return pthread_create(&t, NULL, in_thread, &ran) == 0 && pthread_join(t, NULL) == 0 && ran ? 0 : -1;
}
static int use_accept(void)
{
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return fd >= 0 || errno == EAGAIN ? 0 : -1; /* nobody called, but it may answer */
}

static const struct {
    const char *name;
    int (*run)(void);
    enum { REFUSED, WORKS } want; /* a process that is killed for trying counts as refused */
} trials[] = {
    {"read a file of the machine", try_passwd, REFUSED},
    {"write outside its directory", try_write_outside, REFUSED},
    {"its own memory as a file", try_proc, REFUSED},
    {"execute a program", try_execute, REFUSED},
    {"execute what it wrote", try_execute_own, REFUSED},
    {"make a process", try_fork, REFUSED},
    {"make a socket", try_socket, REFUSED},
    {"call out on the socket it has", try_connect, REFUSED},
    {"signal another process", try_kill, REFUSED},
    {"executable memory", try_map_exec, REFUSED},
    {"become root again", try_root, REFUSED},
    {"its database", use_database, WORKS},
    {"a thread", use_thread, WORKS},
    {"answer a connection", use_accept, WORKS},
};

static int trial(int (*run)(void))
{
    const char *rw[] = {dir, NULL};
    const struct jail_options opt = {.rw = rw, .memory = 256u << 20, .files = 256};
    char err[256] = "";
    int status, abi = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (jail_enter(JAIL_CONSOLE, &opt, &abi, err, sizeof(err)) != 0) {
            fprintf(stderr, "%s\n", err);
            _exit(EXIT_NO_JAIL);
        }
        _exit(run() >= 0 ? EXIT_WORKS : EXIT_REFUSED);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return EXIT_NO_JAIL;
    return WIFSIGNALED(status) ? EXIT_REFUSED : WEXITSTATUS(status);
}

static void set_up(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd;

    CHECK(mkdtemp(dir) && chmod(dir, 0777) == 0);
    snprintf(inside, sizeof(inside), "%s/program", dir);
    fd = open(inside, O_WRONLY | O_CREAT, 0755);
    CHECK(fd >= 0 && write(fd, "#!/bin/true\n", 12) == 12 && close(fd) == 0 && chmod(inside, 0755) == 0);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CHECK(bind(listening, (struct sockaddr *)&own, sizeof(own)) == 0 && listen(listening, 5) == 0);
}

int main(void)
{
#ifdef GH_SANITIZE
    fprintf(stderr, "a sanitized build's jail is permissive: nothing to test\n");
    return CHECK_SKIP;
#endif
    char path[96];

    set_up();
    for (size_t i = 0; i < GH_COUNT(trials); i++) {
        int got = trial(trials[i].run);
        check_row(trials[i].name);
        CHECK(got == (trials[i].want == WORKS ? EXIT_WORKS : EXIT_REFUSED));
    }
    static const char *const files[] = {"x.db", "x.db-wal", "x.db-shm", "program"};
    for (size_t i = 0; i < GH_COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        unlink(path);
    }
    unlink("/tmp/gh-console-cage-was-here");
    rmdir(dir);
    return check_end();
}
