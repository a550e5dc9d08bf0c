/* SPDX-License-Identifier: GPL-3.0-or-later
 * x_image: words in pictures by tesseract, for scans that carry their stamp as ink alone. Built only where
 * tesseract is there; without its Vietnamese or English model pictures stay unread and say so.
 *
 * A photograph is not searched: recognising one costs seconds and gives noise. What looks like a page (one
 * background colour) is recognised within the document's time, or left to the pool that has time for it: one
 * such picture sends the whole document there, so that the others are not even looked at before. */
#include "rules/formats.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <leptonica/allheaders.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <tesseract/capi.h>
#include <unistd.h>

#define PIXELS_MAX (24u << 20) /* 24 megapixels: A4 at 500 dpi */
#define WIDTH_MIN 40           /* smaller ones hold no stamp: bullets, rulers, icons */
#define HEIGHT_MIN 16
#define TIME_MAX_MS 4000 /* for one picture */
#define TIME_MIN_MS 200
#define PAGES_MAX 20 /* of one TIFF */

#define MODEL_MAX (64u << 20)

/* The model is only read before the jail: setting the engine up costs more than a whole idle start, and most
 * workers never see a picture. The first one that does sets it up from memory; nothing is opened for that. */
static uint8_t *model;
static size_t model_n;
static const char *model_name;
static TessBaseAPI *api;

static bool load_model(const char *dir, const char *name)
{
    char path[4096];
    struct stat st;
    bool good = false;
    int fd;

    snprintf(path, sizeof(path), "%s/%s.traineddata", dir, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= (off_t)MODEL_MAX &&
        (model = malloc((size_t)st.st_size))) {
        model_n = (size_t)st.st_size;
        good = read(fd, model, model_n) == (ssize_t)model_n;
        if (!good) {
            free(model);
            model = NULL;
        }
    }
    close(fd);
    return good;
}

/* The worker may not make threads, and OpenMP, which the engine is built with, ends the process when it
 * cannot. Its environment variables were read when it was loaded, so it is told by call; its own header
 * belongs to a compiler. */
static void one_thread(void)
{
    void *call = dlsym(RTLD_DEFAULT, "omp_set_max_active_levels");
    void (*set_levels)(int);

    if (!call)
        return; /* built without it */
    memcpy(&set_levels, &call, sizeof(set_levels));
    set_levels(0); /* no region is ever active, whatever number of threads it asks for */
}

void x_image_warm_up(void)
{
    static const char *const names[] = {"vie", "eng"};
    const char *const dirs[] = {getenv("TESSDATA_PREFIX"), "/usr/share/tesseract-ocr/5/tessdata",
                                "/usr/share/tessdata"};

    one_thread();
    setMsgSeverity(L_SEVERITY_NONE);
    for (size_t i = 0; i < GH_COUNT(names) && !model; i++)
        for (size_t k = 0; k < GH_COUNT(dirs) && !model; k++)
            if (dirs[k] && load_model(dirs[k], names[i]))
                model_name = names[i];
}

/* Otherwise the library complains about its own caches when the process ends. */
static void shut_down(void)
{
    TessBaseAPIDelete(api);
    api = NULL;
}

static bool set_up(void)
{
    if (api || !model)
        return api != NULL;
    api = TessBaseAPICreate();
    if (api && TessBaseAPIInit5(api, (const char *)model, (int)model_n, model_name, OEM_DEFAULT, NULL, 0,
                                NULL, NULL, 0, 0) != 0)
        shut_down();
    free(model); /* the engine has its own by now, and what failed once fails again */
    model = NULL;
    if (api && atexit(shut_down) != 0)
        shut_down();
    return api != NULL;
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
    ETEXT_DESC *monitor;
    unsigned ms;
    char *text;

    if (!set_up()) {
        extract_unread(x, UNREAD_UNSUPPORTED);
        return;
    }
    ms = time_left(x);
    monitor = TessMonitorCreate();
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
    else if (!extract_leave_picture(x, true))
        recognise(x, gray, page);
    pixDestroy(&gray);
}

void x_image(struct extract *x, struct span in)
{
    l_int32 format = 0, w = 0, h = 0;

    if ((!api && !model) || pixReadHeaderMem(in.p, in.n, &format, &w, &h, NULL, NULL, NULL) != 0) {
        extract_unread_all(x, UNREAD_UNSUPPORTED);
        return;
    }
    if (w < WIDTH_MIN || h < HEIGHT_MIN || extract_leave_picture(x, false))
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
