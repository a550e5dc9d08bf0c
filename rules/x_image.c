/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_image: words in pictures by tesseract, for scans that carry their stamp as ink alone. Built only where
 * tesseract is there; without its Vietnamese or English model pictures stay unread and say so.
 *
 * A photograph is not searched: recognising one costs seconds and gives noise. What looks like a page (one
 * background colour) is recognised within the document's time. */
#include "rules/formats.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>
#include <tesseract/capi.h>

#define PIXELS_MAX (24u << 20) /* 24 megapixels: A4 at 500 dpi */
#define WIDTH_MIN 40           /* smaller ones hold no stamp: bullets, rulers, icons */
#define HEIGHT_MIN 16
#define TIME_MAX_MS 4000 /* for one picture */
#define TIME_MIN_MS 200
#define PAGES_MAX 20 /* of one TIFF */

static TessBaseAPI *api;

/* Otherwise the library complains about its own caches when the process ends. */
static void shut_down(void)
{
    TessBaseAPIDelete(api);
    api = NULL;
}

void x_image_warm_up(void)
{
    static const char *const models[] = {"vie", "eng"};

    setenv("OMP_THREAD_LIMIT", "1", 1); /* the worker may not make threads */
    setMsgSeverity(L_SEVERITY_NONE);
    for (size_t i = 0; i < GH_COUNT(models) && !api; i++) {
        api = TessBaseAPICreate();
        if (api && TessBaseAPIInit3(api, NULL, models[i]) != 0) {
            TessBaseAPIDelete(api);
            api = NULL;
        }
    }
    if (api && atexit(shut_down) != 0)
        shut_down();
}

/* Share of the most frequent shade and its neighbours, of 100. */
static unsigned background_share(PIX *gray)
{
    size_t seen[256] = {0}, n = 0, best = 0;
    l_int32 w, h, step;

    pixGetDimensions(gray, &w, &h, NULL);
    step = w > 400 ? w / 200 : 2;
    for (l_int32 y = 0; y < h; y += step)
        for (l_int32 x = 0; x < w; x += step, n++) {
            l_uint32 v = 0;
            pixGetPixel(gray, x, y, &v);
            seen[v & 255]++;
        }
    for (size_t i = 0; i < 256; i++) {
        size_t sum = 0;
        for (size_t k = i; k < i + 32 && k < 256; k++)
            sum += seen[k];
        best = sum > best ? sum : best;
    }
    return n ? (unsigned)(best * 100 / n) : 0;
}

static unsigned time_left(struct extract *x)
{
    uint64_t left = extract_time_left(x);

    return left > TIME_MAX_MS ? TIME_MAX_MS : (unsigned)left;
}

static void recognise(struct extract *x, PIX *gray, unsigned page)
{
    unsigned ms = time_left(x);
    ETEXT_DESC *monitor = TessMonitorCreate();
    char *text;

    if (!monitor || ms < TIME_MIN_MS) {
        extract_unread(x, monitor ? UNREAD_TIMEOUT : UNREAD_TOO_LARGE);
        if (monitor)
            TessMonitorDelete(monitor);
        return;
    }
    TessMonitorSetDeadlineMSecs(monitor, (int)ms);
    TessBaseAPISetImage2(api, gray);
    if (pixGetXRes(gray) < 70)
        TessBaseAPISetSourceResolution(api, 150);
    if (TessBaseAPIRecognize(api, monitor) != 0)
        extract_unread(x, UNREAD_TIMEOUT);
    text = TessBaseAPIGetUTF8Text(api);
    if (text)
        extract_text(x, PLACE_IMAGE, page, span_str(text), NULL);
    TessDeleteText(text);
    TessBaseAPIClear(api);
    TessMonitorDelete(monitor);
}

static void read_picture(struct extract *x, PIX *pix, unsigned page)
{
    PIX *gray = pixConvertTo8(pix, 0);

    if (!gray)
        extract_unread(x, UNREAD_TOO_LARGE);
    else if (background_share(gray) < 50)
        extract_unread(x, UNREAD_UNSUPPORTED);
    else
        recognise(x, gray, page);
    pixDestroy(&gray);
}

void x_image(struct extract *x, struct span in)
{
    l_int32 format = 0, w = 0, h = 0;

    if (!api || pixReadHeaderMem(in.p, in.n, &format, &w, &h, NULL, NULL, NULL) != 0) {
        extract_unread_all(x, UNREAD_UNSUPPORTED);
        return;
    }
    if (w < WIDTH_MIN || h < HEIGHT_MIN)
        return;
    if ((uint64_t)w * (uint64_t)h > PIXELS_MAX || !extract_budget(x, (uint64_t)w * (uint64_t)h)) {
        extract_unread_all(x, UNREAD_TOO_LARGE);
        return;
    }
    if (format >= IFF_TIFF && format <= IFF_TIFF_ZIP) {
        size_t offset = 0;
        for (unsigned page = 1; page <= PAGES_MAX; page++) {
            PIX *pix = pixReadMemFromMultipageTiff(in.p, in.n, &offset);
            if (!pix && page == 1)
                extract_unread_all(x, UNREAD_CORRUPT);
            if (!pix)
                return;
            read_picture(x, pix, page);
            pixDestroy(&pix);
            if (!offset)
                return;
        }
        extract_unread(x, UNREAD_TOO_LARGE);
        return;
    }
    PIX *pix = pixReadMem(in.p, in.n);
    if (pix)
        read_picture(x, pix, 0);
    else
        extract_unread_all(x, UNREAD_CORRUPT);
    pixDestroy(&pix);
}
