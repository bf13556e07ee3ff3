// How long a board takes from what happens at an input to what it does at an output: the measuring side, and a control that
// does the same work with as little as C and libgpiod need. Both run in the simulated machine; see `latency`.
//
// usage: latency control CHIP PORT                         the control: panel to siren, card to lock, contact ends the release
//        latency measure card|panel|wiegand N BASE FOLDER PORT     measures N times; writes a nanosecond count a line,
//                                                                   -1 where nothing came; damaged Wiegand frames count
//                                                                   for nothing and are sent again
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// Offsets of the lines, as in the board that `latency` builds.
enum { PANEL = 0, CONTACT = 1, SIREN = 2, LOCK = 3, DATA_ZERO = 4, DATA_ONE = 5 };
enum { CARDS = 1000 };
#define FIRST_CARD (UINT64_C(0x0500207B32) - CARDS / 2)
// Wiegand: facility 12, cards from 1; 26 bits (H10301), and the pause that ends a frame in both programs.
#define FIRST_NUMBER (UINT32_C(12) << 16 | 1)
#define FRAME_BITS 26
#define END_OF_FRAME_NS INT64_C(25000000)

static void fail(const char *what) {
    fprintf(stderr, "latency: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_raw(const char *path) {
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios mode;
    if (fd < 0 || tcgetattr(fd, &mode) != 0) fail(path);
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    mode.c_cc[VMIN] = 1;
    if (tcsetattr(fd, TCSANOW, &mode) != 0) fail(path);
    return fd;
}

// MARK: The control

static struct gpiod_line *claim(struct gpiod_chip *chip, unsigned offset, bool is_output) {
    struct gpiod_line *line = gpiod_chip_get_line(chip, offset);
    int status = line == NULL ? -1
        : is_output           ? gpiod_line_request_output(line, "control", 0)
                              : gpiod_line_request_both_edges_events(line, "control");
    if (status != 0) fail("line");
    return line;
}

static int compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

// A frame of a 125 kHz reader without its STX and ETX: ten digits, two of the checksum. 0 if it is none.
static uint64_t tag_of(const char *digits) {
    uint64_t value = 0;
    uint8_t sum = 0;
    for (int place = 0; place < 12; place += 2) {
        char pair[3] = {digits[place], digits[place + 1], 0}, *end;
        unsigned long byte = strtoul(pair, &end, 16);
        if (end != pair + 2) return 0;
        sum ^= (uint8_t)byte;
        if (place < 10) value = value << 8 | byte;
    }
    return sum == 0 ? value : 0;
}

// Even parity over the first half of the 24 bits before them, odd over the second behind them.
static uint32_t wiegand_frame(uint32_t number) {
    uint32_t even = (uint32_t)__builtin_parity(number >> 12), odd = !__builtin_parity(number & 0xFFF);
    return even << 25 | number << 1 | odd;
}

// The number in a frame; 0 if its length or parity is wrong.
static uint32_t wiegand_number(uint32_t frame, unsigned bits) {
    uint32_t number = frame >> 1 & 0xFFFFFF;
    return bits == FRAME_BITS && wiegand_frame(number) == frame ? number : 0;
}

static void control(const char *chip_path, const char *port_path) {
    static uint64_t cards[CARDS], numbers[CARDS];
    for (int place = 0; place < CARDS; place++) {
        cards[place] = FIRST_CARD + (uint64_t)place;
        numbers[place] = FIRST_NUMBER + (uint64_t)place;
    }
    struct gpiod_chip *chip = gpiod_chip_open(chip_path);
    if (chip == NULL) fail(chip_path);
    struct gpiod_line *siren = claim(chip, SIREN, true), *lock = claim(chip, LOCK, true);
    struct gpiod_line *inputs[] = {claim(chip, PANEL, false), claim(chip, CONTACT, false)};
    struct gpiod_line *data[] = {gpiod_chip_get_line(chip, DATA_ZERO), gpiod_chip_get_line(chip, DATA_ONE)};
    for (int line = 0; line < 2; line++) {
        if (data[line] == NULL || gpiod_line_request_falling_edge_events(data[line], "control") != 0) fail("data line");
    }
    int port = open_raw(port_path);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int watched[] = {gpiod_line_event_get_fd(inputs[0]), gpiod_line_event_get_fd(inputs[1]),
                     gpiod_line_event_get_fd(data[0]), gpiod_line_event_get_fd(data[1]), timer, port};
    for (uint32_t place = 0; place < 6; place++) {
        struct epoll_event watch = {.events = EPOLLIN, .data.u32 = place};
        int fd = watched[place];
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &watch) != 0) fail("epoll");
    }
    fprintf(stderr, "ready\n");
    char frame[64];
    size_t count = 0;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    for (;;) {
        struct epoll_event ready;
        if (epoll_wait(epoll, &ready, 1, -1) != 1) continue;
        if (ready.data.u32 < 2) {
            struct gpiod_line_event event;
            if (gpiod_line_event_read(inputs[ready.data.u32], &event) != 0) continue;
            bool is_active = event.event_type == GPIOD_LINE_EVENT_RISING_EDGE;
            if (ready.data.u32 == 0) gpiod_line_set_value(siren, is_active);
            else if (is_active) gpiod_line_set_value(lock, 0);
            continue;
        }
        if (ready.data.u32 < 4) {
            struct gpiod_line_event event;
            if (gpiod_line_event_read(data[ready.data.u32 - 2], &event) != 0) continue;
            bits = bits << 1 | (ready.data.u32 - 2);
            bit_count++;
            int64_t end = (int64_t)event.ts.tv_sec * 1000000000 + event.ts.tv_nsec + END_OF_FRAME_NS;
            struct itimerspec due = {.it_value = {.tv_sec = end / 1000000000, .tv_nsec = end % 1000000000}};
            timerfd_settime(timer, TFD_TIMER_ABSTIME, &due, NULL);
            continue;
        }
        if (ready.data.u32 == 4) {
            uint64_t expirations;
            if (read(timer, &expirations, sizeof(expirations)) < 0) continue;
            uint64_t number = wiegand_number(bits, bit_count);
            bits = bit_count = 0;
            if (number != 0 && bsearch(&number, numbers, CARDS, sizeof(number), compare) != NULL) {
                gpiod_line_set_value(lock, 1);
            }
            continue;
        }
        char bytes[256];
        ssize_t got = read(port, bytes, sizeof(bytes));
        for (ssize_t place = 0; place < got; place++) {
            if (bytes[place] == 2) { count = 0; continue; }
            if (bytes[place] != 3) { if (count < sizeof(frame)) frame[count++] = bytes[place]; continue; }
            uint64_t tag = count >= 12 ? tag_of(frame) : 0;
            if (tag != 0 && bsearch(&tag, cards, CARDS, sizeof(tag), compare) != NULL) gpiod_line_set_value(lock, 1);
        }
    }
}

// MARK: Measuring

static int trace;
static char rest[8192];
static size_t rest_count;

#define SECOND_NS INT64_C(1000000000)
// A frame that interrupts came too late for is damaged, and nothing comes of it.
#define DAMAGED_NS INT64_C(60000000)

// Waits until the kernel notes that a line was set to a level: its own time of that, or 0 after so long.
static int64_t wait_for(int number, int level, int64_t patience_ns) {
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "gpio_value: %d set %d", number, level);
    int64_t deadline = now_ns() + patience_ns;
    for (;;) {
        char *end;
        while ((end = memchr(rest, '\n', rest_count)) != NULL) {
            *end = 0;
            char *found = strstr(rest, wanted);
            long long seconds = 0, micros = 0;
            if (found != NULL) {
                char *time = found - 2;
                while (time > rest && time[-1] != ' ') time--;
                sscanf(time, "%lld.%lld", &seconds, &micros);
            }
            size_t taken = (size_t)(end - rest) + 1;
            memmove(rest, rest + taken, rest_count - taken);
            rest_count -= taken;
            if (found != NULL) return seconds * 1000000000 + micros * 1000;
        }
        int64_t left = deadline - now_ns();
        if (left <= 0) return 0;
        struct pollfd watched = {.fd = trace, .events = POLLIN};
        poll(&watched, 1, (int)(left / 1000000) + 1);
        ssize_t got = read(trace, rest + rest_count, sizeof(rest) - rest_count);
        if (got > 0) rest_count += (size_t)got;
    }
}

static int open_pull(const char *folder, int line) {
    char path[256];
    snprintf(path, sizeof(path), "%s/sim_gpio%d/pull", folder, line);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    return fd;
}

static void pull(int fd, bool high) {
    const char *word = high ? "pull-up" : "pull-down";
    if (write(fd, word, strlen(word)) < 0) fail("pull");
}

static int make_frame(char *frame, uint64_t tag) {
    uint8_t sum = 0;
    for (int place = 0; place < 5; place++) sum ^= (uint8_t)(tag >> 8 * place);
    return sprintf(frame, "\002%010llX%02X\r\n\003", (unsigned long long)tag, sum);
}

static void pause_us(long micros) {
    struct timespec time = {.tv_nsec = micros * 1000};
    nanosleep(&time, NULL);
}

enum path { PATH_PANEL, PATH_CARD, PATH_WIEGAND };

// Sends a frame's bits as pulses as short as two writes, half a millisecond apart. Returns when the last one began.
static int64_t send_wiegand(int zero, int one, uint32_t frame) {
    int64_t began = 0;
    for (int bit = FRAME_BITS - 1; bit >= 0; bit--) {
        int fd = frame >> bit & 1 ? one : zero;
        began = now_ns();
        pull(fd, false);
        pull(fd, true);
        if (bit > 0) pause_us(400);
    }
    return began;
}

static void measure(enum path path, long count, int base, const char *folder, const char *port_path) {
    prctl(PR_SET_TIMERSLACK, 1UL);
    trace = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (trace < 0) fail("trace");
    int panel = open_pull(folder, PANEL), contact = open_pull(folder, CONTACT), port = open_raw(port_path);
    int zero = open_pull(folder, DATA_ZERO), one = open_pull(folder, DATA_ONE);
    bool opens = path != PATH_PANEL;
    long answered = 0;
    for (long round = 0; answered < count && round < 10 * count; round++) {
        // Not in step with anything that ticks.
        pause_us(1500 + round * 37 % 1000);
        int64_t began = now_ns();
        if (path == PATH_WIEGAND) {
            // What both programs must wait for is no part of what they take.
            began = send_wiegand(zero, one, wiegand_frame(FIRST_NUMBER + (uint32_t)(round % CARDS))) + END_OF_FRAME_NS;
        } else if (path == PATH_CARD) {
            // Each card in its turn: one that is read again soon was never taken away.
            char frame[32];
            int length = make_frame(frame, FIRST_CARD + (uint64_t)(round % CARDS));
            if (write(port, frame, (size_t)length) < 0) fail("port");
        } else {
            pull(panel, true);
        }
        int64_t done = wait_for(base + (opens ? LOCK : SIREN), 1, path == PATH_WIEGAND ? DAMAGED_NS : SECOND_NS);
        answered += done != 0 || path != PATH_WIEGAND;
        printf("%lld\n", done == 0 ? -1LL : (long long)(done - began));
        if (opens) {
            pull(contact, true);
            if (done != 0) wait_for(base + LOCK, 0, SECOND_NS);
            pull(contact, false);
        } else {
            pull(panel, false);
            wait_for(base + SIREN, 0, SECOND_NS);
        }
    }
}

int main(int count, char **words) {
    if (count == 4 && strcmp(words[1], "control") == 0) control(words[2], words[3]);
    if (count != 7 || strcmp(words[1], "measure") != 0) return 64;
    enum path path = strcmp(words[2], "card") == 0 ? PATH_CARD : strcmp(words[2], "wiegand") == 0 ? PATH_WIEGAND : PATH_PANEL;
    measure(path, atol(words[3]), atoi(words[4]), words[5], words[6]);
    return 0;
}
