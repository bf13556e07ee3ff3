// The same pieces of work as warden-bench, as a C programmer writes them: the measure of `make bench`.
// Built and run by Tests/Benchmarks/bench.
//
// usage: control ring|ring-threads|fall|turn COUNT
//        control card TTY FIFO      waits for tag frames on a terminal and writes a byte to FIFO after each
//        control present LINK FIFO COUNT PAUSE_MS
//                                   plays the reader: makes a terminal that LINK leads to, sends tag frames, and measures
//                                   from each frame's last byte to the byte in FIFO
#define _GNU_SOURCE
#include <ck_ring.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// --- The ring of the Concurrency Kit, elements of 32 bytes ----------------------------------------------------------

struct message {
    uint64_t words[4];
};
CK_RING_PROTOTYPE(message, message)

static struct message slots[1024];
static ck_ring_t ring;

static uint64_t ring_work(uint64_t count) {
    ck_ring_init(&ring, 1024);
    uint64_t sum = 0;
    for (uint64_t number = 0; number < count; number++) {
        struct message in = {{number}}, out;
        CK_RING_ENQUEUE_SPSC(message, &ring, slots, &in);
        if (CK_RING_DEQUEUE_SPSC(message, &ring, slots, &out)) sum += out.words[0];
    }
    return sum;
}

static void *produce(void *argument) {
    uint64_t count = *(uint64_t *)argument;
    for (uint64_t next = 0; next < count;) {
        struct message in = {{next}};
        if (CK_RING_ENQUEUE_SPSC(message, &ring, slots, &in)) next++;
    }
    return NULL;
}

static uint64_t ring_threads_work(uint64_t count) {
    ck_ring_init(&ring, 1024);
    pthread_t producer;
    if (pthread_create(&producer, NULL, produce, &count) != 0) abort();
    uint64_t sum = 0;
    for (uint64_t taken = 0; taken < count;) {
        struct message out;
        if (!CK_RING_DEQUEUE_SPSC(message, &ring, slots, &out)) continue;
        sum += out.words[0];
        taken++;
    }
    pthread_join(producer, NULL);
    return sum;
}

// --- The least that a fall detector does with a sample: its square length, a running mean, a ring of six seconds -----

static uint64_t fall_work(uint64_t count) {
    static int64_t history[1200];
    int64_t mean = 1000000;
    uint64_t falls = 0;
    for (uint64_t number = 0; number < count; number++) {
        int phase = (int)(number % 200);
        int wave = phase < 100 ? phase - 50 : 150 - phase;
        int x = wave, y = number % 4000 < 10 ? -4000 : -1000 + 3 * wave, z = wave / 2;
        int64_t square = (int64_t)x * x + (int64_t)y * y + (int64_t)z * z;
        history[number % 1200] = square;
        mean += (square - mean) / 64;
        if (square > 9000000 && mean < 4000000) falls++;
    }
    return falls + (uint64_t)history[count % 1200];
}

// --- The least that a loop turn does: the clock, and a look at epoll ------------------------------------------------

static uint64_t turn_work(uint64_t count) {
    int epoll = epoll_create1(0);
    uint64_t sum = 0;
    for (uint64_t number = 0; number < count; number++) {
        struct epoll_event events[64];
        sum += (uint64_t)now_ns() & 1;
        sum += (uint64_t)epoll_wait(epoll, events, 64, 0);
    }
    return sum;
}

// --- From a card frame to a reaction: epoll, read, write -------------------------------------------------------------

static int card(const char *tty, const char *fifo) {
    int port = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK), out = open(fifo, O_WRONLY);
    if (port < 0 || out < 0) return 1;
    struct termios mode;
    tcgetattr(port, &mode);
    cfmakeraw(&mode);
    tcsetattr(port, TCSANOW, &mode);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, port, &event);
    for (;;) {
        if (epoll_wait(epoll, &event, 1, -1) < 0) return 1;
        char bytes[256];
        ssize_t count = read(port, bytes, sizeof(bytes));
        if (count <= 0) return 0;
        // A tag frame ends with ETX.
        if (bytes[count - 1] == 3 && write(out, "1", 1) != 1) return 1;
    }
}

// --- The reader's side ----------------------------------------------------------------------------------------------

static int compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

static void pause_ms(int milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static void drain(int fd) {
    char bytes[256];
    while (read(fd, bytes, sizeof(bytes)) > 0) {}
}

static int present(const char *link, const char *fifo, int count, int pause) {
    // A frame of an ID-20LA for tag 0500207B32, with CR LF before ETX.
    static const char frame[] = "\x02" "0500207B326C\r\n\x03";
    const size_t length = sizeof(frame) - 1;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return 1;
    unlink(link);
    if (symlink(ptsname(master), link) != 0) return 1;
    // Held open here too, so that frames before the subject is ready do not fail.
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct termios mode;
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    int in = open(fifo, O_RDWR | O_NONBLOCK);
    if (in < 0) return 1;
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF) return 1;

    int64_t *samples = calloc((size_t)count, sizeof(*samples));
    int lost = 0, taken = 0;
    for (int number = 0; number < count; number++) {
        drain(in);
        if (write(master, frame, length - 1) != (ssize_t)length - 1) return 1;
        pause_ms(2);
        int64_t started = now_ns();
        if (write(master, frame + length - 1, 1) != 1) return 1;
        struct epoll_event event = {.events = EPOLLIN};
        int epoll = epoll_create1(0);
        epoll_ctl(epoll, EPOLL_CTL_ADD, in, &event);
        if (epoll_wait(epoll, &event, 1, 1000) == 1) samples[taken++] = now_ns() - started;
        else lost++;
        close(epoll);
        pause_ms(pause);
    }
    qsort(samples, (size_t)taken, sizeof(*samples), compare);
    if (taken == 0) return 1;
    printf("{\"samples\": %d, \"lost\": %d, \"p50_ns\": %lld, \"p99_ns\": %lld, \"max_ns\": %lld}\n", taken, lost,
        (long long)samples[taken / 2], (long long)samples[taken * 99 / 100], (long long)samples[taken - 1]);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "present") == 0) return present(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]));
    if (argc == 4 && strcmp(argv[1], "card") == 0) return card(argv[2], argv[3]);
    if (argc != 3) return 64;
    const struct {
        const char *name;
        uint64_t (*work)(uint64_t);
    } pieces[] = {{"ring", ring_work}, {"ring-threads", ring_threads_work}, {"fall", fall_work}, {"turn", turn_work}};
    uint64_t count = strtoull(argv[2], NULL, 10);
    for (unsigned index = 0; index < sizeof(pieces) / sizeof(pieces[0]); index++) {
        if (strcmp(argv[1], pieces[index].name) != 0) continue;
        int64_t started = now_ns();
        uint64_t result = pieces[index].work(count);
        printf("{\"count\": %llu, \"nanoseconds\": %lld, \"result\": %llu}\n", (unsigned long long)count,
            (long long)(now_ns() - started), (unsigned long long)result);
        return 0;
    }
    return 64;
}
