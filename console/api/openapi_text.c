/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/api/openapi_text.h"

/* The assembler takes the file in: no generated source, no size limit of string literals (C17 5.2.4.1). */
__asm__(".pushsection .rodata\n"
        "openapi_text_begin:\n"
        ".incbin \"" GH_OPENAPI_FILE "\"\n"
        "openapi_text_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const uint8_t openapi_text_begin[] __attribute__((visibility("hidden")));
extern const uint8_t openapi_text_end[] __attribute__((visibility("hidden")));

struct span openapi_text(void)
{
    return span_of(openapi_text_begin, (size_t)(openapi_text_end - openapi_text_begin));
}
