#define _GNU_SOURCE
#include "warden_gpio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <stdio.h>
#include <string.h>

// The two interfaces differ in every name. Below, each is brought to the same seven functions, all static; what is built
// on them is shared.
//
//   chip_open, chip_close     a chip by the path of its device file
//   chip_has_label            whether the chip goes by this label
//   chip_line_count           lines of the chip
//   chip_find_line            a line's offset by its name: the offset, -ENOENT, -ENOTUNIQ or another errno value
//   line_claim, line_release  fill and empty `line`, whose chip and offset are set

#define CONSUMER "warden"

// errno, never 0: a library that fails without a reason must not look as if it had succeeded.
static int failure(void) { return errno > 0 ? -errno : -EIO; }

#ifdef GPIOD_LINE_BULK_MAX_LINES  // libgpiod 1.x

typedef struct gpiod_chip chip_type;

static chip_type *chip_open(const char *path) { return gpiod_chip_open(path); }
static void chip_close(chip_type *chip) { gpiod_chip_close(chip); }
static bool chip_has_label(chip_type *chip, const char *label) { return strcmp(gpiod_chip_label(chip), label) == 0; }
static int chip_line_count(chip_type *chip) { return (int)gpiod_chip_num_lines(chip); }

static int chip_find_line(chip_type *chip, const char *name) {
    int found = -ENOENT;
    for (unsigned offset = 0; offset < gpiod_chip_num_lines(chip); offset++) {
        struct gpiod_line *line = gpiod_chip_get_line(chip, offset);
        if (line == NULL) return failure();
        const char *line_name = gpiod_line_name(line);
        if (line_name == NULL || strcmp(line_name, name) != 0) continue;
        if (found >= 0) return -ENOTUNIQ;
        found = (int)offset;
    }
    return found;
}

static int line_claim(warden_gpio_line *line, const warden_gpio_request *request) {
    struct gpiod_line *handle = gpiod_chip_get_line(line->chip, line->offset);
    if (handle == NULL) return failure();
    static const int bias_flags[] = {
        [WARDEN_GPIO_BIAS_AS_IS] = 0,
        [WARDEN_GPIO_BIAS_DISABLED] = GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE,
        [WARDEN_GPIO_BIAS_PULL_UP] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
        [WARDEN_GPIO_BIAS_PULL_DOWN] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN,
    };
    struct gpiod_line_request_config config = {
        .consumer = CONSUMER,
        .request_type =
            request->is_output ? GPIOD_LINE_REQUEST_DIRECTION_OUTPUT : GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES,
        .flags = bias_flags[request->bias] | (request->is_active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0),
    };
    if (gpiod_line_request(handle, &config, request->starts_active) != 0) return failure();
    line->line = handle;
    line->fd = request->is_output ? -1 : gpiod_line_event_get_fd(handle);
    line->is_debounced = request->debounce_us == 0;
    return 0;
}

static void line_release(warden_gpio_line *line) {
    if (line->line != NULL) gpiod_line_release(line->line);
}

int warden_gpio_read(const warden_gpio_line *line) {
    int value = gpiod_line_get_value(line->line);
    return value < 0 ? failure() : value;
}

int warden_gpio_drive(const warden_gpio_line *line, bool is_active) {
    return gpiod_line_set_value(line->line, is_active) == 0 ? 0 : failure();
}

_Static_assert(WARDEN_GPIO_EDGE_BATCH <= 16, "gpiod_line_event_read_fd_multiple reads at most 16 events at once");

int warden_gpio_take_edges(const warden_gpio_line *line, warden_gpio_edge *edges) {
    struct gpiod_line_event events[WARDEN_GPIO_EDGE_BATCH];
    int count = gpiod_line_event_read_fd_multiple(line->fd, events, WARDEN_GPIO_EDGE_BATCH);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : failure();
    for (int index = 0; index < count; index++) {
        edges[index].timestamp_ns = (uint64_t)events[index].ts.tv_sec * 1000000000u + (uint64_t)events[index].ts.tv_nsec;
        edges[index].is_active = events[index].event_type == GPIOD_LINE_EVENT_RISING_EDGE;
    }
    return count;
}

const char *warden_gpio_library_version(void) { return gpiod_version_string(); }

#else  // libgpiod 2.x

typedef struct gpiod_chip chip_type;

static chip_type *chip_open(const char *path) { return gpiod_chip_open(path); }
static void chip_close(chip_type *chip) { gpiod_chip_close(chip); }

static bool chip_has_label(chip_type *chip, const char *label) {
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    if (info == NULL) return false;
    bool matches = strcmp(gpiod_chip_info_get_label(info), label) == 0;
    gpiod_chip_info_free(info);
    return matches;
}

static int chip_line_count(chip_type *chip) {
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    if (info == NULL) return failure();
    int count = (int)gpiod_chip_info_get_num_lines(info);
    gpiod_chip_info_free(info);
    return count;
}

static int chip_find_line(chip_type *chip, const char *name) {
    int count = chip_line_count(chip);
    if (count < 0) return count;
    int found = -ENOENT;
    for (unsigned offset = 0; offset < (unsigned)count; offset++) {
        struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, offset);
        if (info == NULL) return failure();
        const char *line_name = gpiod_line_info_get_name(info);
        bool matches = line_name != NULL && strcmp(line_name, name) == 0;
        gpiod_line_info_free(info);
        if (!matches) continue;
        if (found >= 0) return -ENOTUNIQ;
        found = (int)offset;
    }
    return found;
}

static int settings_fill(struct gpiod_line_settings *settings, const warden_gpio_request *request) {
    static const enum gpiod_line_bias biases[] = {
        [WARDEN_GPIO_BIAS_AS_IS] = GPIOD_LINE_BIAS_AS_IS,
        [WARDEN_GPIO_BIAS_DISABLED] = GPIOD_LINE_BIAS_DISABLED,
        [WARDEN_GPIO_BIAS_PULL_UP] = GPIOD_LINE_BIAS_PULL_UP,
        [WARDEN_GPIO_BIAS_PULL_DOWN] = GPIOD_LINE_BIAS_PULL_DOWN,
    };
    gpiod_line_settings_set_active_low(settings, request->is_active_low);
    if (gpiod_line_settings_set_bias(settings, biases[request->bias]) != 0) return failure();
    if (request->is_output) {
        enum gpiod_line_value value = request->starts_active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
        if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) != 0) return failure();
        return gpiod_line_settings_set_output_value(settings, value) == 0 ? 0 : failure();
    }
    gpiod_line_settings_set_debounce_period_us(settings, request->debounce_us);
    if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) != 0) return failure();
    if (gpiod_line_settings_set_event_clock(settings, GPIOD_LINE_CLOCK_MONOTONIC) != 0) return failure();
    return gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH) == 0 ? 0 : failure();
}

static int line_claim(warden_gpio_line *line, const warden_gpio_request *request) {
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *line_config = gpiod_line_config_new();
    struct gpiod_request_config *request_config = gpiod_request_config_new();
    int status = 0;
    if (settings == NULL || line_config == NULL || request_config == NULL) status = -ENOMEM;
    if (status == 0) status = settings_fill(settings, request);
    if (status == 0 && gpiod_line_config_add_line_settings(line_config, &line->offset, 1, settings) != 0) {
        status = failure();
    }
    if (status == 0) {
        gpiod_request_config_set_consumer(request_config, CONSUMER);
        // Twice what the older interface keeps: a burst of a Wiegand reader fits while a loop turn is under way.
        gpiod_request_config_set_event_buffer_size(request_config, 2 * WARDEN_GPIO_EDGE_BATCH);
        line->line = gpiod_chip_request_lines(line->chip, request_config, line_config);
        if (line->line == NULL) status = failure();
    }
    if (request_config != NULL) gpiod_request_config_free(request_config);
    if (line_config != NULL) gpiod_line_config_free(line_config);
    if (settings != NULL) gpiod_line_settings_free(settings);
    if (status != 0) return status;

    line->is_debounced = true;
    if (request->is_output) return 0;
    line->events = gpiod_edge_event_buffer_new(WARDEN_GPIO_EDGE_BATCH);
    if (line->events == NULL) return -ENOMEM;
    line->fd = gpiod_line_request_get_fd(line->line);
    return 0;
}

static void line_release(warden_gpio_line *line) {
    if (line->events != NULL) gpiod_edge_event_buffer_free(line->events);
    if (line->line != NULL) gpiod_line_request_release(line->line);
}

int warden_gpio_read(const warden_gpio_line *line) {
    enum gpiod_line_value value = gpiod_line_request_get_value(line->line, line->offset);
    if (value == GPIOD_LINE_VALUE_ERROR) return failure();
    return value == GPIOD_LINE_VALUE_ACTIVE;
}

int warden_gpio_drive(const warden_gpio_line *line, bool is_active) {
    enum gpiod_line_value value = is_active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
    return gpiod_line_request_set_value(line->line, line->offset, value) == 0 ? 0 : failure();
}

int warden_gpio_take_edges(const warden_gpio_line *line, warden_gpio_edge *edges) {
    int count = gpiod_line_request_read_edge_events(line->line, line->events, WARDEN_GPIO_EDGE_BATCH);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : failure();
    for (int index = 0; index < count; index++) {
        struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(line->events, (unsigned long)index);
        edges[index].timestamp_ns = gpiod_edge_event_get_timestamp_ns(event);
        edges[index].is_active = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
    }
    return count;
}

const char *warden_gpio_library_version(void) { return gpiod_api_version(); }

#endif

// Offers the line of each chip in /dev to `line`: the one chip that has the label, or the one that has the named line.
static int search_chips(warden_gpio_line *line, const char *label, const char *name) {
    DIR *folder = opendir("/dev");
    if (folder == NULL) return failure();
    int status = label != NULL ? -ENODEV : -ENOENT;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, "gpiochip", 8) != 0) continue;
        char path[sizeof("/dev/") + sizeof(entry->d_name)];
        snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
        chip_type *chip = chip_open(path);
        if (chip == NULL) {
            // A chip that may not be opened could be the one that is meant.
            if (line->chip == NULL && (errno == EACCES || errno == EPERM)) status = failure();
            continue;
        }
        int offset = label != NULL ? (chip_has_label(chip, label) ? 0 : -ENOENT) : chip_find_line(chip, name);
        if (offset < 0 && offset != -ENOTUNIQ) {
            chip_close(chip);
            continue;
        }
        if (line->chip != NULL || offset == -ENOTUNIQ) {
            chip_close(chip);
            status = -ENOTUNIQ;
            break;
        }
        line->chip = chip;
        line->offset = (uint32_t)offset;
        status = 0;
    }
    closedir(folder);
    return status;
}

static int find_chip(warden_gpio_line *line, const char *chip) {
    char path[256];
    int length = snprintf(path, sizeof(path), "%s%s", strchr(chip, '/') != NULL ? "" : "/dev/", chip);
    if (length >= (int)sizeof(path)) return -ENAMETOOLONG;
    line->chip = chip_open(path);
    if (line->chip != NULL) return 0;
    int status = failure();
    // Neither name nor path: a label.
    if (strchr(chip, '/') == NULL && status == -ENOENT) return search_chips(line, chip, NULL);
    // ENOTTY and EINVAL: a file, but not a GPIO chip's.
    return status == -ENOENT || status == -ENOTTY || status == -EINVAL || status == -ENXIO ? -ENODEV : status;
}

static int find_line(warden_gpio_line *line, const warden_gpio_request *request) {
    if (request->chip == NULL) return request->name == NULL ? -EINVAL : search_chips(line, NULL, request->name);
    int status = find_chip(line, request->chip);
    if (status != 0) return status;
    int count = chip_line_count(line->chip);
    if (count < 0) return count;
    if (request->name != NULL) {
        int offset = chip_find_line(line->chip, request->name);
        if (offset < 0) return offset;
        line->offset = (uint32_t)offset;
    } else {
        if (request->offset >= (uint32_t)count) return -ERANGE;
        line->offset = request->offset;
    }
    return 0;
}

int warden_gpio_claim(warden_gpio_line *line, const warden_gpio_request *request) {
    *line = warden_gpio_unclaimed();
    int status = find_line(line, request);
    if (status == 0) status = line_claim(line, request);
    if (status == 0 && line->fd >= 0) {
        int flags = fcntl(line->fd, F_GETFL);
        if (flags < 0 || fcntl(line->fd, F_SETFL, flags | O_NONBLOCK) != 0) status = failure();
    }
    if (status != 0) warden_gpio_release(line);
    return status;
}

void warden_gpio_release(warden_gpio_line *line) {
    line_release(line);
    if (line->chip != NULL) chip_close(line->chip);
    *line = warden_gpio_unclaimed();
}
