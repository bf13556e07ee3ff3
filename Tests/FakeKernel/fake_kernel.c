#define _GNU_SOURCE
#include "fake_kernel.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CHIPS = 8, LINES = 64, ADAPTERS = 8, PORTS = 4, DESCRIPTORS = 4096, GPIO_MAJOR = 254, I2C_MAJOR = 89 };
// Edges that the kernel keeps for a line of the older interface (gpiolib-cdev.c, struct lineevent_state).
enum { OLD_QUEUE = 16 };

typedef struct {
    char name[GPIO_MAX_NAME_SIZE];
    bool level, is_claimed, is_output, held_by_other;
    unsigned drive_count, change_count;
    uint64_t flags;
    uint32_t debounce_us;
    // The end of the pipe that edges are written into, or -1; and which interface they are read through.
    int edges;
    bool is_new_interface;
    unsigned queue, sequence;
} line_state;

typedef struct {
    bool exists, is_present;
    char label[GPIO_MAX_NAME_SIZE];
    unsigned line_count;
    line_state lines[LINES];
} chip_state;

typedef struct {
    bool exists;
    uint8_t registers[256], pointer;
} device_state;

typedef struct {
    bool exists;
    unsigned long functions;
    int error;
    unsigned delay_ms, transfers, timeout_ms;
    device_state devices[128];
} adapter_state;

typedef struct {
    char name[32], path[64];
} port_state;

typedef enum { OTHER = 0, CHIP, LINE, ADAPTER, PORT } file_kind;

typedef struct {
    file_kind kind;
    int device;
    unsigned offset;
    uint8_t address;
} file_state;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static chip_state chips[CHIPS];
static adapter_state adapters[ADAPTERS];
static port_state ports[PORTS];
static file_state files[DESCRIPTORS];
int fake_gpio_tap = -1;
static char dev_folder[] = "/tmp/fake-kernel-dev.XXXXXX";

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) abort();
    return function;
}

static file_state *file_of(int fd) { return fd >= 0 && fd < DESCRIPTORS ? &files[fd] : &files[DESCRIPTORS - 1]; }

static int fail(int error) {
    errno = error;
    return -1;
}

// --- The test's side ------------------------------------------------------------------------------------------------

static int add_name(const char *name) {
    if (strstr(dev_folder, "XXXXXX") != NULL && mkdtemp(dev_folder) == NULL) abort();
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", dev_folder, name);
    int fd = REAL(open)(path, O_CREAT | O_WRONLY, 0600);
    if (fd < 0) abort();
    return REAL(close)(fd);
}

static void remove_name(const char *name) {
    char path[64];
    snprintf(path, sizeof(path), "%s/%s", dev_folder, name);
    unlink(path);
}

static void end_line(line_state *line) {
    if (line->edges >= 0) REAL(close)(line->edges);
    line->edges = -1;
    line->is_claimed = false;
}

void fake_kernel_reset(void) {
    for (int chip = 0; chip < CHIPS; chip++) {
        if (chips[chip].exists) fake_gpio_remove_chip(chip);
    }
    pthread_mutex_lock(&lock);
    memset(chips, 0, sizeof(chips));
    memset(adapters, 0, sizeof(adapters));
    memset(ports, 0, sizeof(ports));
    pthread_mutex_unlock(&lock);
}

int fake_gpio_add_chip(const char *label, unsigned line_count) {
    pthread_mutex_lock(&lock);
    int number = 0;
    while (chips[number].exists) number++;
    chip_state *chip = &chips[number];
    *chip = (chip_state){.exists = true, .is_present = true, .line_count = line_count};
    snprintf(chip->label, sizeof(chip->label), "%s", label);
    for (unsigned offset = 0; offset < LINES; offset++) chip->lines[offset].edges = -1;
    char name[16];
    snprintf(name, sizeof(name), "gpiochip%d", number);
    add_name(name);
    pthread_mutex_unlock(&lock);
    return number;
}

void fake_gpio_name_line(int chip, unsigned offset, const char *name) {
    snprintf(chips[chip].lines[offset].name, GPIO_MAX_NAME_SIZE, "%s", name);
}

void fake_gpio_hold_line(int chip, unsigned offset) { chips[chip].lines[offset].held_by_other = true; }

static uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void report_edge(line_state *line, unsigned offset) {
    bool is_active = line->level != ((line->flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0);
    int waiting = 0;
    ioctl(line->edges, FIONREAD, &waiting);
    if (line->is_new_interface) {
        struct gpio_v2_line_event event = {
            .timestamp_ns = monotonic_ns(),
            .id = is_active ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE,
            .offset = offset,
            .seqno = ++line->sequence,
            .line_seqno = line->sequence,
        };
        if ((unsigned)waiting / sizeof(event) < line->queue && write(line->edges, &event, sizeof(event)) < 0) abort();
    } else {
        struct gpioevent_data event = {
            .timestamp = monotonic_ns(),
            .id = is_active ? GPIOEVENT_EVENT_RISING_EDGE : GPIOEVENT_EVENT_FALLING_EDGE,
        };
        if ((unsigned)waiting / sizeof(event) < line->queue && write(line->edges, &event, sizeof(event)) < 0) abort();
    }
}

void fake_gpio_set_input(int chip, unsigned offset, bool level) {
    pthread_mutex_lock(&lock);
    line_state *line = &chips[chip].lines[offset];
    bool changed = line->level != level;
    line->level = level;
    if (changed && line->edges >= 0) report_edge(line, offset);
    pthread_mutex_unlock(&lock);
}

void fake_gpio_pulse_late(int chip, unsigned offset, unsigned edges) {
    pthread_mutex_lock(&lock);
    line_state *line = &chips[chip].lines[offset];
    for (unsigned edge = 0; edge < edges && line->edges >= 0; edge++) report_edge(line, offset);
    pthread_mutex_unlock(&lock);
}

bool fake_gpio_level(int chip, unsigned offset) { return chips[chip].lines[offset].level; }
bool fake_gpio_is_claimed(int chip, unsigned offset) { return chips[chip].lines[offset].is_claimed; }
bool fake_gpio_is_output(int chip, unsigned offset) { return chips[chip].lines[offset].is_output; }
unsigned fake_gpio_drive_count(int chip, unsigned offset) { return chips[chip].lines[offset].drive_count; }
unsigned fake_gpio_change_count(int chip, unsigned offset) { return chips[chip].lines[offset].change_count; }
uint64_t fake_gpio_flags(int chip, unsigned offset) { return chips[chip].lines[offset].flags; }
uint32_t fake_gpio_debounce_us(int chip, unsigned offset) { return chips[chip].lines[offset].debounce_us; }

void fake_gpio_remove_chip(int number) {
    pthread_mutex_lock(&lock);
    chip_state *chip = &chips[number];
    chip->is_present = false;
    for (unsigned offset = 0; offset < LINES; offset++) end_line(&chip->lines[offset]);
    char name[16];
    snprintf(name, sizeof(name), "gpiochip%d", number);
    remove_name(name);
    pthread_mutex_unlock(&lock);
}

void fake_gpio_restore_chip(int number) {
    pthread_mutex_lock(&lock);
    chips[number].is_present = true;
    char name[16];
    snprintf(name, sizeof(name), "gpiochip%d", number);
    add_name(name);
    pthread_mutex_unlock(&lock);
}

void fake_i2c_add_adapter(int number, unsigned long functions) {
    adapters[number] = (adapter_state){.exists = true, .functions = functions};
}

void fake_i2c_add_device(int number, uint8_t address) {
    adapters[number].devices[address] = (device_state){.exists = true};
}

void fake_i2c_set_register(int number, uint8_t address, uint8_t place, uint8_t value) {
    pthread_mutex_lock(&lock);
    adapters[number].devices[address].registers[place] = value;
    pthread_mutex_unlock(&lock);
}

uint8_t fake_i2c_register(int number, uint8_t address, uint8_t place) {
    pthread_mutex_lock(&lock);
    uint8_t value = adapters[number].devices[address].registers[place];
    pthread_mutex_unlock(&lock);
    return value;
}

void fake_i2c_set_failure(int number, int error) {
    pthread_mutex_lock(&lock);
    adapters[number].error = error;
    pthread_mutex_unlock(&lock);
}

void fake_i2c_set_delay_ms(int number, unsigned delay_ms) {
    pthread_mutex_lock(&lock);
    adapters[number].delay_ms = delay_ms;
    pthread_mutex_unlock(&lock);
}

unsigned fake_i2c_transfer_count(int number) {
    pthread_mutex_lock(&lock);
    unsigned count = adapters[number].transfers;
    pthread_mutex_unlock(&lock);
    return count;
}

unsigned fake_i2c_timeout_ms(int number) { return adapters[number].timeout_ms; }

int fake_terminal_make(char *path) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) abort();
    if (ptsname_r(master, path, FAKE_PATH_BYTES) != 0) abort();
    return master;
}

void fake_tty_add(const char *name, const char *path) {
    for (int index = 0; index < PORTS; index++) {
        if (ports[index].name[0] != 0) continue;
        snprintf(ports[index].name, sizeof(ports[index].name), "%s", name);
        snprintf(ports[index].path, sizeof(ports[index].path), "%s", path);
        return;
    }
    abort();
}

void fake_tty_remove(const char *name) {
    for (int index = 0; index < PORTS; index++) {
        if (strcmp(ports[index].name, name) == 0) ports[index].name[0] = 0;
    }
}

// --- The GPIO character device --------------------------------------------------------------------------------------

static void drive(line_state *line, bool level) {
    bool changed = line->level != level;
    line->level = level;
    line->drive_count++;
    if (changed) line->change_count++;
    if (changed && fake_gpio_tap >= 0 && write(fake_gpio_tap, "1", 1) != 1) fake_gpio_tap = -1;
}

static int claim(chip_state *chip, unsigned offset, uint64_t flags, bool active) {
    if (offset >= chip->line_count) return EINVAL;
    line_state *line = &chip->lines[offset];
    if (line->is_claimed || line->held_by_other) return EBUSY;
    line->is_claimed = true;
    line->flags = flags;
    line->is_output = (flags & GPIO_V2_LINE_FLAG_OUTPUT) != 0;
    if (line->is_output) {
        drive(line, active != ((flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0));
    }
    return 0;
}

// A descriptor for a claimed line: the reading end of a pipe, into which inputs write their edges.
static int line_file(int chip, unsigned offset, bool is_new_interface, unsigned queue) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    fcntl(ends[0], F_SETFL, 0);
    *file_of(ends[0]) = (file_state){.kind = LINE, .device = chip, .offset = offset};
    line_state *line = &chips[chip].lines[offset];
    line->edges = ends[1];
    line->is_new_interface = is_new_interface;
    line->queue = queue;
    return ends[0];
}

static uint64_t flags_of_old(uint32_t flags) {
    uint64_t result = 0;
    if (flags & GPIOHANDLE_REQUEST_INPUT) result |= GPIO_V2_LINE_FLAG_INPUT;
    if (flags & GPIOHANDLE_REQUEST_OUTPUT) result |= GPIO_V2_LINE_FLAG_OUTPUT;
    if (flags & GPIOHANDLE_REQUEST_ACTIVE_LOW) result |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
    if (flags & GPIOHANDLE_REQUEST_BIAS_PULL_UP) result |= GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
    if (flags & GPIOHANDLE_REQUEST_BIAS_PULL_DOWN) result |= GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
    if (flags & GPIOHANDLE_REQUEST_BIAS_DISABLE) result |= GPIO_V2_LINE_FLAG_BIAS_DISABLED;
    return result;
}

static int chip_ioctl(int number, unsigned long request, void *argument) {
    chip_state *chip = &chips[number];
    if (!chip->is_present) return fail(ENODEV);
    switch (request) {
    case GPIO_GET_CHIPINFO_IOCTL: {
        struct gpiochip_info *info = argument;
        memset(info, 0, sizeof(*info));
        snprintf(info->name, sizeof(info->name), "gpiochip%d", number);
        memcpy(info->label, chip->label, sizeof(info->label));
        info->lines = chip->line_count;
        return 0;
    }
    case GPIO_GET_LINEINFO_IOCTL: {
        struct gpioline_info *info = argument;
        if (info->line_offset >= chip->line_count) return fail(EINVAL);
        line_state *line = &chip->lines[info->line_offset];
        memcpy(info->name, line->name, sizeof(info->name));
        info->consumer[0] = 0;
        info->flags = line->is_claimed || line->held_by_other ? GPIOLINE_FLAG_KERNEL : 0;
        return 0;
    }
    case GPIO_V2_GET_LINEINFO_IOCTL: {
        struct gpio_v2_line_info *info = argument;
        unsigned offset = info->offset;
        if (offset >= chip->line_count) return fail(EINVAL);
        line_state *line = &chip->lines[offset];
        memset(info, 0, sizeof(*info));
        info->offset = offset;
        memcpy(info->name, line->name, sizeof(info->name));
        info->flags = GPIO_V2_LINE_FLAG_INPUT;
        if (line->is_claimed || line->held_by_other) info->flags |= GPIO_V2_LINE_FLAG_USED;
        return 0;
    }
    case GPIO_GET_LINEHANDLE_IOCTL: {
        struct gpiohandle_request *wanted = argument;
        if (wanted->lines != 1) return fail(EINVAL);
        unsigned offset = wanted->lineoffsets[0];
        int error = claim(chip, offset, flags_of_old(wanted->flags), wanted->default_values[0] != 0);
        if (error != 0) return fail(error);
        wanted->fd = line_file(number, offset, false, 0);
        return 0;
    }
    case GPIO_GET_LINEEVENT_IOCTL: {
        struct gpioevent_request *wanted = argument;
        int error = claim(chip, wanted->lineoffset, flags_of_old(wanted->handleflags), false);
        if (error != 0) return fail(error);
        wanted->fd = line_file(number, wanted->lineoffset, false, OLD_QUEUE);
        return 0;
    }
    case GPIO_V2_GET_LINE_IOCTL: {
        struct gpio_v2_line_request *wanted = argument;
        if (wanted->num_lines != 1) return fail(EINVAL);
        bool active = false;
        uint64_t flags = wanted->config.flags;
        uint32_t debounce_us = 0;
        for (unsigned index = 0; index < wanted->config.num_attrs; index++) {
            struct gpio_v2_line_config_attribute *attribute = &wanted->config.attrs[index];
            if ((attribute->mask & 1) == 0) continue;
            switch (attribute->attr.id) {
            case GPIO_V2_LINE_ATTR_ID_FLAGS: flags = attribute->attr.flags; break;
            case GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES: active = attribute->attr.values & 1; break;
            case GPIO_V2_LINE_ATTR_ID_DEBOUNCE: debounce_us = attribute->attr.debounce_period_us; break;
            default: return fail(EINVAL);
            }
        }
        unsigned offset = wanted->offsets[0];
        int error = claim(chip, offset, flags, active);
        if (error != 0) return fail(error);
        chip->lines[offset].debounce_us = debounce_us;
        bool has_edges = (flags & (GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING)) != 0;
        // gpiolib-cdev.c: sixteen edges a line unless the request says otherwise.
        unsigned queue = wanted->event_buffer_size != 0 ? wanted->event_buffer_size : 16;
        wanted->fd = line_file(number, offset, true, has_edges ? queue : 0);
        return 0;
    }
    default: return fail(ENOTTY);
    }
}

static int line_ioctl(int number, unsigned offset, unsigned long request, void *argument) {
    chip_state *chip = &chips[number];
    line_state *line = &chip->lines[offset];
    if (!chip->is_present || !line->is_claimed) return fail(ENODEV);
    bool is_active_low = (line->flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0;
    switch (request) {
    case GPIOHANDLE_GET_LINE_VALUES_IOCTL:
        ((struct gpiohandle_data *)argument)->values[0] = line->level != is_active_low;
        return 0;
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
        ((struct gpio_v2_line_values *)argument)->bits = line->level != is_active_low;
        return 0;
    case GPIOHANDLE_SET_LINE_VALUES_IOCTL:
    case GPIO_V2_LINE_SET_VALUES_IOCTL: {
        if (!line->is_output) return fail(EPERM);
        bool active = request == GPIOHANDLE_SET_LINE_VALUES_IOCTL
            ? ((struct gpiohandle_data *)argument)->values[0] != 0
            : (((struct gpio_v2_line_values *)argument)->bits & 1) != 0;
        drive(line, active != is_active_low);
        return 0;
    }
    default: return fail(ENOTTY);
    }
}

// --- The I2C character device ---------------------------------------------------------------------------------------

static void device_write(device_state *device, const uint8_t *bytes, unsigned count) {
    for (unsigned index = 0; index < count; index++) {
        if (index == 0) device->pointer = bytes[0];
        else device->registers[device->pointer++] = bytes[index];
    }
}

static void device_read(device_state *device, uint8_t *bytes, unsigned count) {
    for (unsigned index = 0; index < count; index++) bytes[index] = device->registers[device->pointer++];
}

// Called and left with the lock held; a slow bus is slow for its own thread only.
static int begin_transfer(adapter_state *adapter) {
    adapter->transfers++;
    unsigned delay_ms = adapter->delay_ms;
    if (delay_ms > 0) {
        pthread_mutex_unlock(&lock);
        usleep(delay_ms * 1000);
        pthread_mutex_lock(&lock);
    }
    return adapter->error;
}

static int adapter_ioctl(file_state *file, unsigned long request, unsigned long argument) {
    adapter_state *adapter = &adapters[file->device];
    switch (request) {
    case I2C_FUNCS: *(unsigned long *)argument = adapter->functions; return 0;
    case I2C_TIMEOUT: adapter->timeout_ms = (unsigned)argument * 10; return 0;
    case I2C_RETRIES: return 0;
    case I2C_SLAVE: file->address = (uint8_t)argument; return 0;
    case I2C_RDWR: {
        if ((adapter->functions & I2C_FUNC_I2C) == 0) return fail(EOPNOTSUPP);
        int error = begin_transfer(adapter);
        if (error != 0) return fail(error);
        struct i2c_rdwr_ioctl_data *data = (void *)argument;
        for (unsigned index = 0; index < data->nmsgs; index++) {
            struct i2c_msg *message = &data->msgs[index];
            device_state *device = &adapter->devices[message->addr & 0x7f];
            if (!device->exists) return fail(ENXIO);
            if ((message->flags & I2C_M_RD) != 0) device_read(device, message->buf, message->len);
            else device_write(device, message->buf, message->len);
        }
        return (int)data->nmsgs;
    }
    case I2C_SMBUS: {
        int error = begin_transfer(adapter);
        if (error != 0) return fail(error);
        struct i2c_smbus_ioctl_data *data = (void *)argument;
        device_state *device = &adapter->devices[file->address & 0x7f];
        if (!device->exists) return fail(ENXIO);
        if (data->size == I2C_SMBUS_BYTE && data->read_write == I2C_SMBUS_WRITE) {
            device_write(device, &data->command, 1);
            return 0;
        }
        // i2c-dev.c, i2cdev_ioctl_smbus: the older size means the same, and always 32 bytes when reading.
        if (data->size == I2C_SMBUS_I2C_BLOCK_BROKEN) {
            if (data->read_write == I2C_SMBUS_READ) data->data->block[0] = I2C_SMBUS_BLOCK_MAX;
        } else if (data->size != I2C_SMBUS_I2C_BLOCK_DATA) {
            return fail(EOPNOTSUPP);
        }
        device_write(device, &data->command, 1);
        if (data->read_write == I2C_SMBUS_READ) {
            device_read(device, &data->data->block[1], data->data->block[0]);
        } else {
            for (unsigned index = 0; index < data->data->block[0]; index++) {
                device->registers[device->pointer++] = data->data->block[1 + index];
            }
        }
        return 0;
    }
    default: return fail(ENOTTY);
    }
}

// --- The C library's functions --------------------------------------------------------------------------------------

static int number_after(const char *path, const char *prefix) {
    size_t length = strlen(prefix);
    if (strncmp(path, prefix, length) != 0 || path[length] < '0' || path[length] > '9') return -1;
    char *end;
    long number = strtol(path + length, &end, 10);
    return *end == 0 && number < CHIPS ? (int)number : -1;
}

static int chip_at(const char *path) {
    int number = number_after(path, "/dev/gpiochip");
    return number >= 0 && chips[number].is_present ? number : -1;
}

static int adapter_at(const char *path) {
    int number = number_after(path, "/dev/i2c-");
    return number >= 0 && adapters[number].exists && adapters[number].error != ENODEV ? number : -1;
}

static int port_at(const char *path, const char *prefix) {
    size_t length = strlen(prefix);
    if (strncmp(path, prefix, length) != 0) return -1;
    for (int index = 0; index < PORTS; index++) {
        if (ports[index].name[0] != 0 && strcmp(path + length, ports[index].name) == 0) return index;
    }
    return -1;
}

static int dummy_file(file_state state) {
    int fd = REAL(open)("/dev/null", O_RDWR | O_CLOEXEC);
    *file_of(fd) = state;
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);

    pthread_mutex_lock(&lock);
    int chip = chip_at(path), adapter = adapter_at(path), port = port_at(path, "/dev/");
    int fd;
    char device_number[] = "/sys/bus/gpio/devices/gpiochipN/dev";
    if (chip >= 0) {
        fd = dummy_file((file_state){.kind = CHIP, .device = chip});
    } else if (adapter >= 0) {
        fd = dummy_file((file_state){.kind = ADAPTER, .device = adapter});
    } else if (port >= 0) {
        fd = REAL(open)(ports[port].path, flags, mode);
        if (fd >= 0) *file_of(fd) = (file_state){.kind = PORT, .device = port};
    } else if (strncmp(path, device_number, sizeof("/sys/bus/gpio/devices/gpiochip") - 1) == 0) {
        // libgpiod 1.6 compares this with the number of the device file.
        char text[16];
        int length = snprintf(text, sizeof(text), "%d:%c\n", GPIO_MAJOR, path[sizeof("/sys/bus/gpio/devices/gpiochip") - 1]);
        fd = memfd_create("dev", MFD_CLOEXEC);
        if (write(fd, text, (size_t)length) != length) abort();
        lseek(fd, 0, SEEK_SET);
    } else {
        fd = REAL(open)(path, flags, mode);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open(path, flags | O_LARGEFILE, mode);
}

// What open becomes in libraries that were built with checks of its arguments.
int __open_2(const char *path, int flags) { return open(path, flags); }

int close(int fd) {
    pthread_mutex_lock(&lock);
    file_state *file = file_of(fd);
    if (file->kind == LINE && chips[file->device].exists) end_line(&chips[file->device].lines[file->offset]);
    file->kind = OTHER;
    pthread_mutex_unlock(&lock);
    return REAL(close)(fd);
}

ssize_t read(int fd, void *bytes, size_t count) {
    file_state file = *file_of(fd);
    if (file.kind == LINE && !chips[file.device].is_present) return fail(ENODEV);
    return REAL(read)(fd, bytes, count);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    file_state *file = file_of(fd);
    if (file->kind == OTHER) return REAL(ioctl)(fd, request, argument);
    // The kernel looks at 32 bits; callers that keep a request in an int extend its sign.
    request = (unsigned)request;
    pthread_mutex_lock(&lock);
    int result;
    switch (file->kind) {
    case CHIP: result = chip_ioctl(file->device, request, argument); break;
    case LINE: result = line_ioctl(file->device, file->offset, request, argument); break;
    case ADAPTER: result = adapter_ioctl(file, request, (unsigned long)argument); break;
    default:
        // A pseudo-terminal has no modem lines; a real port has, and libserialport insists on them.
        if (request == TIOCMGET) {
            *(int *)argument = TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
            result = 0;
        } else if (request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC) {
            result = 0;
        } else {
            result = REAL(ioctl)(fd, request, argument);
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static bool fake_status(const char *path, struct stat *status) {
    memset(status, 0, sizeof(*status));
    int chip = chip_at(path), adapter = adapter_at(path), port = port_at(path, "/dev/");
    if (chip >= 0) status->st_rdev = makedev(GPIO_MAJOR, (unsigned)chip);
    else if (adapter >= 0) status->st_rdev = makedev(I2C_MAJOR, (unsigned)adapter);
    else if (port >= 0) status->st_rdev = makedev(4, 64 + (unsigned)port);
    else if (port_at(path, "/sys/class/tty/") >= 0) {
        status->st_mode = S_IFLNK | 0777;
        return true;
    } else return false;
    status->st_mode = S_IFCHR | 0660;
    return true;
}

int stat(const char *path, struct stat *status) {
    return fake_status(path, status) ? 0 : REAL(stat)(path, status);
}

int lstat(const char *path, struct stat *status) {
    return fake_status(path, status) ? 0 : REAL(lstat)(path, status);
}

// The name that libraries built against glibc before 2.33 call.
int __lxstat(int version, const char *path, struct stat *status) {
    (void)version;
    return lstat(path, status);
}

ssize_t readlink(const char *path, char *target, size_t capacity) {
    int port = port_at(path, "/sys/class/tty/");
    if (port < 0) return REAL(readlink)(path, target, capacity);
    int length = snprintf(target, capacity, "../../devices/platform/serial8250/tty/%s", ports[port].name);
    return length;
}

int access(const char *path, int mode) {
    int number = number_after(path, "/sys/bus/gpio/devices/gpiochip");
    if (number < 0 && strncmp(path, "/sys/bus/gpio/devices/gpiochip", 30) == 0) number = path[30] - '0';
    if (number >= 0) return chips[number].is_present ? 0 : fail(ENOENT);
    return REAL(access)(path, mode);
}

char *realpath(const char *path, char *resolved) {
    struct stat status;
    const char *answer = NULL;
    unsigned major_number, minor_number;
    if (sscanf(path, "/sys/dev/char/%u:%u/subsystem", &major_number, &minor_number) == 2 && major_number == GPIO_MAJOR) {
        answer = "/sys/bus/gpio";
    } else if (strncmp(path, "/dev/", 5) == 0 && fake_status(path, &status)) {
        answer = path;
    }
    if (answer == NULL) return REAL(realpath)(path, resolved);
    return resolved == NULL ? strdup(answer) : strcpy(resolved, answer);
}

DIR *opendir(const char *path) {
    bool is_ours = strcmp(path, "/dev") == 0 && strstr(dev_folder, "XXXXXX") == NULL;
    return REAL(opendir)(is_ours ? dev_folder : path);
}
