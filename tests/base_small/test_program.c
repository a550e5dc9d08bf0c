/* SPDX-License-Identifier: GPL-3.0-or-later
 * What lies beside this program. */
#include "base/program.h"
#include "tests/check.h"

#include <limits.h>
#include <unistd.h>

int main(void)
{
    char dir[PATH_MAX], self[PATH_MAX], real[PATH_MAX], small[8];
    ssize_t n = readlink("/proc/self/exe", real, sizeof(real) - 1);

    CHECK(n > 0);
    real[n > 0 ? n : 0] = 0;
    CHECK(program_beside("test_base_program", self, sizeof(self)));
    CHECK_STR(self, real);
    CHECK(program_beside("", dir, sizeof(dir)) &&
          strlen(dir) + strlen("/test_base_program") == strlen(self) && !strncmp(dir, self, strlen(dir)));
    CHECK(!program_beside("test_base_program", small, sizeof(small)));
    CHECK_STR(small, "");
    program_find("test_base_program", "/nowhere", dir, sizeof(dir));
    CHECK_STR(dir, self);
    program_find("not/there", "/nowhere", dir, sizeof(dir));
    CHECK_STR(dir, "/nowhere");
    return check_end();
}
