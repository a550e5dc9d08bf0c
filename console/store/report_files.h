/* SPDX-License-Identifier: GPL-3.0-or-later
 * report_files: the PDFs of reports, state_dir/reports/<id>.pdf. Whole or not there: written beside, then
 * renamed. Any thread. */
#ifndef GH_CONSOLE_REPORT_FILES_H
#define GH_CONSOLE_REPORT_FILES_H

#include "base/writer.h"

int report_file_write(const char *state_dir, int64_t id, struct span pdf, uint8_t ret_sha256[static 32]);
/* At most the writer's ceiling. ST_NOT_FOUND. */
int report_file_read(const char *state_dir, int64_t id, struct writer *out);
void report_file_drop(const char *state_dir, int64_t id);

#endif
