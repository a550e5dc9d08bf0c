/* SPDX-License-Identifier: GPL-3.0-or-later
 * openapi_text: console/api/openapi.json, byte for byte within the program. */
#ifndef GH_CONSOLE_OPENAPI_TEXT_H
#define GH_CONSOLE_OPENAPI_TEXT_H

#include "base/reader.h"

struct span openapi_text(void);

#endif
